-- The columns of tables that have no value unless an insert gives one.
select a.attrelid as table, a.attnum as number, a.attname as name
from pg_catalog.pg_attribute a
join pg_catalog.pg_class c on c.oid = a.attrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'f')
  and n.nspname not in ('pg_catalog', 'information_schema')
  and a.attnum > 0
  and not a.attisdropped
  and a.attnotnull
  and not a.atthasdef
  and a.attidentity = ''
