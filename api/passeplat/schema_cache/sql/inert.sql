-- Whether what is done to the relations $1 (JSON: [[schema, name, event], …]) runs only code that
-- cannot change its session: built-in functions that are not volatile, and SQL functions with a parsed
-- body that calls no others. What is not understood counts as able to. $2, $3: the functions and
-- operators our own SQL names (JSON arrays), which others of the same name might be taken for.
--
-- An event is `relation`, a read, or what is written: `insert`, `update`, `delete`. $4: something is.
-- Then sequences may advance, and every relation is asked for what only runs if rows are stored, or
-- only where the planner looks: whatever runs there runs for a write in any case.
--
-- A stored expression names what it uses by OID, and objects of the initial database have OIDs below
-- 16384: every larger number in it is taken for an OID, of whatever kinds of thing have it.
with recursive
  asked as (
    select relation ->> 2 as kind, pg_class.oid
    from pg_catalog.json_array_elements($1::json) as relation
    join pg_catalog.pg_namespace on nspname = relation ->> 0
    join pg_catalog.pg_class on relnamespace = pg_namespace.oid and relname = relation ->> 1
  ),
  reached (kind, oid) as (
    select kind, oid from asked
    union
    select 'function', castfunc
    from pg_catalog.pg_cast
    where oid >= 16384 and castfunc <> 0 and castsource < 16384 and casttarget < 16384
    union
    select 'operator', oid
    from pg_catalog.pg_operator
    where oid >= 16384 and oprleft < 16384 and oprright < 16384 and $3::jsonb ? oprname::text
    union
    select 'function', amproc::oid
    from pg_catalog.pg_opclass
    join pg_catalog.pg_amproc on amprocfamily = opcfamily
    join pg_catalog.pg_am on pg_am.oid = opcmethod
    where pg_opclass.oid >= 16384 and opcdefault and opcintype < 16384
      and amname in ('btree', 'hash')
    union
    select 'function', oid
    from pg_catalog.pg_proc
    where oid >= 16384 and $2::jsonb ? proname::text
    union
    select 'function', amproc::oid
    from pg_catalog.pg_amproc
    where $4 and oid >= 16384 and amprocfamily < 16384
      and amproclefttype < 16384 and amprocrighttype < 16384
    union
    select 'operator', amopopr
    from pg_catalog.pg_amop
    where $4 and oid >= 16384 and amopfamily < 16384
      and amoplefttype < 16384 and amoprighttype < 16384
    union
    select 'type', own.oid
    from pg_catalog.pg_type as own
    join pg_catalog.pg_type as built_in using (typname)
    where $4 and own.oid >= 16384
      and built_in.typnamespace = 'pg_catalog'::regnamespace
    union
    select next.kind, next.oid
    from reached
    cross join lateral (
      with
        trees as (
          select ev_action::text as tree
          from pg_catalog.pg_rewrite
          where kind in ('relation', 'insert', 'update', 'delete')
            and ev_class = reached.oid and ev_type = '1'
          union all
          select polqual::text
          from pg_catalog.pg_policy
          join pg_catalog.pg_class on pg_class.oid = polrelid
          where kind = 'relation' and polrelid = reached.oid and relrowsecurity
          union all
          select adbin::text
          from pg_catalog.pg_attrdef
          join pg_catalog.pg_attribute on attrelid = adrelid and attnum = adnum
          where kind = 'relation' and adrelid = reached.oid and attgenerated <> ''
          union all
          select conbin::text
          from pg_catalog.pg_constraint
          where kind = 'type' and contypid = reached.oid
          union all
          select polwithcheck::text
          from pg_catalog.pg_policy
          where $4 and kind = 'relation' and polrelid = reached.oid
          union all
          select adbin::text
          from pg_catalog.pg_attrdef
          where kind in ('insert', 'update', 'delete') and adrelid = reached.oid
          union all
          select conbin::text
          from pg_catalog.pg_constraint
          where $4 and kind = 'relation' and conrelid = reached.oid
          union all
          select concat(indexprs::text, indpred::text)
          from pg_catalog.pg_index
          where $4 and kind = 'relation' and indrelid = reached.oid
          union all
          select stxexprs::text
          from pg_catalog.pg_statistic_ext
          where $4 and kind = 'relation' and stxrelid = reached.oid
          union all
          select partexprs::text
          from pg_catalog.pg_partitioned_table
          where $4 and kind = 'relation' and partrelid = reached.oid
          union all
          select typdefaultbin::text
          from pg_catalog.pg_type
          where $4 and kind = 'type' and pg_type.oid = reached.oid
          union all
          select concat(prosqlbody::text, proargdefaults::text)
          from pg_catalog.pg_proc
          where kind = 'function' and pg_proc.oid = reached.oid and reached.oid >= 16384
        ),
        numbers as (
          select distinct found[1]::bigint::oid as oid
          from trees
          cross join pg_catalog.regexp_matches(tree, '\m(\d{5,10})\M', 'g') as found
          where found[1]::bigint between 16384 and 4294967295
          union
          select atttypid
          from pg_catalog.pg_attribute
          where kind = 'relation' and attrelid = reached.oid and attnum > 0 and not attisdropped
            and atttypid >= 16384
          union
          select pg_catalog.unnest(prorettype || coalesce(proallargtypes, proargtypes::oid[]))
          from pg_catalog.pg_proc
          where kind = 'function' and pg_proc.oid = reached.oid and reached.oid >= 16384
        )
      select 'relation' as kind, pg_class.oid from pg_catalog.pg_class join numbers using (oid)
      union all
      select 'function', pg_proc.oid from pg_catalog.pg_proc join numbers using (oid)
      union all
      select 'operator', pg_operator.oid from pg_catalog.pg_operator join numbers using (oid)
      union all
      select 'type', oid from numbers
      union all
      select 'function', found[1]::bigint::oid
      from trees
      cross join pg_catalog.regexp_matches(tree, ':funcid (\d+)', 'g') as found
      union all
      select 'unknown', 0::oid
      from trees
      where tree ~ ':commandType (?!1)|:utilityStmt (?!<>)|NEXTVALUEEXPR'
      union all
      select 'relation', inhrelid
      from pg_catalog.pg_inherits
      where kind = 'relation' and inhparent = reached.oid
      union all
      select 'relation', reached.oid
      where kind in ('insert', 'update', 'delete')
      union all
      -- A view passes on what is done to it
      select kind, pg_class.oid
      from pg_catalog.pg_class
      join numbers using (oid)
      where kind in ('insert', 'update', 'delete') and relkind in ('r', 'p', 'v')
      union all
      select kind, case reached.oid when inhparent then inhrelid else inhparent end
      from pg_catalog.pg_inherits
      where kind in ('insert', 'update', 'delete') and reached.oid in (inhparent, inhrelid)
      union all
      -- An update may move a row to another partition
      select moved, reached.oid
      from pg_catalog.pg_class
      cross join (values ('insert'), ('delete')) as event (moved)
      where kind = 'update' and pg_class.oid = reached.oid and (relkind = 'p' or relispartition)
      union all
      select 'relation', case reached.oid when conrelid then confrelid else conrelid end
      from pg_catalog.pg_constraint
      where contype = 'f' and (
        kind in ('insert', 'update') and conrelid = reached.oid
        or kind in ('update', 'delete') and confrelid = reached.oid
      )
      union all
      select 'delete', conrelid
      from pg_catalog.pg_constraint
      where kind = 'delete' and confrelid = reached.oid and confdeltype not in ('a', 'r', 'n', 'd')
      union all
      select 'update', conrelid
      from pg_catalog.pg_constraint
      where confrelid = reached.oid and (
        kind = 'delete' and confdeltype not in ('a', 'r', 'c')
        or kind = 'update' and confupdtype not in ('a', 'r')
      )
      union all
      select 'operator', pg_catalog.unnest(conpfeqop || conppeqop || conffeqop || conexclop)
      from pg_catalog.pg_constraint
      where $4 and kind = 'relation' and reached.oid in (conrelid, confrelid)
      union all
      select 'unknown', 0
      from pg_catalog.pg_rewrite
      where kind in ('insert', 'update', 'delete') and ev_class = reached.oid and ev_type <> '1'
      union all
      select 'unknown', 0
      from pg_catalog.pg_trigger
      where tgrelid = reached.oid and (not tgisinternal or tgfoid >= 16384) and tgtype & (
        case kind when 'insert' then 4 when 'delete' then 8 when 'update' then 16 else 0 end
      ) <> 0
      union all
      select 'unknown', 0
      from pg_catalog.pg_index
      join pg_catalog.pg_class on pg_class.oid = indexrelid
      where $4 and kind = 'relation' and indrelid = reached.oid
        and (16384 <= any (indclass::oid[]) or relam >= 16384)
      union all
      select 'unknown', 0
      from pg_catalog.pg_partitioned_table
      where $4 and kind = 'relation' and partrelid = reached.oid
        and 16384 <= any (partclass::oid[])
      union all
      select 'function', pg_catalog.unnest(array[oprcode, oprrest, oprjoin])::oid
      from pg_catalog.pg_operator
      where kind = 'operator' and pg_operator.oid = reached.oid
      union all
      select 'type', pg_catalog.unnest(array[typbasetype, typelem])
      from pg_catalog.pg_type
      where kind = 'type' and pg_type.oid = reached.oid
      union all
      select 'type', rngsubtype
      from pg_catalog.pg_range
      where kind = 'type' and rngtypid = reached.oid
      union all
      select 'type', atttypid
      from pg_catalog.pg_type
      join pg_catalog.pg_attribute on attrelid = typrelid
      where kind = 'type' and pg_type.oid = reached.oid and typtype = 'c' and attnum > 0
        and not attisdropped
      union all
      select 'function', castfunc
      from pg_catalog.pg_cast
      where kind = 'type' and reached.oid >= 16384 and reached.oid in (castsource, casttarget)
        and castfunc <> 0
      union all
      select 'operator', pg_operator.oid
      from pg_catalog.pg_operator
      where kind = 'type' and reached.oid >= 16384 and reached.oid in (oprleft, oprright)
      union all
      select 'function', amproc::oid
      from pg_catalog.pg_amproc
      where kind = 'type' and reached.oid >= 16384
        and reached.oid in (amproclefttype, amprocrighttype)
    ) as next
    where next.oid <> 0 or next.kind = 'unknown'
  )
select (
  (select count(*) from asked) = pg_catalog.json_array_length($1::json)
  and not exists (
    select
    from reached
    left join pg_catalog.pg_class
      on kind in ('relation', 'insert', 'update', 'delete') and pg_class.oid = reached.oid
    left join pg_catalog.pg_proc on kind = 'function' and pg_proc.oid = reached.oid
    left join pg_catalog.pg_language on pg_language.oid = prolang
    left join pg_catalog.pg_type on kind = 'type' and pg_type.oid = reached.oid
    left join pg_catalog.pg_range on rngtypid = pg_type.oid
    where kind = 'unknown'
      or relkind = 'f'
      or $4 and (relpersistence = 't' or relam >= 16384)
      or kind in ('insert', 'update', 'delete')
        and (relkind not in ('r', 'p', 'v') or reached.oid < 16384)
      or pg_proc.oid < 16384 and (
        provolatile = 'v'
        and proname not in ('random', 'gen_random_uuid', 'uuidv4', 'uuidv7', 'clock_timestamp')
        and not ($4 and proname = 'nextval')
        or proname ~ '_to_xml|^ts_rewrite$|^ts_stat$|^pg_input_'
      )
      or pg_proc.oid >= 16384
        and (prokind <> 'f' or lanname <> 'sql' or prosqlbody is null)
      or pg_type.oid >= 16384 and not (
        typtype in ('e', 'd', 'c')
        or typtype = 'b' and typsubscript = 'pg_catalog.array_subscript_handler'::regproc
        or typtype = 'r' and rngsubopc < 16384 and rngcanonical::oid = 0
          and rngsubdiff::oid < 16384
      )
  )
)::text
