-- The functions whose only argument is a row of a relation, or a composite type, of the exposed
-- schemas ($1): f(t) can be written t.f. A row of an inheriting table passes for one of the table it
-- inherits from. The relation whose rows are returned is named where it is exposed.
with recursive relations as (
  select c.oid, n.nspname, c.relname, c.reltype, c.relkind
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where n.nspname = any($1::name[])
    and c.relkind in ('r', 'v', 'm', 'f', 'p', 'c')
    and not c.relispartition
),
lineage as (
  select r.oid as relation, r.oid as ancestor from relations r
  union
  select l.relation, i.inhparent
  from lineage l
  join pg_catalog.pg_inherits i on i.inhrelid = l.ancestor
)
select
  n.nspname as function_schema,
  p.proname as function_name,
  r.nspname as relation_schema,
  r.relname as relation_name,
  l.relation <> l.ancestor as is_inherited,
  target.nspname as target_schema,
  target.relname as target_name,
  not p.proretset or p.prorows = 1 as to_one
from lineage l
join relations r on r.oid = l.relation
join pg_catalog.pg_class a on a.oid = l.ancestor
join pg_catalog.pg_proc p on p.proargtypes[0] = a.reltype and p.pronargs = 1 and p.prokind = 'f'
join pg_catalog.pg_namespace n on n.oid = p.pronamespace
left join relations target on target.reltype = p.prorettype and target.relkind <> 'c'
order by n.nspname, p.proname, p.oid
