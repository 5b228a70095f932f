-- The tenants. Every row of every other table belongs to one of them and can never refer to another's.
-- Its policies are in memberships.sql: until that is loaded, nobody sees a row.

create table app.organizations (
  id uuid primary key default gen_random_uuid(),
  name text not null check (length(name) between 1 and 100),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

comment on table app.organizations is 'The tenants.';

create trigger touch before update on app.organizations
  for each row execute function private.touch();

-- Not forced: private.found_organization inserts as the owner, when nobody is a member yet.
alter table app.organizations enable row level security;

grant select, update (name) on app.organizations to member;
