// The API behind the page: its document, the token, and requests. All below the page's own address.

const BASE = location.pathname.replace(/[^/]*$/, "");
const KEPT = "passeplat.token"; // for this tab only, until it is closed

const api = { document: null, token: sessionStorage.getItem(KEPT) ?? "" };

function keepToken(token) {
  api.token = token.trim().replace(/^bearer\s+/i, "");
  if (api.token) sessionStorage.setItem(KEPT, api.token);
  else sessionStorage.removeItem(KEPT);
}

async function request(method, target, headers = {}, body = undefined) {
  const authorization = api.token ? { Authorization: `Bearer ${api.token}` } : {};
  const began = performance.now();
  const response = await fetch(BASE + target.replace(/^\//, ""), {
    method,
    headers: { Accept: "application/json", ...headers, ...authorization },
    body,
    credentials: "omit",
    cache: "no-store",
  });
  const text = await response.text();
  return { response, text, json: parsed(text), milliseconds: performance.now() - began };
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

// What a token says, unchecked: only the server knows whether it is true.
function claims() {
  try {
    const bytes = Uint8Array.from(atob(api.token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/")), (each) => each.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return null;
  }
}

function resolve(value) {
  if (!value?.$ref) return value;
  const path = value.$ref.slice(2).split("/").map((part) => decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~"));
  const found = path.reduce((place, part) => place?.[part], api.document);
  return { ...found, ...value, $ref: undefined, ref: value.$ref };
}

function typeText(schema) {
  const found = resolve(schema) ?? {};
  if (found.enum) return found.enum.join(" | ");
  if (found.anyOf) return found.anyOf.map(typeText).join(" | ");
  if (found.type === "null") return "null";
  const types = [found.type ?? "any"].flat();
  const name = (type) => {
    if (type === "array") return `${typeText(found.items)}[]`;
    return type !== "null" && found.format ? found.format : type;
  };
  const limit = found.maxLength ? ` ≤ ${found.maxLength}` : "";
  return types.map(name).join(" | ") + limit;
}

// Paths of the document as people think of them: relations, then functions.
function resources() {
  return Object.entries(api.document.paths).map(([path, operations]) => ({
    path,
    operations,
    isFunction: path.startsWith("/rpc/"),
    name: decodeURIComponent(path.replace(/^\/(rpc\/)?/, "")),
  }));
}

function comment(resource) {
  if (!resource.isFunction) {
    return api.document.tags.find((tag) => tag.name === resource.name)?.description ?? "";
  }
  const operation = resource.operations.post;
  const summary = operation.summary === resource.name ? "" : operation.summary;
  return [summary, operation.description ?? ""].join("\n");
}
