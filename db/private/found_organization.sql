-- Founding an organization: the one way to become an owner without being made one.

create or replace function private.found_organization(name text) returns uuid
  language sql volatile security definer set search_path = ''
begin atomic
  with founder as (
    select private.remember_user() as id
  ),
  founded as (
    insert into app.organizations (name) values (found_organization.name) returning organizations.id
  )
  insert into app.memberships (organization_id, user_id, role)
  select founded.id, founder.id, 'owner' from founded cross join founder
  returning memberships.organization_id;
end;

comment on function private.found_organization is 'A new organization, owned by the user who asks.';

grant execute on function private.found_organization(text) to member;
