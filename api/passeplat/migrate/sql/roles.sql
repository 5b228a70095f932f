-- every role that is not PostgreSQL's own, and what it may do, become and has set for itself
select
  pg_roles.rolname as name,
  concat_ws(
    ' ',
    pg_roles.rolsuper, pg_roles.rolinherit, pg_roles.rolcreaterole, pg_roles.rolcreatedb,
    pg_roles.rolcanlogin, pg_roles.rolreplication, pg_roles.rolbypassrls, pg_roles.rolconnlimit,
    array(
      select pg_auth_members.roleid::regrole::text
      from pg_auth_members
      where pg_auth_members.member = pg_roles.oid
      order by 1
    ),
    array(
      select unnest(pg_db_role_setting.setconfig)
      from pg_db_role_setting
      where pg_db_role_setting.setrole = pg_roles.oid and pg_db_role_setting.setdatabase = 0
      order by 1
    )
  ) as state
from pg_roles
where pg_roles.rolname not like 'pg\_%'
