-- The people of the organization, as todos and comments refer to them.

create or replace view v1.users with (security_invoker = true) as
select
  memberships.organization_id,
  memberships.user_id as id,
  users.name,
  users.email
from app.memberships
join app.users on users.id = memberships.user_id;

comment on view v1.users is
'People of your organization
Read only: a name is changed in /me, a role in /memberships.';

grant select on v1.users to member;
