-- Every role: whether the logged-in role can become it, the roles it directly inherits privileges
-- of, and what `alter role … set` says in every database. Until PostgreSQL 15 inheriting is said of
-- the role, since then of the membership.
select
  r.rolname,
  r.rolsuper,
  pg_catalog.pg_has_role(session_user, r.oid, 'MEMBER') as is_assumable,
  array(
    select g.rolname::text
    from pg_catalog.pg_auth_members m
    join pg_catalog.pg_roles g on g.oid = m.roleid
    where m.member = r.oid
      and coalesce((pg_catalog.to_jsonb(m) ->> 'inherit_option')::boolean, r.rolinherit)
  ) as inherits,
  coalesce(r.rolconfig, '{}') as settings
from pg_catalog.pg_roles r
