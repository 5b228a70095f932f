-- Projects: what an organization is working on.

create table app.projects (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null default request.organization_id()
    references app.organizations on delete cascade,
  name text not null check (length(name) between 1 and 200),
  description text not null default '',
  completed_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (organization_id, id), -- what other tables refer to
  unique (organization_id, name)
);

comment on table app.projects is 'What an organization is working on.';

create trigger touch before update on app.projects
  for each row execute function private.touch();

alter table app.projects enable row level security;
alter table app.projects force row level security;

create policy own_organization on app.projects
  using (organization_id = (select request.organization_id()))
  with check (organization_id = (select request.organization_id()));

create policy administrators_delete on app.projects as restrictive for delete
  using ((select request.organization_role()) >= 'admin');

grant
  select,
  insert (id, organization_id, name, description, completed_at),
  update (id, organization_id, name, description, completed_at),
  delete
on app.projects to member;
