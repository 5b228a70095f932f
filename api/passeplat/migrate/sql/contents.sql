-- something that is in the database and neither PostgreSQL's, an extension's nor our record
select found.name
from (
  select 'pg_class'::regclass as catalogue, oid, relnamespace as namespace, oid::regclass::text as name
  from pg_class
  union all
  select 'pg_proc'::regclass, oid, pronamespace, oid::regprocedure::text from pg_proc
  union all
  select 'pg_type'::regclass, oid, typnamespace, oid::regtype::text from pg_type
  union all
  select 'pg_namespace'::regclass, oid, oid, format('schema %s', nspname) from pg_namespace
  where nspname <> 'public'
) as found
join pg_namespace on pg_namespace.oid = found.namespace
where pg_namespace.nspname not like 'pg\_%'
  and pg_namespace.nspname not in ('information_schema', 'passeplat')
  and not exists (
    select from pg_depend
    where pg_depend.classid = found.catalogue
      and pg_depend.objid = found.oid
      and pg_depend.deptype = 'e'
  )
order by found.name
limit 1
