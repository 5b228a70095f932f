-- Whether reading the relations $1 (a JSON array of [schema, name]) runs only code that cannot change
-- its session: built-in functions that are not volatile, and SQL functions whose parsed body calls no
-- others. What is not understood counts as able to. $2: names of functions and operators of our own
-- SQL, as {"functions": […], "operators": […]}, which others of the same name might be taken for.
--
-- Stored expressions name what they use by OID, and objects of the initial database have OIDs below
-- 16384. Every larger number in one of them is taken for an OID, whatever kind of thing has it.
with recursive
  asked as (
    select pg_class.oid
    from pg_catalog.json_array_elements($1::json) as relation
    join pg_catalog.pg_namespace on nspname = relation ->> 0
    join pg_catalog.pg_class on relnamespace = pg_namespace.oid and relname = relation ->> 1
  ),
  always as (
    select 'f' as kind, castfunc as oid
    from pg_catalog.pg_cast
    where oid >= 16384 and castfunc <> 0 and castsource < 16384 and casttarget < 16384
    union all
    select 'o', oid
    from pg_catalog.pg_operator
    where oid >= 16384 and oprleft < 16384 and oprright < 16384
      and $2::json -> 'operators' @> to_jsonb(oprname)
    union all
    select 'f', amproc
    from pg_catalog.pg_opclass
    join pg_catalog.pg_amproc on amprocfamily = opcfamily
    join pg_catalog.pg_am on pg_am.oid = opcmethod
    where pg_opclass.oid >= 16384 and opcdefault and amname in ('btree', 'hash') and opcintype < 16384
    union all
    select 'f', oid
    from pg_catalog.pg_proc
    where oid >= 16384 and $2::json -> 'functions' @> to_jsonb(proname)
  )
select 1
