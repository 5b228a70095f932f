-- Todos: the work of a project, each perhaps a part of another.

create type app.todo_status as enum ('open', 'in_progress', 'done');
create type app.todo_priority as enum ('low', 'normal', 'high', 'urgent');

create table app.todos (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null default request.organization_id(),
  project_id uuid not null,
  parent_id uuid check (parent_id <> id),
  assignee_id uuid,
  title text not null check (length(title) between 1 and 200),
  description text not null default '',
  status app.todo_status not null default 'open',
  done boolean not null default false,
  priority app.todo_priority not null default 'normal',
  due_on date,
  search tsvector not null generated always as (
    setweight(to_tsvector('pg_catalog.english', title), 'A')
    || setweight(to_tsvector('pg_catalog.english', description), 'B')
  ) stored,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  check (done = (status = 'done')),
  unique (organization_id, id), -- what other tables refer to
  foreign key (organization_id, project_id) references app.projects (organization_id, id) on delete cascade,
  foreign key (organization_id, parent_id) references app.todos (organization_id, id) on delete cascade,
  foreign key (organization_id, assignee_id) references app.memberships (organization_id, user_id)
    on delete set null (assignee_id)
);

comment on table app.todos is 'The work of a project.';
comment on column app.todos.parent_id is 'The todo of which this is a part.';
comment on column app.todos.done is
'What v1 says for status = ''done'': private.settle_done keeps the two in agreement until v1 is retired.';
comment on column app.todos.search is 'Title and description for full text search.';

create index on app.todos (organization_id, project_id);
create index on app.todos (organization_id, parent_id);
create index on app.todos (organization_id, assignee_id);
create index on app.todos (organization_id, due_on) where not done;
create index on app.todos using gin (search);

create trigger settle_done before insert or update of status, done on app.todos
  for each row execute function private.settle_done();

create trigger touch before update on app.todos
  for each row execute function private.touch();

alter table app.todos enable row level security;
alter table app.todos force row level security;

create policy own_organization on app.todos
  using (organization_id = (select request.organization_id()))
  with check (organization_id = (select request.organization_id()));

grant
  select,
  insert (
    id, organization_id, project_id, parent_id, assignee_id, title, description, status, done, priority, due_on
  ),
  update (
    id, organization_id, project_id, parent_id, assignee_id, title, description, status, done, priority, due_on
  ),
  delete
on app.todos to member;
