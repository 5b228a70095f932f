-- every column of every table that is the user's: see ColumnFact
select
  pg_namespace.nspname as schema,
  pg_class.relname as relation,
  pg_attribute.attname as name,
  format_type(pg_attribute.atttypid, pg_attribute.atttypmod) as type,
  case
    when pg_attribute.attcollation <> pg_type.typcollation
    then pg_attribute.attcollation::regcollation::text
  end as collation,
  pg_attribute.attnotnull as not_null,
  (
    select pg_constraint.conname
    from pg_constraint
    where pg_constraint.conrelid = pg_class.oid
      and pg_constraint.contype = 'n' -- PostgreSQL 18
      and pg_constraint.conkey = array[pg_attribute.attnum]
      and pg_constraint.conname <> format('%s_%s_not_null', pg_class.relname, pg_attribute.attname)
  ) as not_null_name,
  pg_get_expr(pg_attrdef.adbin, pg_attrdef.adrelid) as expression,
  pg_attribute.attidentity::text as identity,
  pg_attribute.attgenerated::text as generated,
  pg_attribute.attislocal as is_local
from pg_attribute
join pg_class on pg_class.oid = pg_attribute.attrelid
join pg_namespace on pg_namespace.oid = pg_class.relnamespace
join pg_type on pg_type.oid = pg_attribute.atttypid
left join pg_attrdef on pg_attrdef.adrelid = pg_class.oid and pg_attrdef.adnum = pg_attribute.attnum
where pg_class.relkind in ('r', 'p', 'f')
  and pg_attribute.attnum > 0
  and not pg_attribute.attisdropped
  and pg_namespace.nspname not like 'pg\_%'
  and pg_namespace.nspname <> 'information_schema'
order by pg_namespace.nspname, pg_class.relname, pg_attribute.attnum
