-- every column of every table and attribute of every composite type that is the user's: see ColumnFact
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
  case
    when pg_constraint.conname <> format('%s_%s_not_null', pg_class.relname, pg_attribute.attname)
    then pg_constraint.conname
  end as not_null_name,
  coalesce(pg_constraint.connoinherit, false) as not_null_no_inherit,
  coalesce(pg_constraint.convalidated, true) as not_null_valid,
  coalesce(pg_constraint.conislocal, true) as not_null_local,
  pg_get_expr(pg_attrdef.adbin, pg_attrdef.adrelid) as expression,
  pg_attribute.attidentity::text as identity,
  pg_attribute.attgenerated::text as generated,
  pg_attribute.attislocal as is_local,
  pg_attribute.attinhcount > 0 as is_inherited,
  case when pg_attribute.attstorage <> pg_type.typstorage then pg_attribute.attstorage::text end
    as storage,
  pg_attribute.attcompression::text as compression,
  coalesce(pg_attribute.attstattarget, -1) as statistics,
  array(
    select option from unnest(pg_attribute.attoptions) as option where option not like 'pg\_%'
  ) as options,
  coalesce(pg_attribute.attfdwoptions, '{}') as fdw_options
from pg_attribute
join pg_class on pg_class.oid = pg_attribute.attrelid
join pg_namespace on pg_namespace.oid = pg_class.relnamespace
join pg_type on pg_type.oid = pg_attribute.atttypid
left join pg_attrdef on pg_attrdef.adrelid = pg_class.oid and pg_attrdef.adnum = pg_attribute.attnum
left join pg_constraint
  on pg_constraint.conrelid = pg_class.oid
  and pg_constraint.contype = 'n' -- PostgreSQL 18
  and pg_constraint.conkey = array[pg_attribute.attnum]
where pg_class.relkind in ('r', 'p', 'f', 'c')
  and pg_attribute.attnum > 0
  and not pg_attribute.attisdropped
  and pg_namespace.nspname not like 'pg\_%'
  and pg_namespace.nspname not in ('information_schema', 'passeplat')
order by pg_namespace.nspname, pg_class.relname, pg_attribute.attnum
