-- who is a member of which role: see Membership
select
  role.rolname as role,
  member.rolname as member,
  bool_or(pg_auth_members.admin_option) as admin,
  bool_or(coalesce((to_jsonb(pg_auth_members) ->> 'inherit_option')::boolean, true)) as inherit,
  bool_or(coalesce((to_jsonb(pg_auth_members) ->> 'set_option')::boolean, true)) as set
from pg_auth_members
join pg_roles as role on role.oid = pg_auth_members.roleid
join pg_roles as member on member.oid = pg_auth_members.member
where member.rolname not like 'pg\_%'
group by role.rolname, member.rolname
order by role.rolname, member.rolname
