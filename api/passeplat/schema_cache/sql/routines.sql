-- The functions of the exposed schemas ($1); which of them can be called by name is decided later.
-- proallargtypes, proargmodes and proargnames are null where every argument is `in`, or unnamed.
select
  n.nspname,
  p.proname,
  p.proargtypes::oid[] as types,
  p.proallargtypes as all_types,
  p.proargnames as names,
  p.proargmodes::text[] as modes,
  p.pronargdefaults,
  p.prorettype,
  p.proretset,
  p.provolatile::text,
  p.proconfig,
  d.description,
  array(
    select distinct case g.grantee when 0 then '' else pg_catalog.pg_get_userbyid(g.grantee) end::text
    from pg_catalog.aclexplode(coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))) g
  ) as grantees
from pg_catalog.pg_proc p
join pg_catalog.pg_namespace n on n.oid = p.pronamespace
left join pg_catalog.pg_description d
  on d.objoid = p.oid and d.objsubid = 0 and d.classoid = 'pg_catalog.pg_proc'::regclass
where n.nspname = any($1::name[])
  and p.prokind = 'f'
  and p.prorettype <> 'pg_catalog.trigger'::regtype
order by n.nspname, p.proname, p.pronargs, p.oid
