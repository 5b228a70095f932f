-- Who is nobody, or nobody here, sees nothing and changes nothing.

-- anonymous: no view, and no function but about
begin;
set local role anonymous;
select set_config('request.jwt.claims', '', true);

do $$
declare
  relation regclass;
  privilege text;
  routine regprocedure;
begin
  for relation in
    select oid
    from pg_class
    where relkind in ('r', 'p', 'v', 'm', 'f', 'S')
      and relnamespace in ('app'::regnamespace, 'private'::regnamespace, 'v1'::regnamespace, 'v2'::regnamespace)
  loop
    foreach privilege in array array['select', 'insert', 'update', 'references'] loop
      assert not has_any_column_privilege(relation, privilege), format('anonymous may %s %s', privilege, relation);
    end loop;
    assert not has_table_privilege(relation, 'delete, truncate, trigger'), format('anonymous may delete from %s', relation);
  end loop;

  for routine in
    select oid
    from pg_proc
    where pronamespace in ('app'::regnamespace, 'private'::regnamespace, 'v1'::regnamespace, 'v2'::regnamespace)
      and oid <> all (array['v1.about()', 'v2.about()']::regprocedure[])
  loop
    assert not has_function_privilege(routine, 'execute'), format('anonymous may call %s', routine);
  end loop;

  assert v1.about() ->> 'name' = 'Todos for teams';
  assert v2.about()::text = v1.about()::text;
  assert not has_schema_privilege('app', 'usage'), 'anonymous may look into app';
end
$$;

do $$
begin
  perform from v1.todos;
  assert false, 'anonymous reads todos';
exception
  when insufficient_privilege then null;
end
$$;

do $$
begin
  perform v1.found_organization('Mine');
  assert false, 'anonymous founds an organization';
exception
  when insufficient_privilege then null;
end
$$;
rollback;

-- a member without claims, of no organization, or with the name of somebody else's organization
begin;
set local role member;

do $$
declare
  claims text;
  relation regclass;
  seen bigint;
begin
  foreach claims in array array[
    '',
    '{"role": "member"}',
    '{"sub": "a0000000-0001-4000-8000-000000000001", "role": "member"}',
    '{"organization_id": "a0000000-0000-4000-8000-000000000001", "role": "member"}',
    '{"sub": "c0000000-0001-4000-8000-000000000001", "role": "member"}',
    '{"sub": "c0000000-0001-4000-8000-000000000001", "organization_id": "a0000000-0000-4000-8000-000000000001", "role": "member"}',
    '{"sub": "b0000000-0001-4000-8000-000000000001", "organization_id": "a0000000-0000-4000-8000-000000000001", "role": "member"}',
    '{"sub": "d0000000-0001-4000-8000-000000000001", "organization_id": "d0000000-0000-4000-8000-000000000001", "role": "member"}'
  ] loop
    perform set_config('request.jwt.claims', claims, true);
    for relation in
      select oid
      from pg_class
      where relkind = 'v' and relnamespace in ('v1'::regnamespace, 'v2'::regnamespace) and relname <> 'me'
    loop
      execute format('select count(*) from %s', relation) into seen;
      assert seen = 0, format('%s shows %s rows to %s', relation, seen, claims);
    end loop;
    assert (select count(*) from v1.me where id is distinct from request.user_id()) = 0;
    assert (select count(*) from v2.me where organization_id is not null or role is not null) = 0;
    assert (select count(*) from v1.search('invoice')) = 0, format('v1.search finds for %s', claims);
    assert (select count(*) from v2.search('invoice')) = 0, format('v2.search finds for %s', claims);
    assert (select count(*) from v1.project_report()) = 0, format('v1.project_report reports to %s', claims);
    assert (select count(*) from v2.project_report()) = 0, format('v2.project_report reports to %s', claims);
    assert (select count(*) from v1.subtasks('a0000000-0004-4000-8000-000000000001')) = 0;
    assert (select count(*) from v2.subtasks('a0000000-0004-4000-8000-000000000001')) = 0;

    begin
      insert into v1.labels (organization_id, name) values ('a0000000-0000-4000-8000-000000000001', 'new');
      assert false, format('inserted for %s', claims);
    exception
      when insufficient_privilege then null;
    end;

    begin
      insert into v2.labels (name) values ('new');
      assert false, format('inserted for %s', claims);
    exception
      when insufficient_privilege or not_null_violation then null;
    end;

    begin
      perform v1.invite('somebody@example.com');
      assert false, format('invited for %s', claims);
    exception
      when insufficient_privilege or not_null_violation then null;
    end;
  end loop;
end
$$;
rollback;

-- a member sees tables and private functions only as far as views and functions need them
begin;
set local role member;

do $$
begin
  assert not has_column_privilege('app.invitations', 'token_hash', 'select'), 'hashes of tokens can be read';
  assert not has_any_column_privilege('app.users', 'insert'), 'users can be made up';
  assert not has_any_column_privilege('app.organizations', 'insert'), 'organizations can be made up';
  assert not has_any_column_privilege('app.memberships', 'insert'), 'memberships can be made up';
  assert not has_any_column_privilege('app.invitations', 'update'), 'invitations can be changed';
  assert not has_table_privilege('app.organizations', 'delete');
  assert not has_column_privilege('app.users', 'email', 'update'), 'an address is what the token says';
  assert not has_column_privilege('app.todos', 'created_at', 'insert');
  assert not has_column_privilege('app.comments', 'created_at', 'update');
  assert not has_function_privilege('private.remember_user()', 'execute');
  assert not has_function_privilege('private.touch()', 'execute');
  assert not has_schema_privilege('app', 'create');
  assert not has_schema_privilege('v1', 'create');
  assert not has_schema_privilege('v2', 'create');
  assert not has_schema_privilege('request', 'create');
  assert not has_schema_privilege('private', 'create');
end
$$;
rollback;

-- the authenticator may become anonymous or member, and is nothing by itself
begin;

do $$
begin
  assert (
    select array_agg(pg_get_userbyid(roleid)::text order by pg_get_userbyid(roleid))
    from pg_auth_members
    where pg_get_userbyid(member) = 'authenticator'
  ) = array['anonymous', 'member'];
  assert not (
    select rolsuper or rolbypassrls or rolinherit or rolcreaterole or rolcreatedb or rolreplication
    from pg_roles
    where rolname = 'authenticator'
  );
  assert not exists (
    select
    from pg_roles
    where rolname in ('anonymous', 'member') and (rolsuper or rolbypassrls or rolcanlogin or rolcreaterole or rolcreatedb)
  );
  assert not has_schema_privilege('authenticator', 'v1', 'usage');
  assert not has_table_privilege('authenticator', 'app.todos', 'select');
end
$$;
rollback;
