-- Projects, how far they are, and how to complete one.

create or replace view v2.projects with (security_invoker = true) as
select
  projects.id,
  projects.organization_id,
  projects.name,
  projects.description,
  projects.completed_at,
  projects.created_at,
  projects.updated_at
from app.projects;

comment on view v2.projects is
'Projects
What your organization is working on. Admins and owners delete them, with all their todos.';
comment on column v2.projects.completed_at is 'Null while the project is going on.';

grant select, insert, update, delete on v2.projects to member;

create or replace function v2.progress(v2.projects) returns integer
  language sql stable
  return (
    select 100 * count(*) filter (where todos.status = 'done') / nullif(count(*), 0)
    from app.todos
    where todos.organization_id = ($1).organization_id and todos.project_id = ($1).id
  );

comment on function v2.progress is 'How many of a hundred todos are done, null if there are none.';

grant execute on function v2.progress(v2.projects) to member;

create or replace function v2.complete_project(id uuid, comment text default 'Done with its project.')
  returns setof v2.projects
  language sql volatile rows 1
begin atomic
  with closed as (
    update app.todos
    set status = 'done'
    where todos.project_id = complete_project.id and todos.status <> 'done'
    returning todos.id
  )
  insert into app.comments (todo_id, body)
  select closed.id, complete_project.comment
  from closed;

  update app.projects
  set completed_at = now()
  where projects.id = complete_project.id and projects.completed_at is null;

  select * from v2.projects where projects.id = complete_project.id;
end;

comment on function v2.complete_project is
'Complete a project
Its open todos are done, each with a comment that says why.';

grant execute on function v2.complete_project(uuid, text) to member;
