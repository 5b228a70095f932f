-- every table, what is said of it as a whole: see TableFact
select
  pg_namespace.nspname as schema,
  pg_class.relname as relation,
  pg_class.relkind::text as kind,
  pg_class.relpersistence::text as persistence,
  array(
    select option from unnest(pg_class.reloptions) as option order by option
  ) || array(
    select 'toast.' || option from unnest(toast.reloptions) as option order by option
  ) as options,
  pg_class.relreplident::text as replica_identity,
  pg_class.relforcerowsecurity as force_row_security,
  pg_class.relispartition as is_partition,
  array(
    select format('%I.%I', of_parent.nspname, parent.relname)
    from pg_inherits
    join pg_class as parent on parent.oid = pg_inherits.inhparent
    join pg_namespace as of_parent on of_parent.oid = parent.relnamespace
    where pg_inherits.inhrelid = pg_class.oid and not pg_class.relispartition
    order by pg_inherits.inhseqno
  ) as parents,
  pg_get_partkeydef(pg_class.oid) as partition_key,
  case when pg_class.reloftype <> 0 then pg_class.reloftype::regtype::text end as of_type,
  pg_am.amname as access_method,
  pg_tablespace.spcname as tablespace,
  pg_foreign_server.srvname as server,
  coalesce(pg_foreign_table.ftoptions, '{}') as fdw_options
from pg_class
join pg_namespace on pg_namespace.oid = pg_class.relnamespace
left join pg_class as toast on toast.oid = pg_class.reltoastrelid
left join pg_am on pg_am.oid = pg_class.relam
left join pg_tablespace on pg_tablespace.oid = pg_class.reltablespace
left join pg_foreign_table on pg_foreign_table.ftrelid = pg_class.oid
left join pg_foreign_server on pg_foreign_server.oid = pg_foreign_table.ftserver
where pg_class.relkind in ('r', 'p', 'f')
  and pg_namespace.nspname not like 'pg\_%'
  and pg_namespace.nspname not in ('information_schema', 'passeplat')
