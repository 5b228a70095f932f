-- How the projects stand, in figures.

create or replace function v1.project_report(today date default current_date)
  returns table (project_id uuid, project text, open bigint, done bigint, overdue bigint)
  language sql stable
begin atomic
  select
    projects.id,
    projects.name,
    count(todos.id) filter (where not todos.done),
    count(todos.id) filter (where todos.done),
    count(todos.id) filter (where not todos.done and todos.due_on < project_report.today)
  from app.projects
  left join app.todos on todos.organization_id = projects.organization_id and todos.project_id = projects.id
  group by projects.id
  order by projects.name, projects.id;
end;

comment on function v1.project_report is
'How the projects stand
Per project: todos that are open, done, and open although due before today.';

grant execute on function v1.project_report(date) to member;
