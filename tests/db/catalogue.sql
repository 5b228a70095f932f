-- What keeps tenants apart is there for every table, view and function, also for those added later.

begin;

do $$
declare
  name text;
begin
  for name in
    select oid::regclass from pg_class
    where relkind in ('r', 'p') and relnamespace = 'app'::regnamespace and not relrowsecurity
  loop
    assert false, format('%s has no row level security', name);
  end loop;

  for name in
    select oid::regclass from pg_class
    where relkind in ('r', 'p') and relnamespace = 'app'::regnamespace and not relforcerowsecurity
      and oid not in (
        'app.users'::regclass, 'app.organizations'::regclass, 'app.memberships'::regclass, 'app.invitations'::regclass
      )
  loop
    assert false, format('row level security of %s is not forced: its owner sees every tenant', name);
  end loop;

  for name in
    select oid::regclass from pg_class
    where relkind in ('r', 'p') and relnamespace = 'app'::regnamespace
      and not exists (select from pg_policy where polrelid = pg_class.oid and polpermissive)
  loop
    assert false, format('%s has no policy', name);
  end loop;

  for name in
    select polrelid::regclass || ' ' || polname from pg_policy
    where polcmd in ('*', 'w') and (polqual is null or polwithcheck is null)
  loop
    assert false, format('policy %s needs both using and with check', name);
  end loop;

  -- a function call outside of (select …) is evaluated once a row
  for name in
    select polrelid::regclass || ' ' || polname
    from pg_policy
    cross join lateral (
      values (pg_get_expr(polqual, polrelid)), (pg_get_expr(polwithcheck, polrelid))
    ) as conditions (condition)
    where regexp_replace(condition, 'SELECT request\.\w+\(\)', '', 'g') like '%request.%'
  loop
    assert false, format('policy %s calls a function without (select …)', name);
  end loop;

  for name in
    select oid::regclass from pg_class
    where relkind = 'v' and relnamespace in ('v1'::regnamespace, 'v2'::regnamespace)
      and not coalesce(reloptions @> array['security_invoker=true'], false)
  loop
    assert false, format('view %s is not security_invoker: its owner''s rights apply', name);
  end loop;

  for name in
    select oid::regclass from pg_class
    where relkind <> 'v' and relnamespace in ('v1'::regnamespace, 'v2'::regnamespace) and relkind <> 'c'
  loop
    assert false, format('%s is exposed and is no view', name);
  end loop;

  for name in
    select oid::regprocedure from pg_proc
    where prosecdef
      and pronamespace in (
        'app'::regnamespace, 'private'::regnamespace, 'request'::regnamespace, 'v1'::regnamespace, 'v2'::regnamespace
      )
      and not coalesce(proconfig @> array['search_path=""'], false)
  loop
    assert false, format('security definer function %s has no empty search_path', name);
  end loop;

  for name in
    select oid::regprocedure from pg_proc
    where prosecdef and pronamespace in ('v1'::regnamespace, 'v2'::regnamespace)
  loop
    assert false, format('%s is exposed and runs with its owner''s rights', name);
  end loop;

  for name in
    select oid::regprocedure from pg_proc
    where pronamespace in (
        'app'::regnamespace, 'private'::regnamespace, 'request'::regnamespace, 'v1'::regnamespace, 'v2'::regnamespace
      )
      and exists (
        select from aclexplode(coalesce(proacl, acldefault('f', proowner))) where grantee = 0
      )
  loop
    assert false, format('anybody may execute %s', name);
  end loop;

  for name in
    select oid::regclass from pg_class
    where relkind = 'v' and relnamespace in ('v1'::regnamespace, 'v2'::regnamespace)
      and obj_description(oid, 'pg_class') is null
  loop
    assert false, format('view %s has no comment', name);
  end loop;

  for name in
    select oid::regprocedure from pg_proc
    where pronamespace in ('v1'::regnamespace, 'v2'::regnamespace, 'private'::regnamespace, 'request'::regnamespace)
      and obj_description(oid, 'pg_proc') is null
  loop
    assert false, format('function %s has no comment', name);
  end loop;

  -- references between tables of a tenant carry the tenant
  for name in
    select conrelid::regclass || ' ' || conname from pg_constraint
    where contype = 'f' and connamespace = 'app'::regnamespace
      and confrelid not in ('app.organizations'::regclass, 'app.users'::regclass)
      and not exists (
        select from pg_attribute
        where attrelid = conrelid and attnum = conkey[1] and attname = 'organization_id'
      )
  loop
    assert false, format('foreign key %s does not begin with organization_id', name);
  end loop;

  -- an index for every foreign key, or deleting what it refers to reads whole tables
  for name in
    select conrelid::regclass || ' ' || conname from pg_constraint
    where contype = 'f' and connamespace = 'app'::regnamespace
      and not exists (
        select from pg_index
        where indrelid = conrelid and indpred is null
          and (indkey::int2[])[0:cardinality(conkey) - 1] @> conkey
      )
  loop
    assert false, format('foreign key %s has no index', name);
  end loop;
end
$$;
rollback;
