-- Invitations to an organization. The token is told once, to whoever invites; only its hash is kept.

create table app.invitations (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null default request.organization_id()
    references app.organizations on delete cascade,
  email text not null check (email = lower(email) and email like '_%@_%'),
  role app.membership_role not null default 'member',
  token_hash bytea not null unique,
  invited_by uuid not null default request.user_id(),
  expires_at timestamptz not null default now() + interval '7 days',
  accepted_at timestamptz,
  created_at timestamptz not null default now(),
  foreign key (organization_id, invited_by) references app.memberships (organization_id, user_id)
    on delete cascade -- who is thrown out leaves no door open
);

comment on table app.invitations is 'Addresses invited to an organization.';
comment on column app.invitations.token_hash is 'SHA-256 of the token: see private/tokens.sql.';

create index on app.invitations (organization_id, invited_by);

-- Not forced: private.accept_invitation reads it as the owner, for somebody who is not a member yet.
alter table app.invitations enable row level security;

create policy administrators on app.invitations
  using (
    organization_id = (select request.organization_id())
    and (select request.organization_role()) >= 'admin'
  )
  with check (
    organization_id = (select request.organization_id())
    and (select request.organization_role()) >= 'admin'
    and role <= (select request.organization_role())
    and invited_by = (select request.user_id())
  );

grant
  select (id, organization_id, email, role, invited_by, expires_at, accepted_at, created_at),
  insert (email, role, token_hash),
  delete
on app.invitations to member;
