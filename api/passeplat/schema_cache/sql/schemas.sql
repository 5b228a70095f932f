-- The exposed schemas ($1).
select
  n.nspname,
  d.description,
  array(
    select distinct case g.grantee when 0 then '' else pg_catalog.pg_get_userbyid(g.grantee) end::text
    from pg_catalog.aclexplode(coalesce(n.nspacl, pg_catalog.acldefault('n', n.nspowner))) g
  ) as grantees
from pg_catalog.pg_namespace n
left join pg_catalog.pg_description d
  on d.objoid = n.oid and d.objsubid = 0 and d.classoid = 'pg_catalog.pg_namespace'::regclass
where n.nspname = any($1::name[])
