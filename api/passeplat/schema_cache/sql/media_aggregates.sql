-- The aggregates of the exposed schemas ($1) over the rows of a relation, or of any (null), that
-- make a value of a domain named like a media type: the name decides, wherever the domain is.
select
  n.nspname as function_schema,
  p.proname as function_name,
  t.typname as domain,
  rn.nspname as relation_schema,
  r.relname as relation_name
from pg_catalog.pg_proc p
join pg_catalog.pg_namespace n on n.oid = p.pronamespace
join pg_catalog.pg_type t on t.oid = p.prorettype and t.typtype = 'd'
join pg_catalog.pg_type a on a.oid = p.proargtypes[0]
left join pg_catalog.pg_class r on r.oid = a.typrelid
left join pg_catalog.pg_namespace rn on rn.oid = r.relnamespace
where n.nspname = any($1::name[])
  and p.prokind = 'a'
  and p.pronargs = 1
  and (r.oid is not null or a.oid = 'pg_catalog.anyelement'::regtype)
order by n.nspname, p.proname, p.oid
