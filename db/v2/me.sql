-- The user who asks, as the application knows them: one row, or none before the first organization.

create or replace view v2.me with (security_invoker = true) as
select
  users.id,
  users.name,
  users.email,
  (select request.organization_id()) as organization_id,
  (select request.organization_role()) as role
from app.users
where users.id = (select request.user_id());

comment on view v2.me is
'You
One row, or none before you found or join an organization. The name can be changed.';
comment on column v2.me.organization_id is
'The organization of this request, null if the token names none you belong to.';
comment on column v2.me.role is 'What you are there: member, admin or owner.';

grant select, update (name) on v2.me to member;
