-- of these tables, those that are still there: the locks we hold on them, and the files they are in
select
  pg_class.oid as table,
  pg_class.relfilenode as file,
  coalesce(held.modes, '{}') as modes
from pg_class
left join (
  select pg_locks.relation, array_agg(pg_locks.mode) as modes
  from pg_locks
  where pg_locks.locktype = 'relation' and pg_locks.pid = pg_backend_pid() and pg_locks.granted
  group by pg_locks.relation
) as held on held.relation = pg_class.oid
where pg_class.oid = any($1)
