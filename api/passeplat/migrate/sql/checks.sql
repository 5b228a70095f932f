-- every check constraint of a table: see CheckFact
select
  pg_namespace.nspname as schema,
  pg_class.relname as relation,
  pg_constraint.conname as name,
  pg_get_constraintdef(pg_constraint.oid) as definition,
  pg_constraint.convalidated as is_valid,
  pg_constraint.conislocal as is_local,
  pg_constraint.coninhcount > 0 as is_inherited
from pg_constraint
join pg_class on pg_class.oid = pg_constraint.conrelid
join pg_namespace on pg_namespace.oid = pg_class.relnamespace
where pg_constraint.contype = 'c'
  and pg_namespace.nspname not like 'pg\_%'
  and pg_namespace.nspname not in ('information_schema', 'passeplat')
order by pg_constraint.conname
