// Elements from values, and text from Markdown: nothing is ever parsed as HTML.

const find = (id) => document.getElementById(id);

function h(tag, properties, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "disabled") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

function inline(text) {
  return text.split(/(`[^`]+`)/).filter(Boolean).map((part) =>
    part.length > 2 && part.startsWith("`") ? h("code", null, part.slice(1, -1)) : part);
}

// Paragraphs, headings, lists and tables; the first line of a comment is its headline.
function markdown(text) {
  return (text ?? "").split(/\n{2,}/).filter((block) => block.trim()).map((block) => {
    const lines = block.trim().split("\n");
    if (lines[0].startsWith("#")) return h("h2", null, inline(lines[0].replace(/^#+\s*/, "")));
    if (lines.every((line) => line.startsWith("|"))) return table(lines);
    const first = lines.findIndex((line) => line.startsWith("- "));
    if (first < 0) return h("p", null, inline(lines.join(" ")));
    const items = lines.slice(first).map((line) => h("li", null, inline(line.replace(/^- /, ""))));
    const before = lines.slice(0, first).join(" ");
    return [before ? h("p", null, inline(before)) : null, h("ul", null, items)];
  });
}

function table(lines) {
  const cells = (line) => line.split(/(?<!\\)\|/).slice(1, -1).map((cell) => cell.trim());
  const row = (tag) => (line) => h("tr", null, cells(line).map((cell) => h(tag, null, inline(cell))));
  return h("table", null, h("thead", null, row("th")(lines[0])), h("tbody", null, lines.slice(2).map(row("td"))));
}

const split = (comment) => {
  const [first, ...rest] = (comment ?? "").split("\n");
  return [first, rest.join("\n").trim()];
};
