// Trying an operation: its parameters become a form, the form a request, the answer a table.

const OPERATORS = ["eq", "neq", "gt", "gte", "lt", "lte", "in", "is", "like", "ilike", "match", "imatch", "wfts", "cs", "cd", "ov", "isdistinct"];
const BASIC = ["select", "order", "limit", "offset"];

function tryIt(resource, method) {
  const operation = resource.operations[method];
  const parameters = operation.parameters.map(resolve);
  const inQuery = parameters.filter((each) => each.in === "query");
  const isFilter = (each) => each.ref?.split("/").at(-1).includes(".");
  const filters = filterRows(inQuery.filter(isFilter));
  const own = inQuery.filter((each) => !each.ref).map((each) => field(each, method === "put"));
  const shared = inQuery.filter((each) => each.ref && !isFilter(each)).map((each) => field(each));
  const prefer = parameters.filter((each) => each.name === "Prefer").map((each) => field(each));
  preset(shared, prefer, method);
  const body = operation.requestBody ? bodyField(operation) : null;
  const basic = shared.filter((each) => BASIC.includes(each.name));
  const more = [...shared.filter((each) => !BASIC.includes(each.name)), ...prefer];
  const line = h("code", null);
  const send = h("button", { class: "main" }, "Send");
  const result = h("div", { class: "result", hidden: true, "aria-live": "polite" });

  const target = () => {
    const pairs = [...own, ...filters.pairs(), ...shared].flatMap((each) => each.pair());
    const text = pairs.map(([name, value]) => `${encodeURIComponent(name)}=${readable(value)}`).join("&");
    return resource.path + (text ? `?${text}` : "");
  };
  const show = () => {
    line.replaceChildren(h("span", { class: `method ${method}` }, method.toUpperCase()), ` ${target()}`);
    send.classList.remove("danger");
    send.textContent = "Send";
  };
  const submit = async (event) => {
    event.preventDefault();
    if (["patch", "delete"].includes(method) && !filters.pairs().some((each) => each.pair().length) && !send.classList.contains("danger")) {
      send.classList.add("danger");
      send.textContent = "Without a filter: every row?";
      return;
    }
    send.disabled = true;
    const headers = { ...Object.fromEntries(prefer.flatMap((each) => each.pair())), ...(body ? { "Content-Type": body.type } : {}) };
    await answer(result, () => request(method.toUpperCase(), target(), headers, body?.input.value));
    send.disabled = false;
    show();
  };
  const form = h("form", { onsubmit: submit, oninput: show, onkeydown: (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  } },
  markdown(resource.isFunction ? "" : notes(operation)),
  own.length ? h("div", { class: "grid" }, own.map((each) => each.element)) : null,
  filters.element,
  basic.length ? h("div", { class: "grid" }, basic.map((each) => each.element)) : null,
  body?.element,
  more.length ? h("details", null, h("summary", null, "More"), h("div", { class: "grid" }, more.map((each) => each.element))) : null,
  h("div", { class: "send" }, line, h("button", { type: "button", class: "quiet", onclick: (event) => copy(event.target, curl(method, target(), prefer, body)) }, "Copy as curl"), send));
  filters.changed = show;
  show();
  return h("section", { class: "panel", "aria-label": "Try it" }, form, result);
}

// Related rows have a place of their own on the page.
const notes = (operation) => (operation.description ?? "").split("Related rows")[0];

const readable = (value) => encodeURIComponent(value).replace(/%(2C|3A|2A|28|29|21|22|20)/g, (code) => code === "%20" ? "+" : code === "%22" ? code : decodeURIComponent(code));

function field(parameter, isKey = false) {
  const { name, schema = {} } = parameter;
  const found = resolve(schema);
  const choices = found.type === "boolean" ? ["true", "false"] : found.enum;
  const input = choices
    ? h("select", { name }, h("option", { value: "" }, ""), choices.map((each) => h("option", { value: each }, each)))
    : h("input", { name, class: "mono", spellcheck: "false", placeholder: placeholder(parameter), type: found.type === "integer" ? "number" : "text" });
  const wide = ["select", "Prefer", "and", "or"].includes(name) ? "wide" : "";
  const label = h("label", { class: wide, title: plain(parameter.description) }, h("span", null, h("code", null, name), ` ${parameter.required ? "required" : ""}`), input);
  const value = () => (isKey && input.value ? `eq.${input.value}` : input.value);
  return { name, element: label, input, pair: () => (input.value === "" ? [] : [[name, value()]]) };
}

const plain = (text) => (text ?? "").replaceAll("`", "");

function placeholder(parameter) {
  const known = { select: "*", order: "id.desc", and: "(a.gte.1,a.lt.9)", or: "(a.eq.1,b.is.null)", limit: "all", offset: "0" };
  return known[parameter.name] ?? typeText(parameter.schema);
}

// A few rows first, and what a change did.
function preset(shared, prefer, method) {
  const limit = shared.find((each) => each.name === "limit");
  if (limit && method === "get") limit.input.value = "20";
  if (prefer.length && ["post", "put", "patch", "delete"].includes(method) && shared.some((each) => each.name === "select") && !limit) {
    prefer[0].input.value = "return=representation";
  }
  if (prefer.length && method === "head") prefer[0].input.value = "count=exact";
}

function filterRows(columns) {
  if (!columns.length) return { element: null, pairs: () => [] };
  const rows = new Set();
  const list = h("div", null);
  const made = { pairs: () => [...rows], changed: () => {} };
  const add = () => {
    const column = h("select", { "aria-label": "Column" }, columns.map((each) => h("option", { title: plain(each.description) }, each.name)));
    const operator = h("select", { "aria-label": "Operator" }, OPERATORS.flatMap((each) => [each, `not.${each}`]).sort((a, b) => a.startsWith("not.") - b.startsWith("not.")).map((each) => h("option", null, each)));
    const value = h("input", { "aria-label": "Value", spellcheck: "false", placeholder: "value" });
    const row = { pair: () => (value.value === "" ? [] : [[column.value, `${operator.value}.${wrapped(operator.value, value.value)}`]]) };
    const remove = () => {
      rows.delete(row);
      element.remove();
      made.changed();
    };
    const element = h("div", { class: "filter" }, column, operator, value, h("button", { type: "button", class: "quiet", "aria-label": "Remove filter", onclick: remove }, "×"));
    rows.add(row);
    list.append(element);
    column.focus();
  };
  made.element = h("div", null, list, h("button", { type: "button", class: "quiet", onclick: add }, "+ Filter"));
  return made;
}

const wrapped = (operator, value) => (operator.endsWith("in") && !operator.endsWith("contains") && !value.startsWith("(") ? `(${value})` : value);

function bodyField(operation) {
  const content = operation.requestBody.content;
  const type = "application/json" in content ? "application/json" : Object.keys(content)[0];
  const schema = objectOf(content[type].schema);
  const input = h("textarea", { "aria-label": "Body", spellcheck: "false", value: example(schema) });
  return { type, input, element: h("label", null, h("span", null, h("code", null, "body"), ` ${type}`), input) };
}

function objectOf(schema) {
  const found = resolve(schema) ?? {};
  const inner = found.anyOf ?? found.allOf;
  return inner ? objectOf(inner[0]) : found;
}

function example(schema) {
  const properties = Object.entries(schema.properties ?? {});
  const asked = schema.required ?? properties.slice(0, 1).map(([name]) => name);
  if (!properties.length) return "{}";
  return JSON.stringify(Object.fromEntries(asked.map((name) => [name, sample(schema.properties[name])])), null, 2);
}

function sample(schema) {
  const found = resolve(schema) ?? {};
  if (found.default !== undefined) return found.default;
  if (found.enum) return found.enum[0];
  if (found.anyOf) return sample(found.anyOf[0]);
  const type = [found.type].flat()[0];
  return { integer: 0, number: 0, boolean: false, array: [], string: "" }[type] ?? null;
}

async function answer(place, ask) {
  try {
    const found = await ask();
    place.replaceChildren(...describeAnswer(found));
  } catch (error) {
    place.replaceChildren(h("div", { class: "bar" }, h("span", { class: "status bad" }, "No answer"), String(error.message ?? error)));
  }
  place.hidden = false;
}

function describeAnswer({ response, text, json, milliseconds }) {
  const range = response.headers.get("Content-Range");
  const body = h("div", { class: "body", tabindex: "0" });
  const raw = () => h("pre", null, json === undefined ? text : JSON.stringify(json, null, 2));
  const isTable = response.ok && Array.isArray(json) && json.length > 0 && json.every((row) => row !== null && typeof row === "object" && !Array.isArray(row));
  let asTable = isTable;
  const draw = () => body.replaceChildren(text === "" ? "" : asTable ? rowsTable(json) : raw());
  const toggle = h("button", { type: "button", class: "quiet", onclick: () => {
    asTable = !asTable;
    toggle.textContent = asTable ? "JSON" : "Table";
    draw();
  } }, "JSON");
  draw();
  return [
    h("div", { class: "bar" },
      h("span", { class: response.ok ? "status" : "status bad" }, `${response.status} ${response.statusText}`),
      Array.isArray(json) && response.ok ? h("span", null, `${json.length} ${json.length === 1 ? "row" : "rows"}`) : null,
      range ? h("span", null, "Content-Range ", h("code", null, range)) : null,
      h("span", null, `${Math.round(milliseconds)} ms`),
      isTable ? toggle : null),
    body,
  ];
}

function rowsTable(rows) {
  const names = [...new Set(rows.flatMap(Object.keys))];
  const cell = (value) => {
    if (value === null || value === undefined) return h("td", { class: "null" }, value === null ? "null" : "");
    const text = typeof value === "object" ? JSON.stringify(value) : String(value);
    return h("td", { title: text }, text);
  };
  return h("table", { class: "rows" },
    h("thead", null, h("tr", null, names.map((name) => h("th", null, name)))),
    h("tbody", null, rows.map((row) => h("tr", null, names.map((name) => cell(row[name]))))));
}

// The token is left out: what is copied is often shared.
function curl(method, target, prefer, body) {
  const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  const headers = prefer.flatMap((each) => each.pair()).map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`);
  if (api.token) headers.push('-H "Authorization: Bearer $TOKEN"');
  if (body) headers.push(`-H ${quoted(`Content-Type: ${body.type}`)}`, `-d ${quoted(body.input.value)}`);
  const verb = method === "head" ? "--head" : `-X ${method.toUpperCase()}`;
  return ["curl", verb, quoted(location.origin + BASE + target.slice(1)), ...headers].join(" ");
}

async function copy(button, text) {
  const label = button.textContent;
  await navigator.clipboard.writeText(text).then(() => { button.textContent = "Copied"; }, () => { button.textContent = "Not allowed"; });
  setTimeout(() => { button.textContent = label; }, 1200);
}
