-- The columns of the relations of the exposed schemas ($1), in no order. An identity column that
-- accepts values has no pg_attrdef: its default is the next value of its sequence.
select
  a.attrelid,
  a.attnum,
  a.attname,
  a.atttypid,
  a.atttypmod,
  a.attnotnull,
  a.attgenerated <> '' as is_generated,
  case
    when a.attgenerated <> '' then null
    when a.attidentity = 'd' then (
      select pg_catalog.format('nextval(%L::regclass)', s.objid::regclass)
      from pg_catalog.pg_depend s
      where s.classid = 'pg_catalog.pg_class'::regclass
        and s.refclassid = 'pg_catalog.pg_class'::regclass
        and s.refobjid = a.attrelid
        and s.refobjsubid = a.attnum
        and s.deptype = 'i'
    )
    else pg_catalog.pg_get_expr(v.adbin, v.adrelid)
  end as default_value,
  d.description,
  case when a.attacl is not null then array(
    select distinct case g.grantee when 0 then '' else pg_catalog.pg_get_userbyid(g.grantee) end::text
    from pg_catalog.aclexplode(a.attacl) g
  ) end as grantees
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
left join pg_catalog.pg_attrdef v on v.adrelid = a.attrelid and v.adnum = a.attnum
left join pg_catalog.pg_description d
  on d.objoid = a.attrelid and d.objsubid = a.attnum
  and d.classoid = 'pg_catalog.pg_class'::regclass
where n.nspname = any($1::name[])
  and c.relkind in ('r', 'v', 'm', 'f', 'p')
  and not c.relispartition
