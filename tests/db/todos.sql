-- Two contracts over one table, computed fields, parts of parts, and what the table itself refuses.

-- done (v1) and status (v2) agree, whoever writes
begin;
set local role member;
select set_config(
  'request.jwt.claims',
  '{"sub": "a0000000-0001-4000-8000-000000000003", "organization_id": "a0000000-0000-4000-8000-000000000001", "role": "member"}',
  true
);

do $$
declare
  todo uuid;
begin
  insert into v1.todos (project_id, title, done)
  values ('a0000000-0002-4000-8000-000000000001', 'v1', true)
  returning id into todo;
  assert (select status from v2.todos where id = todo) = 'done';

  update v1.todos set done = false where id = todo;
  assert (select status from v2.todos where id = todo) = 'open';

  update v2.todos set status = 'in_progress' where id = todo;
  assert (select not done from v1.todos where id = todo);
  update v1.todos set done = false, title = 'still' where id = todo;
  assert (select status from v2.todos where id = todo) = 'in_progress', 'a todo in progress was reopened';

  update v2.todos set status = 'done' where id = todo;
  assert (select done from v1.todos where id = todo);
  update v1.todos set done = true where id = todo;
  assert (select status from v2.todos where id = todo) = 'done';

  insert into v2.todos (project_id, title, status)
  values ('a0000000-0002-4000-8000-000000000001', 'v2', 'done')
  returning id into todo;
  assert (select done from v1.todos where id = todo);

  insert into v1.todos (project_id, title)
  values ('a0000000-0002-4000-8000-000000000001', 'default')
  returning id into todo;
  assert (select status from v2.todos where id = todo) = 'open';
  assert (select priority from v1.todos where id = todo) = 'normal';
  assert (select organization_id from v1.todos where id = todo) = request.organization_id();

  insert into v1.todos (id, project_id, title, done)
  values (todo, 'a0000000-0002-4000-8000-000000000001', 'upsert', true)
  on conflict (id) do update set title = excluded.title, done = excluded.done;
  assert (select status from v2.todos where id = todo) = 'done';

  assert not exists (select from v1.todos join v2.todos as second using (id) where todos.done <> (second.status = 'done'));
end
$$;
rollback;

-- computed fields
begin;
set local role member;
select set_config(
  'request.jwt.claims',
  '{"sub": "a0000000-0001-4000-8000-000000000003", "organization_id": "a0000000-0000-4000-8000-000000000001", "role": "member"}',
  true
);

do $$
begin
  insert into v1.projects (id, name) values ('a0000000-0002-4000-8000-000000000009', 'New');
  assert (select v1.progress(projects) is null from v1.projects where name = 'New'), 'nothing is a part of nothing';

  insert into v2.todos (project_id, title, status, due_on)
  values
    ('a0000000-0002-4000-8000-000000000009', 'yesterday', 'open', current_date - 1),
    ('a0000000-0002-4000-8000-000000000009', 'yesterday, begun', 'in_progress', current_date - 1),
    ('a0000000-0002-4000-8000-000000000009', 'yesterday, done', 'done', current_date - 1),
    ('a0000000-0002-4000-8000-000000000009', 'today', 'open', current_date),
    ('a0000000-0002-4000-8000-000000000009', 'some day', 'open', null);
  assert (
    select array_agg(todos.title order by todos.title)
    from v1.todos
    where todos.project_id = 'a0000000-0002-4000-8000-000000000009' and v1.overdue(todos)
  ) = array['yesterday', 'yesterday, begun'];
  assert (
    select array_agg(todos.title order by todos.title)
    from v2.todos
    where todos.project_id = 'a0000000-0002-4000-8000-000000000009' and v2.overdue(todos)
  ) = array['yesterday', 'yesterday, begun'];
  assert not exists (select from v1.todos where v1.overdue(todos) is null);
  assert not exists (select from v2.todos where v2.overdue(todos) is null);
  assert (select v1.progress(projects) from v1.projects where name = 'New') = 20;
  assert (select v2.progress(projects) from v2.projects where name = 'New') = 20;
end
$$;
rollback;

-- parts of parts come below what they are parts of, and a circle ends
begin;
set local role member;
select set_config(
  'request.jwt.claims',
  '{"sub": "a0000000-0001-4000-8000-000000000003", "organization_id": "a0000000-0000-4000-8000-000000000001", "role": "member"}',
  true
);

do $$
begin
  insert into v1.todos (id, project_id, parent_id, title)
  values
    ('a0000000-0004-4000-8000-000000001000', 'a0000000-0002-4000-8000-000000000001', null, 'whole'),
    ('a0000000-0004-4000-8000-000000001001', 'a0000000-0002-4000-8000-000000000001', 'a0000000-0004-4000-8000-000000001000', 'b'),
    ('a0000000-0004-4000-8000-000000001002', 'a0000000-0002-4000-8000-000000000001', 'a0000000-0004-4000-8000-000000001000', 'a'),
    ('a0000000-0004-4000-8000-000000001003', 'a0000000-0002-4000-8000-000000000001', 'a0000000-0004-4000-8000-000000001002', 'z');
  assert (
    select array_agg(parts.depth || parts.title) from v1.subtasks('a0000000-0004-4000-8000-000000001000') as parts
  ) = array['1a', '2z', '1b'];
  assert (
    select array_agg(parts.depth || parts.title) from v2.subtasks('a0000000-0004-4000-8000-000000001000') as parts
  ) = array['1a', '2z', '1b'];

  update v1.todos
  set parent_id = 'a0000000-0004-4000-8000-000000001003'
  where id = 'a0000000-0004-4000-8000-000000001000';
  assert (select count(*) from v1.subtasks('a0000000-0004-4000-8000-000000001000')) = 3;

  begin
    update v1.todos set parent_id = id where id = 'a0000000-0004-4000-8000-000000001001';
    assert false, 'a todo is a part of itself';
  exception
    when check_violation then null;
  end;
end
$$;
rollback;

-- a change is dated, and nobody else dates it
begin;
set local role member;
select set_config(
  'request.jwt.claims',
  '{"sub": "a0000000-0001-4000-8000-000000000003", "organization_id": "a0000000-0000-4000-8000-000000000001", "role": "member"}',
  true
);

do $$
begin
  update v2.todos set title = 'touched' where id = 'a0000000-0004-4000-8000-000000000001';
  assert (select updated_at from v1.todos where id = 'a0000000-0004-4000-8000-000000000001') = now();
  assert (select updated_at from v1.todos where id = 'a0000000-0004-4000-8000-000000000002') < now();
  begin
    update v1.todos set updated_at = '2000-01-01' where id = 'a0000000-0004-4000-8000-000000000001';
    assert false, 'a change was dated by hand';
  exception
    when insufficient_privilege then null;
  end;
end
$$;
rollback;
