-- What of row level security is open in what the exposed schemas ($1) lead to: see lint.py
with recursive
reads as ( -- a view and what its query names
  select distinct pg_rewrite.ev_class as view, pg_depend.refobjid as relation
  from pg_rewrite
  join pg_depend
    on pg_depend.classid = 'pg_rewrite'::regclass
    and pg_depend.objid = pg_rewrite.oid
    and pg_depend.refclassid = 'pg_class'::regclass
    and pg_depend.refobjid <> pg_rewrite.ev_class
),
below as ( -- and what is beneath that
  select view, relation from reads
  union
  select below.view, reads.relation from below join reads on reads.view = below.relation
),
exposed as (
  select pg_class.oid
  from pg_class
  join pg_namespace on pg_namespace.oid = pg_class.relnamespace
  where pg_namespace.nspname = any($1::name[]) and pg_class.relkind in ('r', 'p', 'v', 'm', 'f')
),
reached as (
  select oid from exposed
  union
  select below.relation from below join exposed on exposed.oid = below.view
),
relations as (
  select
    pg_class.oid,
    pg_namespace.nspname as schema,
    pg_class.relname as name,
    pg_class.relkind as kind,
    pg_class.relrowsecurity as has_row_security,
    exists (
      select
      from pg_options_to_table(pg_class.reloptions)
      where option_name = 'security_invoker' and option_value in ('true', 'on', 'yes', '1', 't', 'y')
    ) as is_invoker,
    exists (
      select from aclexplode(pg_class.relacl) where grantee <> pg_class.relowner
      union all
      select
      from pg_attribute, aclexplode(pg_attribute.attacl)
      where pg_attribute.attrelid = pg_class.oid and grantee <> pg_class.relowner
    ) as is_granted,
    exists (
      select
      from below
      join pg_class as beneath on beneath.oid = below.relation
      where below.view = pg_class.oid and beneath.relrowsecurity
    ) as shows_row_security
  from pg_class
  join pg_namespace on pg_namespace.oid = pg_class.relnamespace
  where pg_class.oid in (select oid from reached)
    and not pg_class.relispartition
    and pg_namespace.nspname not in ('pg_catalog', 'information_schema')
),
policies as (
  select
    pg_namespace.nspname as schema,
    pg_policy.polname as name,
    pg_class.relname as relation,
    pg_policy.polcmd as command,
    pg_policy.polpermissive as is_permissive,
    pg_get_expr(pg_policy.polqual, pg_policy.polrelid) as visible,
    pg_get_expr(pg_policy.polwithcheck, pg_policy.polrelid) as allowed,
    pg_class.relrowsecurity as is_on
  from pg_policy
  join pg_class on pg_class.oid = pg_policy.polrelid
  join pg_namespace on pg_namespace.oid = pg_class.relnamespace
),
routines as (
  select
    pg_namespace.nspname as schema,
    format('%s(%s)', pg_proc.proname, pg_get_function_identity_arguments(pg_proc.oid)) as name,
    coalesce(array_to_string(pg_proc.proconfig, ','), '') ~ '(^|,)search_path=' as has_search_path,
    exists (
      select
      from aclexplode(coalesce(pg_proc.proacl, acldefault('f', pg_proc.proowner)))
      where grantee = 0
    ) as is_for_everyone
  from pg_proc
  join pg_namespace on pg_namespace.oid = pg_proc.pronamespace
  where pg_proc.prosecdef
    and pg_proc.prorettype not in ('trigger'::regtype, 'event_trigger'::regtype)
    and pg_namespace.nspname not in ('pg_catalog', 'information_schema')
    and not exists (
      select
      from pg_depend
      where pg_depend.classid = 'pg_proc'::regclass
        and pg_depend.objid = pg_proc.oid
        and pg_depend.deptype = 'e'
    )
)
select 'table_without_row_security' as rule, format('%s.%s', schema, name) as subject
from relations
where kind in ('r', 'p') and not has_row_security and is_granted
union all
select 'foreign_table_exposed', format('%s.%s', schema, name)
from relations
where kind = 'f' and is_granted
union all
select 'view_without_security_invoker', format('%s.%s', schema, name)
from relations
where kind = 'v' and not is_invoker and shows_row_security
union all
select 'materialized_view_exposed', format('%s.%s', schema, name)
from relations
where kind = 'm' and shows_row_security and is_granted
union all
select 'policy_without_row_security', format('%s on %s.%s', name, schema, relation)
from policies
where not is_on
union all
select 'policy_without_check', format('%s on %s.%s', name, schema, relation)
from policies
where is_on and is_permissive and command in ('*', 'w') and allowed is null
union all
select 'policy_lets_everything_through', format('%s on %s.%s', name, schema, relation)
from policies
where is_on and is_permissive and command <> 'r' and 'true' in (visible, allowed)
union all
select 'security_definer_without_search_path', format('%s.%s', schema, name)
from routines
where not has_search_path
union all
select 'security_definer_for_everyone', format('%s.%s', schema, name)
from routines
where is_for_everyone
order by 1, 2
