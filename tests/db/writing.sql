-- Nothing is written into, moved to, referred to or taken from another organization.
-- Each statement is tried with the own organization first, so that it fails for no other reason.

-- insert
begin;
set local role member;
select set_config(
  'request.jwt.claims',
  '{"sub": "a0000000-0001-4000-8000-000000000001", "organization_id": "a0000000-0000-4000-8000-000000000001", "role": "member"}',
  true
);

do $$
declare
  version text;
  statement text;
begin
  foreach version in array array['v1', 'v2'] loop
    foreach statement in array array[
      'insert into %s.projects (organization_id, name) values (%L, gen_random_uuid())',
      'insert into %s.labels (organization_id, name) values (%L, gen_random_uuid())',
      'insert into %s.todos (organization_id, project_id, title) values (%L, ''a0000000-0002-4000-8000-000000000001'', ''new'')',
      'insert into %s.comments (organization_id, todo_id, body) values (%L, ''a0000000-0004-4000-8000-000000000001'', ''new'')',
      'insert into %s.todo_labels (organization_id, todo_id, label_id)
        values (%L, ''a0000000-0004-4000-8000-000000000200'', ''a0000000-0003-4000-8000-000000000001'')'
    ] loop
      execute format(statement, version, 'a0000000-0000-4000-8000-000000000001');
      delete from v1.todo_labels where todo_id = 'a0000000-0004-4000-8000-000000000200';
      begin
        execute format(statement, version, 'b0000000-0000-4000-8000-000000000001');
        assert false, format('worked: %s', statement);
      exception
        when insufficient_privilege then
          assert sqlerrm like 'new row violates row-level security policy%', sqlerrm;
      end;
    end loop;
  end loop;
end
$$;
rollback;

-- update that moves a row
begin;
set local role member;
select set_config(
  'request.jwt.claims',
  '{"sub": "a0000000-0001-4000-8000-000000000001", "organization_id": "a0000000-0000-4000-8000-000000000001", "role": "member"}',
  true
);

do $$
declare
  version text;
  relation text;
begin
  foreach version in array array['v1', 'v2'] loop
    foreach relation in array array['projects', 'labels', 'todos', 'comments', 'todo_labels'] loop
      execute format('update %s.%s set organization_id = %L', version, relation, 'a0000000-0000-4000-8000-000000000001');
      begin
        execute format('update %s.%s set organization_id = %L', version, relation, 'b0000000-0000-4000-8000-000000000001');
        assert false, format('%s.%s moved', version, relation);
      exception
        when insufficient_privilege then
          assert sqlerrm like 'new row violates row-level security policy%', sqlerrm;
      end;
    end loop;
  end loop;
end
$$;
rollback;

-- insert over an existing row (on conflict): refused, or nothing
begin;
set local role member;
select set_config(
  'request.jwt.claims',
  '{"sub": "a0000000-0001-4000-8000-000000000001", "organization_id": "a0000000-0000-4000-8000-000000000001", "role": "member"}',
  true
);

do $$
declare
  version text;
  statement text;
  affected bigint;
begin
  foreach version in array array['v1', 'v2'] loop
    foreach statement in array array[
      'insert into %s.projects (id, name) values (''%s0000000-0002-4000-8000-000000000001'', ''mine'')
        on conflict (id) do update set id = excluded.id, name = excluded.name',
      'insert into %s.labels (id, name) values (''%s0000000-0003-4000-8000-000000000001'', ''mine'')
        on conflict (id) do update set id = excluded.id, name = excluded.name',
      'insert into %s.todos (id, project_id, title)
        values (''%s0000000-0004-4000-8000-000000000001'', ''a0000000-0002-4000-8000-000000000001'', ''mine'')
        on conflict (id) do update set id = excluded.id, title = excluded.title',
      'insert into %s.comments (id, todo_id, body)
        values (''%s0000000-0005-4000-8000-000000000001'', ''a0000000-0004-4000-8000-000000000001'', ''mine'')
        on conflict (id) do update set id = excluded.id, body = excluded.body',
      'insert into %s.todo_labels (organization_id, todo_id, label_id)
        values (
          ''%s0000000-0000-4000-8000-000000000001'',
          ''a0000000-0004-4000-8000-000000000001'',
          ''a0000000-0003-4000-8000-000000000001''
        )
        on conflict (organization_id, todo_id, label_id) do update set label_id = excluded.label_id'
    ] loop
      execute format(statement, version, 'a');
      get diagnostics affected = row_count;
      assert affected = 1, format('%s rows: %s', affected, statement);
      begin
        execute format(statement, version, 'b');
        assert false, format('worked: %s', statement);
      exception
        when insufficient_privilege then
          assert sqlerrm like 'new row violates row-level security policy%', sqlerrm;
      end;

      if statement not like '%todo_labels%' then
        execute format(regexp_replace(statement, 'do update.*', 'do nothing'), version, 'b');
        get diagnostics affected = row_count;
        assert affected = 0, format('%s rows: %s', affected, statement);
      end if;
    end loop;
  end loop;
end
$$;

reset role;

do $$
begin
  assert (select name from app.projects where id = 'b0000000-0002-4000-8000-000000000001') = 'Weather machine';
  assert (select name from app.labels where id = 'b0000000-0003-4000-8000-000000000001') = 'bug';
  assert (select title from app.todos where id = 'b0000000-0004-4000-8000-000000000001') = 'Paint the satellite (1)';
  assert (select body from app.comments where id = 'b0000000-0005-4000-8000-000000000001') <> 'mine';
end
$$;
rollback;

-- the same name in two organizations is no conflict, so it tells nothing
begin;
set local role member;
select set_config(
  'request.jwt.claims',
  '{"sub": "a0000000-0001-4000-8000-000000000001", "organization_id": "a0000000-0000-4000-8000-000000000001", "role": "member"}',
  true
);

do $$
begin
  insert into v1.projects (name) values ('Weather machine');
  begin
    insert into v1.projects (name) values ('Moon rocket');
    assert false, 'two projects of an organization have one name';
  exception
    when unique_violation then null;
  end;
end
$$;
rollback;

-- composite foreign keys: a row of another organization cannot be referred to, and looks like one that does not exist
begin;
set local role member;
select set_config(
  'request.jwt.claims',
  '{"sub": "a0000000-0001-4000-8000-000000000001", "organization_id": "a0000000-0000-4000-8000-000000000001", "role": "member"}',
  true
);

do $$
declare
  version text;
  statement text;
  foreign_row text;
  message text;
  messages text[];
begin
  foreach version in array array['v1', 'v2'] loop
    foreach statement in array array[
      'insert into %s.todos (project_id, title) values (''%s0000000-0002-4000-8000-000000000001'', ''new'')',
      'update %s.todos set project_id = ''%s0000000-0002-4000-8000-000000000001'' where id = ''a0000000-0004-4000-8000-000000000009''',
      'update %s.todos set parent_id = ''%s0000000-0004-4000-8000-000000000001'' where id = ''a0000000-0004-4000-8000-000000000009''',
      'update %s.todos set assignee_id = ''%s0000000-0001-4000-8000-000000000001'' where id = ''a0000000-0004-4000-8000-000000000009''',
      'insert into %s.comments (todo_id, body) values (''%s0000000-0004-4000-8000-000000000001'', ''new'')',
      'update %s.comments set todo_id = ''%s0000000-0004-4000-8000-000000000001'' where id = ''a0000000-0005-4000-8000-000000000001''',
      'update %s.todo_labels set todo_id = ''%s0000000-0004-4000-8000-000000000170''
        where label_id = ''a0000000-0003-4000-8000-000000000001''
          and todo_id in (''a0000000-0004-4000-8000-000000000001'', ''a0000000-0004-4000-8000-000000000170'')',
      'update %s.todo_labels set label_id = ''%s0000000-0003-4000-8000-000000000007''
        where todo_id = ''a0000000-0004-4000-8000-000000000009''
          and label_id in (''a0000000-0003-4000-8000-000000000001'', ''a0000000-0003-4000-8000-000000000007'')'
    ] loop
      execute format(statement, version, 'a');
      messages := array[]::text[];
      foreach foreign_row in array array['b', 'd'] loop -- another organization's, nobody's
        begin
          execute format(statement, version, foreign_row);
          assert false, format('worked: %s', statement);
        exception
          when foreign_key_violation then
            get stacked diagnostics message = pg_exception_detail;
            messages := messages || (sqlerrm || replace(message, foreign_row || '0000000-', ''));
        end;
      end loop;
      assert messages[1] = messages[2], format('tells rows apart: %s', messages);
    end loop;
  end loop;
end
$$;
rollback;

-- update and delete reach the own rows and no others
begin;
set local role member;
select set_config(
  'request.jwt.claims',
  '{"sub": "a0000000-0001-4000-8000-000000000001", "organization_id": "a0000000-0000-4000-8000-000000000001", "role": "member"}',
  true
);

do $$
declare
  affected bigint;
begin
  update v1.todos set title = 'taken';
  get diagnostics affected = row_count;
  assert affected = 240, format('%s todos updated', affected);
  update v2.projects set description = 'taken';
  get diagnostics affected = row_count;
  assert affected = 6, format('%s projects updated', affected);
  update v1.labels set color = '#000000';
  update v2.comments set body = 'taken';
  update v1.me set name = 'taken';
  update v2.organizations set name = 'taken';
  update v1.memberships set role = 'owner';
  update v1.todos set title = 'taken' where organization_id = 'b0000000-0000-4000-8000-000000000001';
  get diagnostics affected = row_count;
  assert affected = 0, format('%s todos of another organization updated', affected);

  delete from v1.todo_labels;
  delete from v2.comments;
  delete from v1.invitations;
  delete from v2.todos;
  delete from v1.labels;
  delete from v2.projects;
  delete from v1.memberships where user_id <> request.user_id();
end
$$;

reset role;

do $$
declare
  taken text;
  rows bigint;
begin
  foreach taken in array array[
    'app.todos where title = ''taken''',
    'app.projects where description = ''taken''',
    'app.labels where color = ''#000000''',
    'app.comments where body = ''taken''',
    'app.users where name = ''taken'' and id <> ''a0000000-0001-4000-8000-000000000001''',
    'app.organizations where name = ''taken'' and id <> ''a0000000-0000-4000-8000-000000000001''',
    'app.memberships where role = ''owner'' and user_id::text like ''b%'' and user_id <> ''b0000000-0001-4000-8000-000000000001'''
  ] loop
    execute format('select count(*) from %s', taken) into rows;
    assert rows = 0, format('%s: %s rows', taken, rows);
  end loop;
end
$$;

do $$
begin
  assert (select array_agg(distinct organization_id) from app.todos) = array['b0000000-0000-4000-8000-000000000001']::uuid[];
  assert (select count(*) from app.todos) = 240;
  assert (select count(*) from app.projects) = 6;
  assert (select count(*) from app.labels) = 8;
  assert (select count(*) from app.todo_labels) = 320;
  assert (select count(*) from app.comments) = 200;
  assert (select count(*) from app.invitations) = 3;
  assert (select count(*) from app.memberships) = 5;
end
$$;
rollback;
