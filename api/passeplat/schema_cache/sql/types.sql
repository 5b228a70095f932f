-- The types with the oids $1, each with the type modifier (a length) beside it in $2: many columns
-- share a type, so it is described once. A domain is followed down to the type it is made of.
with recursive wanted as (
  select w.oid, w.modifier from unnest($1::oid[], $2::int4[]) w (oid, modifier)
),
chain as (
  select t.oid, t.typbasetype as base, t.typtypmod as modifier, t.typnotnull as required, 1 as depth
  from pg_catalog.pg_type t
  where t.typtype = 'd' and t.oid in (select w.oid from wanted w)
  union all
  select c.oid, t.typbasetype, t.typtypmod, c.required or t.typnotnull, c.depth + 1
  from chain c
  join pg_catalog.pg_type t on t.oid = c.base and t.typtype = 'd'
),
domains as (
  select distinct on (c.oid) c.oid, c.base, c.modifier, c.required
  from chain c
  order by c.oid, c.depth desc
)
select
  w.oid,
  w.modifier,
  n.nspname,
  t.typname,
  t.typtype = 'd' as is_domain,
  pg_catalog.format_type(t.oid, null) as name,
  pg_catalog.format_type(t.oid, w.modifier) as nominal,
  pg_catalog.format_type(b.oid, null) as base,
  case
    when m.modifier < 0 then null
    when b.typname in ('bpchar', 'varchar') then m.modifier - 4
    when b.typname in ('bit', 'varbit') then m.modifier
  end as max_length,
  array(
    select e.enumlabel::text
    from pg_catalog.pg_enum e
    where e.enumtypid = b.oid
    order by e.enumsortorder
  ) as labels,
  coalesce(d.required, false) as required,
  pg_catalog.pg_get_expr(t.typdefaultbin, 0) as default_value,
  b.typrelid as relation,
  rn.nspname as relation_schema,
  r.relname as relation_name
from wanted w
join pg_catalog.pg_type t on t.oid = w.oid
join pg_catalog.pg_namespace n on n.oid = t.typnamespace
left join domains d on d.oid = t.oid
join pg_catalog.pg_type b on b.oid = coalesce(d.base, t.oid)
cross join lateral (select coalesce(d.modifier, w.modifier) as modifier) m
left join pg_catalog.pg_class r on r.oid = b.typrelid
left join pg_catalog.pg_namespace rn on rn.oid = r.relnamespace
