-- Comments on todos. Everybody in the organization reads them, only the author changes them.

create table app.comments (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null default request.organization_id(),
  todo_id uuid not null,
  author_id uuid default request.user_id(),
  body text not null check (length(body) between 1 and 10000),
  search tsvector not null generated always as (to_tsvector('pg_catalog.english', body)) stored,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  foreign key (organization_id, todo_id) references app.todos (organization_id, id) on delete cascade,
  foreign key (organization_id, author_id) references app.memberships (organization_id, user_id)
    on delete set null (author_id)
);

comment on table app.comments is 'What people say about a todo.';
comment on column app.comments.author_id is 'Null once the author has left the organization.';
comment on column app.comments.search is 'The body for full text search.';

create index on app.comments (organization_id, todo_id);
create index on app.comments (organization_id, author_id);
create index on app.comments using gin (search);

create trigger touch before update on app.comments
  for each row execute function private.touch();

alter table app.comments enable row level security;
alter table app.comments force row level security;

create policy own_organization on app.comments
  using (organization_id = (select request.organization_id()))
  with check (organization_id = (select request.organization_id()));

create policy authors_insert on app.comments as restrictive for insert
  with check (author_id = (select request.user_id()));

create policy authors_change on app.comments as restrictive for update
  using (author_id = (select request.user_id()))
  with check (author_id = (select request.user_id()));

create policy authors_and_administrators_delete on app.comments as restrictive for delete
  using (author_id = (select request.user_id()) or (select request.organization_role()) >= 'admin');

grant
  select,
  insert (id, organization_id, todo_id, author_id, body),
  update (id, organization_id, todo_id, author_id, body),
  delete
on app.comments to member;
