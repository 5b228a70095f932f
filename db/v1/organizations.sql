-- The organization of the request, and how to found one.

create or replace view v1.organizations with (security_invoker = true) as
select
  organizations.id,
  organizations.name,
  organizations.created_at,
  organizations.updated_at
from app.organizations;

comment on view v1.organizations is
'Your organization
The one your token names. Admins and owners can rename it.';

grant select, update (name) on v1.organizations to member;

create or replace function v1.found_organization(name text) returns uuid
  language sql volatile
  return private.found_organization(found_organization.name);

comment on function v1.found_organization is
'Found an organization
You become its owner. Returns its id, which your next token must carry as organization_id.';

grant execute on function v1.found_organization(text) to member;
