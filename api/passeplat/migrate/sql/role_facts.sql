-- every role that is not PostgreSQL's own: see RoleFact
select
  pg_roles.rolname as name,
  concat_ws(
    ' ',
    case when pg_roles.rolsuper then 'superuser' else 'nosuperuser' end,
    case when pg_roles.rolinherit then 'inherit' else 'noinherit' end,
    case when pg_roles.rolcreaterole then 'createrole' else 'nocreaterole' end,
    case when pg_roles.rolcreatedb then 'createdb' else 'nocreatedb' end,
    case when pg_roles.rolcanlogin then 'login' else 'nologin' end,
    case when pg_roles.rolreplication then 'replication' else 'noreplication' end,
    case when pg_roles.rolbypassrls then 'bypassrls' else 'nobypassrls' end,
    'connection limit', pg_roles.rolconnlimit
  ) as attributes,
  array(
    select unnest(pg_db_role_setting.setconfig)
    from pg_db_role_setting
    where pg_db_role_setting.setrole = pg_roles.oid and pg_db_role_setting.setdatabase = 0
    order by 1
  ) as settings,
  shobj_description(pg_roles.oid, 'pg_authid') as comment
from pg_roles
where pg_roles.rolname not like 'pg\_%'
order by pg_roles.rolname
