-- every domain: see DomainFact
select
  pg_namespace.nspname as schema,
  pg_type.typname as name,
  format_type(pg_type.typbasetype, pg_type.typtypmod) as type,
  case
    when pg_type.typcollation <> base.typcollation then pg_type.typcollation::regcollation::text
  end as collation,
  coalesce(pg_get_expr(pg_type.typdefaultbin, 0), quote_literal(pg_type.typdefault)) as expression,
  pg_type.typnotnull as not_null,
  array(
    select array[pg_constraint.conname, pg_get_constraintdef(pg_constraint.oid)]
    from pg_constraint
    where pg_constraint.contypid = pg_type.oid and pg_constraint.contype = 'c'
    order by pg_constraint.conname
  ) as checks,
  (
    select pg_constraint.conname
    from pg_constraint
    where pg_constraint.contypid = pg_type.oid
      and pg_constraint.contype = 'n' -- PostgreSQL 17
      and pg_constraint.conname <> format('%s_not_null', pg_type.typname)
  ) as not_null_name
from pg_type
join pg_namespace on pg_namespace.oid = pg_type.typnamespace
join pg_type as base on base.oid = pg_type.typbasetype
where pg_type.typtype = 'd'
  and pg_namespace.nspname not like 'pg\_%'
  and pg_namespace.nspname not in ('information_schema', 'passeplat')
