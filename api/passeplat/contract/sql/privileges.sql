-- What every role that is neither superuser nor owner may do with the relations of the exposed
-- schemas ($1), privileges by membership included.
select
  r.rolname as role,
  n.nspname as schema,
  c.relname as relation,
  pg_catalog.has_table_privilege(r.oid, c.oid, 'DELETE') as deletable,
  array(
    select a.attname::text
    from pg_catalog.pg_attribute a
    where a.attrelid = c.oid
      and a.attnum > 0
      and not a.attisdropped
      and pg_catalog.has_column_privilege(r.oid, c.oid, a.attnum, 'SELECT')
  ) as readable,
  array(
    select a.attname::text
    from pg_catalog.pg_attribute a
    where a.attrelid = c.oid
      and a.attnum > 0
      and not a.attisdropped
      and pg_catalog.has_column_privilege(r.oid, c.oid, a.attnum, 'INSERT')
  ) as insertable,
  array(
    select a.attname::text
    from pg_catalog.pg_attribute a
    where a.attrelid = c.oid
      and a.attnum > 0
      and not a.attisdropped
      and pg_catalog.has_column_privilege(r.oid, c.oid, a.attnum, 'UPDATE')
  ) as updatable
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_roles r
  on not r.rolsuper
  and r.oid <> c.relowner
  and r.rolname not like 'pg\_%'
  and pg_catalog.has_schema_privilege(r.oid, n.oid, 'USAGE')
where n.nspname = any($1::name[])
  and c.relkind in ('r', 'v', 'm', 'f', 'p')
  and not c.relispartition
  and (
    pg_catalog.has_any_column_privilege(r.oid, c.oid, 'SELECT, INSERT, UPDATE')
    or pg_catalog.has_table_privilege(r.oid, c.oid, 'DELETE')
  )
