-- The relations of the exposed schemas ($1). `writable` has the bits of pg_relation_is_updatable:
-- 4 update, 8 insert, 16 delete, INSTEAD OF triggers counted. Among the grantees of anything,
-- '' is everyone.
select
  c.oid,
  n.nspname,
  c.relname,
  c.relkind in ('v', 'm') as is_view,
  case
    when c.relkind in ('r', 'p') then 28
    when c.relkind = 'v' or exists ( -- a wrapper without a handler cannot even be asked
      select
      from pg_catalog.pg_foreign_table t
      join pg_catalog.pg_foreign_server s on s.oid = t.ftserver
      join pg_catalog.pg_foreign_data_wrapper w on w.oid = s.srvfdw
      where t.ftrelid = c.oid and w.fdwhandler <> 0
    ) then pg_catalog.pg_relation_is_updatable(c.oid, true)
    else 0
  end as writable,
  c.relrowsecurity,
  d.description,
  array(
    select distinct case g.grantee when 0 then '' else pg_catalog.pg_get_userbyid(g.grantee) end::text
    from pg_catalog.aclexplode(coalesce(c.relacl, pg_catalog.acldefault('r', c.relowner))) g
  ) as grantees
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join pg_catalog.pg_description d
  on d.objoid = c.oid and d.objsubid = 0 and d.classoid = 'pg_catalog.pg_class'::regclass
where n.nspname = any($1::name[])
  and c.relkind in ('r', 'v', 'm', 'f', 'p')
  and not c.relispartition
order by n.nspname, c.relname
