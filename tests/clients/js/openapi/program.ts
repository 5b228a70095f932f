// A client of the reference application, made from its document: what it says must compile, and work.

import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";

declare const process: { argv: string[] };

type Todo = components["schemas"]["todos"];
type NewTodo = components["schemas"]["todos.insert"];

const [url = "", token = ""] = process.argv.slice(2);
const client = createClient<paths, "application/json">({
  baseUrl: url,
  headers: { Authorization: `Bearer ${token}` },
});

const projects = await client.GET("/projects", { params: { query: { select: "*", limit: 1 } } });
const project = projects.data?.[0];
if (project === undefined) throw new Error(projects.error?.message ?? "no project");

const row: NewTodo = { project_id: project.id, title: "Made by TypeScript", priority: "high" };
const inserted = await client.POST("/todos", {
  params: { header: { Prefer: "return=representation" } },
  body: row,
});
const todo: Todo | undefined = inserted.data?.[0];
if (todo === undefined) throw new Error(inserted.error?.message ?? "no row");

const due: string | null = todo.due_on;
const done: boolean = todo.done;
await client.PATCH("/todos", { params: { query: { id: `eq.${todo.id}` } }, body: { done: !done } });

const found = await client.POST("/rpc/search", { body: { query: "typescript" } });
const report = await client.GET("/rpc/project_report", { params: { query: { limit: 2 } } });
const open: (number | null)[] | undefined = report.data?.map((each) => each.open);

const removed = await client.DELETE("/todos", {
  params: { query: { id: `eq.${todo.id}` }, header: { Prefer: "return=representation" } },
});

// @ts-expect-error a title is required
const untitled: NewTodo = { project_id: project.id };
// @ts-expect-error there is no such label
const wrong: NewTodo = { ...row, priority: "whenever" };
// @ts-expect-error users are read only
const refused = () => client.POST("/users", { body: {} });

console.log(
  JSON.stringify({
    due,
    done,
    found: found.data?.map((each) => [each.title, each.done]),
    open: open?.length,
    removed: removed.data?.length,
    unused: [untitled, wrong, refused].length,
  }),
);
