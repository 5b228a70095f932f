-- every sequence: see SequenceFact
select
  pg_namespace.nspname as schema,
  pg_class.relname as relation,
  format_type(pg_sequence.seqtypid, null) as type,
  pg_sequence.seqstart as start,
  pg_sequence.seqincrement as increment,
  pg_sequence.seqmin as minimum,
  pg_sequence.seqmax as maximum,
  pg_sequence.seqcache as cache,
  pg_sequence.seqcycle as cycle,
  pg_class.relpersistence::text as persistence,
  of_owner.nspname as owner_schema,
  owner.relname as owner_table,
  pg_attribute.attname as owner_column,
  coalesce(pg_depend.deptype = 'i', false) as is_identity
from pg_sequence
join pg_class on pg_class.oid = pg_sequence.seqrelid
join pg_namespace on pg_namespace.oid = pg_class.relnamespace
left join pg_depend
  on pg_depend.classid = 'pg_class'::regclass
  and pg_depend.objid = pg_class.oid
  and pg_depend.objsubid = 0
  and pg_depend.refclassid = 'pg_class'::regclass
  and pg_depend.refobjsubid > 0
  and pg_depend.deptype in ('a', 'i')
left join pg_class as owner on owner.oid = pg_depend.refobjid
left join pg_namespace as of_owner on of_owner.oid = owner.relnamespace
left join pg_attribute
  on pg_attribute.attrelid = pg_depend.refobjid and pg_attribute.attnum = pg_depend.refobjsubid
where pg_namespace.nspname not like 'pg\_%'
  and pg_namespace.nspname not in ('information_schema', 'passeplat')
