-- Who belongs to which organization, and as what; and all that follows from belonging:
-- the organization a request works in, and who sees organizations and people.

create type app.membership_role as enum ('member', 'admin', 'owner');

comment on type app.membership_role is 'From least to most: nobody gives or takes a role above their own.';

create table app.memberships (
  organization_id uuid not null references app.organizations on delete cascade,
  user_id uuid not null references app.users on delete cascade,
  role app.membership_role not null default 'member',
  created_at timestamptz not null default now(),
  primary key (organization_id, user_id)
);

comment on table app.memberships is 'Who belongs to which organization, and as what.';

create index on app.memberships (user_id);

create trigger keep_an_owner after update of role or delete on app.memberships
  for each row when (old.role = 'owner') execute function private.keep_an_owner();

-- The token may name any organization. It counts if the user belongs to it at this moment,
-- so a removed member is out at once, not when the token expires.
-- Security definer: the policies below ask these functions, so these must read beneath the policies.

create or replace function request.organization_id() returns uuid
  language sql stable parallel safe security definer set search_path = ''
  return (
    select memberships.organization_id
    from app.memberships
    where memberships.organization_id = (select request.uuid_claim('organization_id'))
      and memberships.user_id = (select request.user_id())
  );

comment on function request.organization_id is
'The organization named by the token, null if the user does not belong to it.';

create or replace function request.organization_role() returns app.membership_role
  language sql stable parallel safe security definer set search_path = ''
  return (
    select memberships.role
    from app.memberships
    where memberships.organization_id = (select request.uuid_claim('organization_id'))
      and memberships.user_id = (select request.user_id())
  );

comment on function request.organization_role is
'What the user is in the organization named by the token, null if nothing.';

grant execute on function request.organization_id(), request.organization_role() to anonymous, member;

-- Not forced: the two functions above read it as the owner, beneath the policies.
alter table app.memberships enable row level security;

create policy colleagues_read on app.memberships for select
  using (organization_id = (select request.organization_id()));

create policy administrators_change on app.memberships for update
  using (
    organization_id = (select request.organization_id())
    and (select request.organization_role()) >= 'admin'
    and role <= (select request.organization_role())
  )
  with check (
    organization_id = (select request.organization_id())
    and (select request.organization_role()) >= 'admin'
    and role <= (select request.organization_role())
  );

create policy administrators_remove on app.memberships for delete
  using (
    organization_id = (select request.organization_id())
    and (select request.organization_role()) >= 'admin'
    and role <= (select request.organization_role())
  );

create policy members_leave on app.memberships for delete
  using (
    organization_id = (select request.organization_id())
    and user_id = (select request.user_id())
  );

create policy members_read on app.organizations for select
  using (id = (select request.organization_id()));

create policy administrators_change on app.organizations for update
  using (
    id = (select request.organization_id())
    and (select request.organization_role()) >= 'admin'
  )
  with check (
    id = (select request.organization_id())
    and (select request.organization_role()) >= 'admin'
  );

create policy colleagues_read on app.users for select
  using (
    id in (
      select memberships.user_id
      from app.memberships
      where memberships.organization_id = (select request.organization_id())
    )
  );

-- There is no policy to insert: one becomes a member by founding an organization or accepting an invitation.
grant select, update (role), delete on app.memberships to member;
