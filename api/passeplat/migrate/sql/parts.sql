-- what the defaults, generated columns and checks of tables use
select
  pg_namespace.nspname as schema,
  pg_class.relname as relation,
  pg_attribute.attname as column,
  null as check,
  pg_depend.refclassid as catalogue,
  coalesce(element.oid, pg_depend.refobjid) as object,
  used.attname as used
from pg_attrdef
join pg_depend on pg_depend.classid = 'pg_attrdef'::regclass and pg_depend.objid = pg_attrdef.oid
join pg_class on pg_class.oid = pg_attrdef.adrelid
join pg_namespace on pg_namespace.oid = pg_class.relnamespace
join pg_attribute
  on pg_attribute.attrelid = pg_attrdef.adrelid and pg_attribute.attnum = pg_attrdef.adnum
left join pg_attribute as used
  on pg_depend.refclassid = 'pg_class'::regclass
  and used.attrelid = pg_depend.refobjid
  and used.attnum = pg_depend.refobjsubid
left join pg_type as element
  on pg_depend.refclassid = 'pg_type'::regclass and element.typarray = pg_depend.refobjid
where pg_depend.refobjsubid <> pg_attrdef.adnum or pg_depend.refobjid <> pg_attrdef.adrelid
union all
select
  pg_namespace.nspname,
  pg_class.relname,
  null,
  pg_constraint.conname,
  pg_depend.refclassid,
  coalesce(element.oid, pg_depend.refobjid),
  null
from pg_constraint
join pg_depend
  on pg_depend.classid = 'pg_constraint'::regclass and pg_depend.objid = pg_constraint.oid
join pg_class on pg_class.oid = pg_constraint.conrelid
join pg_namespace on pg_namespace.oid = pg_class.relnamespace
left join pg_type as element
  on pg_depend.refclassid = 'pg_type'::regclass and element.typarray = pg_depend.refobjid
where pg_constraint.contype = 'c' and pg_depend.refclassid <> 'pg_class'::regclass
