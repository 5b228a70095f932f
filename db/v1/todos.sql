-- Todos that are done or not.

create or replace view v1.todos with (security_invoker = true) as
select
  todos.id,
  todos.organization_id,
  todos.project_id,
  todos.parent_id,
  todos.assignee_id,
  todos.title,
  todos.description,
  todos.done,
  todos.priority,
  todos.due_on,
  todos.created_at,
  todos.updated_at
from app.todos;

comment on view v1.todos is
'Todos
The work of a project, each perhaps a part of another.';
comment on column v1.todos.parent_id is 'The todo of which this is a part.';
comment on column v1.todos.assignee_id is 'Who does it: somebody of your organization.';
comment on column v1.todos.priority is 'low, normal, high or urgent, and sorted so.';

grant select, insert, update, delete on v1.todos to member;

create or replace function v1.overdue(v1.todos) returns boolean
  language sql stable parallel safe
  return not ($1).done and coalesce(($1).due_on < current_date, false);

comment on function v1.overdue is 'Whether the day it was due has passed and it is not done.';

grant execute on function v1.overdue(v1.todos) to member;

create or replace function v1.subtasks(todo_id uuid)
  returns table (depth integer, id uuid, parent_id uuid, title text, done boolean)
  language sql stable
begin atomic
  with recursive parts as (
    select 0 as depth, todos.id, todos.parent_id, todos.title, todos.done
    from app.todos
    where todos.id = subtasks.todo_id
    union all
    select parts.depth + 1, todos.id, todos.parent_id, todos.title, todos.done
    from app.todos
    join parts on todos.parent_id = parts.id
  ) search depth first by title, id set place cycle id set again using path
  select parts.depth, parts.id, parts.parent_id, parts.title, parts.done
  from parts
  where parts.depth > 0 and not parts.again
  order by parts.place;
end;

comment on function v1.subtasks is
'All parts of a todo
At any depth, each below the one it is a part of.';

grant execute on function v1.subtasks(uuid) to member;
