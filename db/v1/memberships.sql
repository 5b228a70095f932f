-- What the people of the organization are in it.

create or replace view v1.memberships with (security_invoker = true) as
select
  memberships.organization_id,
  memberships.user_id,
  memberships.role,
  memberships.created_at
from app.memberships;

comment on view v1.memberships is
'Who is what in your organization
Admins and owners change and remove memberships up to their own role; everybody may leave. The last owner stays.';
comment on column v1.memberships.role is 'member, admin or owner: admins invite and rename, owners also make owners.';

grant select, update (role), delete on v1.memberships to member;
