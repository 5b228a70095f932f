-- The report counts what is there; completing a project closes its todos and says so.

begin;
set local role member;
select set_config(
  'request.jwt.claims',
  '{"sub": "b0000000-0001-4000-8000-000000000003", "organization_id": "b0000000-0000-4000-8000-000000000001", "role": "member"}',
  true
);

do $$
declare
  first record;
  second record;
begin
  select sum(open) as open, sum(done) as done, sum(overdue) as overdue, count(*) as projects
  into first
  from v1.project_report('2026-06-01');
  assert first.open + first.done = 240, format('%s', first);
  assert first.done = (select count(*) from v1.todos where done);
  assert first.overdue = (select count(*) from v1.todos where not done and due_on < '2026-06-01');
  assert first.overdue between 1 and 143, format('%s', first);
  assert first.projects = 6;

  select sum(open) as open, sum(in_progress) as in_progress, sum(done) as done, sum(overdue) as overdue
  into second
  from v2.project_report('2026-06-01');
  assert second.open + second.in_progress = first.open;
  assert second.done = first.done;
  assert second.overdue = first.overdue;
  assert (select sum(overdue) from v1.project_report('2000-01-01')) = 0;

  insert into v1.projects (name) values ('Empty');
  select * into first from v1.project_report() where project = 'Empty';
  assert (first.open, first.done, first.overdue) = (0::bigint, 0::bigint, 0::bigint), format('%s', first);
end
$$;
rollback;

begin;
set local role member;
select set_config(
  'request.jwt.claims',
  '{"sub": "b0000000-0001-4000-8000-000000000003", "organization_id": "b0000000-0000-4000-8000-000000000001", "role": "member"}',
  true
);

do $$
declare
  before bigint;
  completed timestamptz;
begin
  select open into before from v1.project_report() where project = 'Volcano base';
  select completed_at into completed
  from v1.complete_project('b0000000-0002-4000-8000-000000000002', 'It erupted.');
  assert completed = now();
  assert (select (open, done) = (0::bigint, 40::bigint) from v1.project_report() where project = 'Volcano base');
  assert (select count(*) from v1.comments where body = 'It erupted.' and author_id = request.user_id()) = before;
  assert not exists (select from v2.todos where project_id = 'b0000000-0002-4000-8000-000000000002' and status <> 'done');
  assert (select sum(open) from v1.project_report()) > 0, 'other projects were completed too';

  select completed_at into completed from v2.complete_project('b0000000-0002-4000-8000-000000000003');
  assert completed = now();
  assert exists (select from v2.comments where body = 'Done with its project.');
  assert not exists (select from v1.todos where project_id = 'b0000000-0002-4000-8000-000000000003' and not done);

  -- again: nothing happens, and nothing is said
  select count(*) into before from v1.comments;
  perform v1.complete_project('b0000000-0002-4000-8000-000000000002', 'It erupted again.');
  assert (select count(*) from v1.comments) = before;

  assert not exists (select from v1.complete_project('d0000000-0002-4000-8000-000000000001')), 'completed what does not exist';
end
$$;
rollback;
