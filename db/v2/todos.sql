-- Todos with a status.

create or replace view v2.todos with (security_invoker = true) as
select
  todos.id,
  todos.organization_id,
  todos.project_id,
  todos.parent_id,
  todos.assignee_id,
  todos.title,
  todos.description,
  todos.status,
  todos.priority,
  todos.due_on,
  todos.created_at,
  todos.updated_at
from app.todos;

comment on view v2.todos is
'Todos
The work of a project, each perhaps a part of another.';
comment on column v2.todos.parent_id is 'The todo of which this is a part.';
comment on column v2.todos.assignee_id is 'Who does it: somebody of your organization.';
comment on column v2.todos.status is 'open, in_progress or done. In v1: done or not.';
comment on column v2.todos.priority is 'low, normal, high or urgent, and sorted so.';

grant select, insert, update, delete on v2.todos to member;

create or replace function v2.overdue(v2.todos) returns boolean
  language sql stable parallel safe
  return ($1).status <> 'done' and coalesce(($1).due_on < current_date, false);

comment on function v2.overdue is 'Whether the day it was due has passed and it is not done.';

grant execute on function v2.overdue(v2.todos) to member;

create or replace function v2.subtasks(todo_id uuid)
  returns table (depth integer, id uuid, parent_id uuid, title text, status app.todo_status)
  language sql stable
begin atomic
  with recursive parts as (
    select 0 as depth, todos.id, todos.parent_id, todos.title, todos.status
    from app.todos
    where todos.id = subtasks.todo_id
    union all
    select parts.depth + 1, todos.id, todos.parent_id, todos.title, todos.status
    from app.todos
    join parts on todos.parent_id = parts.id
  ) search depth first by title, id set place cycle id set again using path
  select parts.depth, parts.id, parts.parent_id, parts.title, parts.status
  from parts
  where parts.depth > 0 and not parts.again
  order by parts.place;
end;

comment on function v2.subtasks is
'All parts of a todo
At any depth, each below the one it is a part of.';

grant execute on function v2.subtasks(uuid) to member;
