-- every table whose owner too is under its policies
select pg_namespace.nspname as schema, pg_class.relname as relation
from pg_class
join pg_namespace on pg_namespace.oid = pg_class.relnamespace
where pg_class.relforcerowsecurity
