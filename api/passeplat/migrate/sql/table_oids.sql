-- tables and materialized views that are there, and hold rows
select pg_class.oid
from pg_class
join pg_namespace on pg_namespace.oid = pg_class.relnamespace
where pg_class.relkind in ('r', 'p', 'm')
  and pg_namespace.nspname not like 'pg\_%'
  and pg_namespace.nspname not in ('information_schema', 'passeplat')
