-- every enumeration with its labels in their order
select
  pg_namespace.nspname as schema,
  pg_type.typname as name,
  array_agg(pg_enum.enumlabel::text order by pg_enum.enumsortorder) as labels
from pg_enum
join pg_type on pg_type.oid = pg_enum.enumtypid
join pg_namespace on pg_namespace.oid = pg_type.typnamespace
group by pg_namespace.nspname, pg_type.typname
