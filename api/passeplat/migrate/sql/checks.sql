-- every valid check constraint of a table's own; pg_dump lists the others by themselves
select
  pg_namespace.nspname as schema,
  pg_class.relname as relation,
  pg_constraint.conname as name,
  pg_get_constraintdef(pg_constraint.oid) as definition
from pg_constraint
join pg_class on pg_class.oid = pg_constraint.conrelid
join pg_namespace on pg_namespace.oid = pg_class.relnamespace
where pg_constraint.contype = 'c'
  and pg_constraint.convalidated
  and pg_constraint.conislocal
  and pg_namespace.nspname not like 'pg\_%'
  and pg_namespace.nspname <> 'information_schema'
