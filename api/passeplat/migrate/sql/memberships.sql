-- who is a member of which role, by whose grant: see Membership
select
  role.rolname as role,
  member.rolname as member,
  pg_auth_members.admin_option as admin,
  coalesce((to_jsonb(pg_auth_members) ->> 'inherit_option')::boolean, true) as inherit,
  coalesce((to_jsonb(pg_auth_members) ->> 'set_option')::boolean, true) as set,
  case -- before PostgreSQL 16 one grant was as good as another
    when to_jsonb(pg_auth_members) ? 'inherit_option' then grantor.rolname
  end as grantor
from pg_auth_members
join pg_roles as role on role.oid = pg_auth_members.roleid
join pg_roles as member on member.oid = pg_auth_members.member
left join pg_roles as grantor on grantor.oid = pg_auth_members.grantor
where member.rolname not like 'pg\_%'
order by role.rolname, member.rolname
