-- What the current role may use of the schema $1, as one JSON object: the relations with the columns
-- it may use, null for all of them, and the functions with the types of their arguments. With $2,
-- everything there is. Run with `search_path = pg_catalog, pg_temp`: types are qualified then.
with usable as (
  select n.oid
  from pg_namespace n
  where n.nspname = $1::name and ($2::boolean or has_schema_privilege(n.oid, 'USAGE'))
),
relations as (
  select
    c.oid,
    c.relname,
    $2::boolean or has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE') as has_all_columns,
    has_table_privilege(c.oid, 'DELETE') as is_deletable
  from usable u
  join pg_class c on c.relnamespace = u.oid
  where c.relkind in ('r', 'v', 'm', 'f', 'p') and not c.relispartition
)
select json_build_object(
  'relations', (
    select json_object_agg(r.relname, case when not r.has_all_columns then array_to_json(array(
      select a.attname
      from pg_attribute a
      where a.attrelid = r.oid
        and a.attnum > 0
        and not a.attisdropped
        and has_column_privilege(r.oid, a.attnum, 'SELECT, INSERT, UPDATE')
    )) end)
    from relations r
    where r.has_all_columns
      or r.is_deletable
      or has_any_column_privilege(r.oid, 'SELECT, INSERT, UPDATE')
  ),
  'routines', (
    select json_agg(json_build_array(p.proname, array(
      select format_type(t.oid, null)
      from unnest(p.proargtypes::oid[]) with ordinality t (oid, position)
      order by t.position
    )))
    from usable u
    join pg_proc p on p.pronamespace = u.oid
    where p.prokind = 'f' and ($2::boolean or has_function_privilege(p.oid, 'EXECUTE'))
  )
)::text
