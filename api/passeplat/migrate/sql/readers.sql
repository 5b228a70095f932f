-- what reads which column: views, rules, policies, triggers, functions, statistics, foreign keys, indexes …
select distinct
  pg_namespace.nspname as schema,
  pg_class.relname as relation,
  pg_attribute.attname as column,
  case
    when pg_rewrite.rulename = '_RETURN' then 'pg_class'::regclass::oid
    else pg_depend.classid
  end as catalogue,
  case
    when pg_rewrite.rulename = '_RETURN' then pg_rewrite.ev_class
    else pg_depend.objid
  end as object
from pg_depend
join pg_class on pg_class.oid = pg_depend.refobjid
join pg_namespace on pg_namespace.oid = pg_class.relnamespace
join pg_attribute
  on pg_attribute.attrelid = pg_class.oid and pg_attribute.attnum = pg_depend.refobjsubid
left join pg_rewrite
  on pg_depend.classid = 'pg_rewrite'::regclass and pg_rewrite.oid = pg_depend.objid
where pg_depend.refclassid = 'pg_class'::regclass
  and pg_depend.refobjsubid > 0
  and pg_depend.classid <> 'pg_attrdef'::regclass
  and pg_class.relkind in ('r', 'p', 'f', 'v', 'm')
  and pg_namespace.nspname not like 'pg\_%'
  and pg_namespace.nspname not in ('information_schema', 'passeplat')
