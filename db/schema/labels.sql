-- Labels of an organization.

create table app.labels (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null default request.organization_id()
    references app.organizations on delete cascade,
  name text not null check (length(name) between 1 and 50),
  color text not null default '#888888' check (color ~ '^#[0-9a-f]{6}$'),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (organization_id, id), -- what other tables refer to
  unique (organization_id, name)
);

comment on table app.labels is 'Words an organization sorts its todos by.';
comment on column app.labels.color is 'As in CSS: # and six hexadecimal digits in lower case.';

create trigger touch before update on app.labels
  for each row execute function private.touch();

alter table app.labels enable row level security;
alter table app.labels force row level security;

create policy own_organization on app.labels
  using (organization_id = (select request.organization_id()))
  with check (organization_id = (select request.organization_id()));

grant
  select,
  insert (id, organization_id, name, color),
  update (id, organization_id, name, color),
  delete
on app.labels to member;
