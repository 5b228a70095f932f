-- The views of the exposed schemas ($1) that PostgreSQL itself inserts through.
select c.oid, n.nspname as schema, c.relname as name
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'v'
  and n.nspname = any($1::name[])
  and pg_catalog.pg_relation_is_updatable(c.oid, false) & 8 = 8
