-- People, known by the subject of their token. How they log in is the identity provider's affair.
-- A user is remembered when founding or joining an organization: see private/remember_user.sql.

create table app.users (
  id uuid primary key,
  email text check (email = lower(email)),
  name text not null check (length(name) between 1 and 100),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

comment on table app.users is 'People, in any number of organizations.';
comment on column app.users.id is 'The claim sub of their tokens.';

create trigger touch before update on app.users
  for each row execute function private.touch();

-- Not forced: functions that remember users run as the owner, before there is an organization to compare with.
alter table app.users enable row level security;

create policy self on app.users
  using (id = (select request.user_id()))
  with check (id = (select request.user_id()));

grant select, update (name) on app.users to member;
