-- What a document of the schema $1 says beyond its privileges, as one JSON object: of each relation
-- what the current role may do with each column and what its values can be, fields computed by
-- functions it may call, and the types that are not plain text in JSON. With $2 it may do everything.
-- Run with `search_path = pg_catalog, pg_temp`: types are qualified then.
with recursive relations as (
  select c.oid, c.relname, c.relkind, c.reltype
  from pg_namespace n
  join pg_class c on c.relnamespace = n.oid
  where n.nspname = $1::name
    and c.relkind in ('r', 'v', 'm', 'f', 'p')
    and not c.relispartition
    and ($2::boolean or has_schema_privilege(n.oid, 'USAGE'))
),
-- A view's column can be no more null than the column it shows, if no outer join, grouping set or
-- union adds rows of nulls. How the tree of a view is read: schema_cache/sql/view_columns.sql.
views as (
  select r.oid from relations r where r.relkind in ('v', 'm')
  union
  select d.refobjid
  from views v
  join pg_rewrite w on w.ev_class = v.oid
  join pg_depend d
    on d.objid = w.oid
    and d.classid = 'pg_rewrite'::regclass
    and d.refclassid = 'pg_class'::regclass
  join pg_class c on c.oid = d.refobjid and c.relkind in ('v', 'm')
),
trees as (
  select v.oid, w.ev_action::text as tree
  from views v
  join pg_rewrite w on w.ev_class = v.oid and w.rulename = '_RETURN'
  offset 0
),
pieces as (
  select
    t.oid,
    t.tree ~ ':(jointype [1-3]|groupingSets \(|setOperations \{)' as adds_nulls,
    p.number,
    split_part(p.piece, ' ', 1) as resno,
    split_part(p.piece, ' :resorigtbl ', 2) as origin,
    replace(replace(replace(p.piece, '\\', ''), '\{', ''), '\}', '') as braces
  from trees t
  cross join string_to_table(t.tree, ' :resno ') with ordinality p (piece, number)
  offset 0
),
entries as (
  select
    p.*,
    sum(octet_length(replace(p.braces, '}', '')) - octet_length(replace(p.braces, '{', ''))) over (
      partition by p.oid
      order by p.number
      rows between unbounded preceding and 1 preceding
    ) as depth
  from pieces p
),
shown as (
  select
    e.oid,
    e.resno::int2 as number,
    e.adds_nulls,
    split_part(e.origin, ' ', 1)::oid as relation,
    split_part(e.origin, ' ', 3)::int2 as column_number
  from entries e
  where e.number > 1 and e.depth = 2 and split_part(e.origin, ' ', 1) <> '0'
),
origins as (
  select s.oid, s.number, s.adds_nulls, s.relation, s.column_number from shown s
  union
  select o.oid, o.number, o.adds_nulls or s.adds_nulls, s.relation, s.column_number
  from origins o
  join shown s on s.oid = o.relation and s.number = o.column_number
),
columns as (
  select
    r.oid,
    a.attname,
    a.attnum,
    a.attnotnull or coalesce(b.attnotnull and not o.adds_nulls, false) as not_null,
    a.attgenerated <> '' or a.attidentity = 'a'
      or coalesce(b.attgenerated <> '' or b.attidentity = 'a', false) as automatic,
    a.attidentity <> '' or coalesce(b.attidentity <> '', false) as is_identity,
    coalesce(
      (select pg_get_expr(d.adbin, d.adrelid) from pg_attrdef d where d.adrelid = r.oid and d.adnum = a.attnum),
      (select pg_get_expr(d.adbin, d.adrelid) from pg_attrdef d where d.adrelid = b.attrelid and d.adnum = b.attnum)
    ) as default,
    $2::boolean or has_column_privilege(r.oid, a.attnum, 'SELECT') as readable,
    ($2::boolean or has_column_privilege(r.oid, a.attnum, 'INSERT'))
      and pg_column_is_updatable(r.oid, a.attnum, true) as insertable,
    ($2::boolean or has_column_privilege(r.oid, a.attnum, 'UPDATE'))
      and pg_column_is_updatable(r.oid, a.attnum, true) as updatable
  from relations r
  join pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
  left join origins o
    on o.oid = r.oid
    and o.number = a.attnum
    and not exists (select from views v where v.oid = o.relation)
  left join pg_attribute b on b.attrelid = o.relation and b.attnum = o.column_number
)
select json_build_object(
  'relations', (
    select json_object_agg(r.relname, json_build_object(
      'delete', $2::boolean or has_table_privilege(r.oid, 'DELETE'),
      'columns', (
        select json_object_agg(c.attname, json_build_object(
          'not_null', c.not_null,
          'filled', c.default is not null or c.is_identity or c.automatic,
          'default', c.default,
          'read', c.readable,
          'insert', c.insertable and not c.automatic,
          'update', c.updatable and not c.automatic
        ) order by c.attnum)
        from columns c
        where c.oid = r.oid
      ),
      'computed', (
        select json_agg(json_build_array(
          p.proname,
          format_type(p.prorettype, null),
          obj_description(p.oid, 'pg_proc')
        ) order by p.proname)
        from pg_proc p
        join pg_namespace n on n.oid = p.pronamespace
        where p.proargtypes = format('%s', r.reltype)::oidvector
          and p.prokind = 'f'
          and n.nspname = $1::name
          and ($2::boolean or has_function_privilege(p.oid, 'EXECUTE'))
      )
    ))
    from relations r
  ),
  'enums', (
    select json_object_agg(format_type(t.oid, null), json_build_array(n.nspname, t.typname, (
      select json_agg(e.enumlabel order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid
    ), obj_description(t.oid, 'pg_type')))
    from pg_type t
    join pg_namespace n on n.oid = t.typnamespace
    where t.typtype = 'e'
  ),
  'domains', (
    select json_object_agg(format_type(t.oid, null), format_type(t.typbasetype, t.typtypmod))
    from pg_type t
    join pg_namespace n on n.oid = t.typnamespace
    where t.typtype = 'd' and n.nspname <> 'information_schema'
  ),
  'anything', (
    select json_agg(format_type(t.oid, null))
    from pg_type t
    left join pg_class c on c.oid = t.typrelid
    where c.relkind = 'c' or exists (
      select
      from pg_cast k
      where k.castsource = t.oid and k.casttarget = 'json'::regtype and k.castmethod = 'f'
    )
  )
)::text
