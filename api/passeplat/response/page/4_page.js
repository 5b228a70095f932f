// The page: what the address names of the document, and who asks.

function menu() {
  const word = find("search").value.trim().toLowerCase();
  const groups = [["Relations", false], ["Functions", true]].map(([title, isFunction]) => {
    const found = resources().filter((each) => each.isFunction === isFunction && each.name.toLowerCase().includes(word));
    return found.length ? [h("h2", null, title), found.map(link)] : [];
  });
  find("menu").replaceChildren(...groups.flat(2));
}

const address = (resource, method) => `#${resource.path}${method ? `?${method}` : ""}`;

function link(resource) {
  const current = location.hash.split("?")[0] === `#${resource.path}`;
  return h("a", { href: address(resource), "aria-current": current ? "page" : false }, resource.name);
}

function draw() {
  if (!api.document) return;
  const [path, method] = decodeHash();
  const resource = resources().find((each) => each.path === path);
  find("main").replaceChildren(...(resource ? detail(resource, method) : overview()).flat(Infinity).filter(Boolean));
  menu();
}

function decodeHash() {
  const hash = location.hash.slice(1);
  const cut = hash.lastIndexOf("?");
  const decoded = (text) => Object.keys(api.document.paths).find((path) => path === text || encodeURI(path) === text);
  return cut < 0 ? [decoded(hash), null] : [decoded(hash.slice(0, cut)), hash.slice(cut + 1)];
}

function overview() {
  const { title, description } = api.document.info;
  const cards = (isFunction) => resources().filter((each) => each.isFunction === isFunction).map((each) =>
    h("li", null, h("a", { href: address(each) }, h("b", null, each.name), h("span", null, inline(split(comment(each))[0])))));
  const section = (name, items) => (items.length ? [h("h2", null, name), h("ul", { class: "cards" }, items)] : []);
  const [own, ...guide] = (description ?? "").split(/\n\n(?=## )/);
  const nothing = resources().length ? [] : [h("p", { class: "notice" }, api.token ? "This token may use nothing here." : "Without a token nothing here may be used. Paste one above.")];
  return [
    h("h1", null, title),
    h("div", { class: "lead" }, markdown(own)),
    h("p", null, h("a", { href: "openapi.json", download: "openapi.json", onclick: download }, "openapi.json"), h("span", { class: "faint" }, "  OpenAPI 3.1, as you may use it")),
    nothing,
    section("Relations", cards(false)),
    section("Functions", cards(true)),
    markdown(guide.join("\n\n")),
  ];
}

// A link would not send the token.
function download(event) {
  event.preventDefault();
  const url = URL.createObjectURL(new Blob([JSON.stringify(api.document, null, 2)], { type: "application/json" }));
  h("a", { href: url, download: "openapi.json" }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

function detail(resource, wanted) {
  const methods = Object.keys(resource.operations);
  const method = methods.includes(wanted) ? wanted : methods[0];
  const [headline, rest] = split(comment(resource));
  const related = resource.operations.get?.description?.match(/Related rows[\s\S]*/)?.[0];
  return [
    h("h1", { class: "name" }, resource.name),
    h("div", { class: "lead" }, markdown(headline)),
    markdown(rest),
    h("div", { class: "methods" }, methods.map((each) => tab(resource, each, each === method))),
    tryIt(resource, method),
    resource.isFunction ? functionFields(resource) : relationFields(resource),
    related ? [h("h2", null, "Related rows"), markdown(related)] : [],
  ];
}

const VERBS = { get: "Read", head: "Count", post: "Insert", put: "Upsert", patch: "Update", delete: "Delete" };

function tab(resource, method, isCurrent) {
  const words = resource.isFunction ? { get: "Call, reading", post: "Call" }[method] : VERBS[method];
  return h("a", { class: method, href: address(resource, method), "aria-current": isCurrent ? "true" : false },
    h("span", { class: `method ${method}` }, method.toUpperCase()), h("span", null, words));
}

function relationFields(resource) {
  const schemas = api.document.components.schemas;
  const reference = resource.operations.get?.responses["200"].content["application/json"].schema.items;
  const row = resolve(reference) ?? objectOf(resource.operations.post?.requestBody.content["application/json"].schema ?? {});
  const key = reference?.$ref.split("/").at(-1);
  const needed = new Set(schemas[`${key}.insert`]?.required);
  return [h("h2", null, "Columns"), fields(row, (name, schema) => [
    row["x-primary-key"]?.includes(name) ? "key" : null,
    needed.has(name) ? "required" : null,
    schema.readOnly ? "read only" : null,
    schema.default !== undefined ? `default ${JSON.stringify(schema.default)}` : null,
  ])];
}

function functionFields(resource) {
  const schema = objectOf(resource.operations.post.requestBody.content["application/json"]?.schema);
  const content = resource.operations.post.responses["200"]?.content;
  const result = resolve(content?.["application/json"]?.schema);
  const row = resolve(result?.items ?? result);
  const given = Object.keys(schema.properties ?? {}).length
    ? [h("h2", null, "Arguments"), fields(schema, (name) => [schema.required?.includes(name) ? "required" : null])] : [];
  const returned = row?.properties
    ? [h("h2", null, result.items ? "Rows of the result" : "Result"), fields(row, () => [])]
    : result ? [h("h2", null, "Result"), h("p", null, h("code", null, typeText(result)))] : [];
  return [...given, ...returned];
}

function fields(schema, tags) {
  const rows = Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const found = resolve(property);
    const marks = tags(name, found).filter(Boolean).map((each) => h("span", { class: "tag" }, each));
    const text = (property.description ?? "").replace(/(^|\n\n)Primary key\./, "");
    return h("tr", null, h("td", null, name), h("td", null, typeText(property)), h("td", null, [markdown(text), marks]));
  });
  return h("table", { class: "fields" }, h("tbody", null, rows));
}

function identity() {
  const found = claims();
  const who = find("who");
  const expired = found?.exp && found.exp * 1000 < Date.now();
  who.classList.toggle("bad", Boolean(api.token && (!found || expired)));
  if (!api.token) who.replaceChildren("No token");
  else if (!found) who.replaceChildren(h("b", null, "Not a token"));
  else who.replaceChildren(expired ? h("b", null, "Expired") : "Asking as ", expired ? "" : h("b", null, String(found.role ?? found.email ?? found.sub ?? "?")));
  who.title = found ? JSON.stringify(found, null, 2) : "";
  find("forget").hidden = !api.token;
}

function schemas() {
  const info = api.document.info;
  const known = info["x-schemas"] ?? [];
  const above = BASE.replace(/[^/]+\/$/, "");
  const isBelow = known.some((name) => BASE.endsWith(`/${encodeURIComponent(name)}/`));
  const root = isBelow ? above : BASE;
  const links = known.map((name) => h("a", { href: `${root}${encodeURIComponent(name)}/`, "aria-current": name === info["x-schema"] ? "page" : false }, name));
  find("schemas").replaceChildren(...(known.length > 1 ? links : []));
}

async function load() {
  identity();
  try {
    const { response, json, text } = await request("GET", "openapi.json");
    if (!response.ok) return refuse(json?.message ?? text, response.status);
    api.document = json;
  } catch (error) {
    return refuse(`The API does not answer: ${error.message ?? error}`);
  }
  document.title = find("title").textContent = api.document.info.title;
  schemas();
  draw();
}

function refuse(message, status) {
  api.document = null;
  find("menu").replaceChildren();
  find("main").replaceChildren(h("div", { class: "notice bad" }, h("h3", null, message), h("p", null, status === 401
    ? "Paste a token above: it says who you are, and so what you may see."
    : "Nothing can be shown.")));
}

let waiting;
find("token").value = api.token;
find("token").addEventListener("input", () => {
  keepToken(find("token").value);
  identity();
  clearTimeout(waiting);
  waiting = setTimeout(load, 250);
});
find("forget").addEventListener("click", () => {
  keepToken(find("token").value = "");
  load();
});
find("show").addEventListener("click", ({ target }) => {
  const shown = find("token").type === "password";
  find("token").type = shown ? "text" : "password";
  target.textContent = shown ? "Hide" : "Show";
  target.setAttribute("aria-pressed", String(shown));
});
find("identity").addEventListener("submit", (event) => event.preventDefault());
find("search").addEventListener("input", () => api.document && menu());
addEventListener("hashchange", () => {
  draw();
  if (!location.hash.includes("?")) scrollTo(0, 0);
});
addEventListener("keydown", (event) => {
  if (event.key === "/" && !/INPUT|TEXTAREA|SELECT/.test(document.activeElement.tagName)) {
    event.preventDefault();
    find("search").focus();
  }
});
load();
