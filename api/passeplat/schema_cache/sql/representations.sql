-- Implicit casts by function between a domain and json or text, of which the logged-in role may
-- call the function.
select
  pg_catalog.format_type(c.castsource, null) as source,
  pg_catalog.format_type(c.casttarget, null) as target,
  n.nspname,
  p.proname
from pg_catalog.pg_cast c
join pg_catalog.pg_proc p on p.oid = c.castfunc
join pg_catalog.pg_namespace n on n.oid = p.pronamespace
join pg_catalog.pg_type s on s.oid = c.castsource
join pg_catalog.pg_type t on t.oid = c.casttarget
where c.castcontext = 'i'
  and c.castmethod = 'f'
  and (
    s.typtype = 'd' and t.oid = 'pg_catalog.json'::regtype
    or t.typtype = 'd' and s.oid in ('pg_catalog.json'::regtype, 'pg_catalog.text'::regtype)
  )
  and pg_catalog.has_function_privilege(p.oid, 'EXECUTE')
