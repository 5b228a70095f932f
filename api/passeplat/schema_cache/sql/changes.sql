-- A number that grows with every change of what inert.sql looks at: rows written in those catalogues,
-- as PostgreSQL's statistics count them (about a second late; never, where track_counts is off). Of
-- pg_class updates only: its other changes are those of temporary tables, too.
select (
  pg_catalog.sum(
    pg_catalog.pg_stat_get_tuples_inserted(oid)
    + pg_catalog.pg_stat_get_tuples_updated(oid)
    + pg_catalog.pg_stat_get_tuples_deleted(oid)
  )
  + pg_catalog.pg_stat_get_tuples_updated('pg_catalog.pg_class'::pg_catalog.regclass)
)::text
from pg_catalog.unnest(
  array[
    'pg_catalog.pg_attrdef', 'pg_catalog.pg_cast', 'pg_catalog.pg_constraint',
    'pg_catalog.pg_inherits', 'pg_catalog.pg_operator', 'pg_catalog.pg_policy',
    'pg_catalog.pg_proc', 'pg_catalog.pg_rewrite', 'pg_catalog.pg_trigger'
  ]::pg_catalog.regclass[]
) as oid
