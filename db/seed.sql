-- Two organizations that must never meet, for development and tests only: the same rows on every machine.
--
-- An id says what it is: its letter the organization (a Acme, b Globex, c neither), its second group the kind
-- (0000 organization, 0001 user, 0002 project, 0003 label, 0004 todo, 0005 comment, 0006 invitation),
-- its last group the number.
--
--   a0000000-0000-4000-8000-000000000001 Acme                 b0000000-0000-4000-8000-000000000001 Globex
--   a0000000-0001-4000-8000-000000000001 Ada, its owner       b0000000-0001-4000-8000-000000000001 Bea, its owner
--   a0000000-0001-4000-8000-000000000002 Alan, admin          b0000000-0001-4000-8000-000000000002 Bob, admin
--   a0000000-0001-4000-8000-000000000003 Anna, member         b0000000-0001-4000-8000-000000000003 Bruno, member
--   a0000000-0001-4000-8000-000000000004 Arthur, member       b0000000-0001-4000-8000-000000000004 Brigitte, member
--   c0000000-0001-4000-8000-000000000001 Nora, in no organization
--
-- Each has 6 projects, 240 todos (60 of them parts of others), 8 labels, 320 labels on todos, 200 comments and
-- 3 invitations: one open to nora@example.com with the token acme-open or globex-open, one accepted, one expired.
--
-- `passeplat dev` prints these tokens and requests ready made; `passeplat token --as ada` makes the same token.
--
-- @token ada {"role": "member", "sub": "a0000000-0001-4000-8000-000000000001", "organization_id": "a0000000-0000-4000-8000-000000000001"}
-- @token bea {"role": "member", "sub": "b0000000-0001-4000-8000-000000000001", "organization_id": "b0000000-0000-4000-8000-000000000001"}
-- @try ada GET /v1/todos?select=title,priority,due_on&done=is.false&order=due_on&limit=3
-- @try bea GET /v1/projects?select=name,todos(title,done)&todos.limit=2&limit=3
-- @try bea POST /v1/rpc/search?select=title&limit=3 {"query": "volcano"}

create function pg_temp.seed_id(tenant text, kind integer, number integer) returns uuid
  language sql immutable
  return format('%s0000000-%s-4000-8000-%s', tenant, to_char(kind, 'FM0000'), to_char(number, 'FM000000000000'))::uuid;

insert into app.users (id, email, name, created_at)
select
  pg_temp.seed_id(people.tenant, 1, people.number),
  lower(people.name) || '@example.com',
  people.name,
  '2026-01-05 08:00+00'
from (
  values
    ('a', 1, 'Ada'), ('a', 2, 'Alan'), ('a', 3, 'Anna'), ('a', 4, 'Arthur'),
    ('b', 1, 'Bea'), ('b', 2, 'Bob'), ('b', 3, 'Bruno'), ('b', 4, 'Brigitte'),
    ('c', 1, 'Nora')
) as people (tenant, number, name);

insert into app.organizations (id, name, created_at)
values
  (pg_temp.seed_id('a', 0, 1), 'Acme', '2026-01-05 08:00+00'),
  (pg_temp.seed_id('b', 0, 1), 'Globex', '2026-01-05 08:00+00');

insert into app.memberships (organization_id, user_id, role, created_at)
select
  pg_temp.seed_id(tenants.letter, 0, 1),
  pg_temp.seed_id(tenants.letter, 1, people.number),
  people.role::app.membership_role,
  '2026-01-05 08:00+00'
from (values ('a'), ('b')) as tenants (letter)
cross join (values (1, 'owner'), (2, 'admin'), (3, 'member'), (4, 'member')) as people (number, role);

insert into app.invitations (
  id, organization_id, email, role, token_hash, invited_by, created_at, expires_at, accepted_at
)
select
  pg_temp.seed_id(tenants.letter, 6, invitations.number),
  pg_temp.seed_id(tenants.letter, 0, 1),
  invitations.email,
  'member',
  private.hash_token(lower(tenants.name) || '-' || invitations.state),
  pg_temp.seed_id(tenants.letter, 1, 2),
  '2026-01-05 08:00+00',
  invitations.expires_at::timestamptz,
  invitations.accepted_at::timestamptz
from (values ('a', 'Acme'), ('b', 'Globex')) as tenants (letter, name)
cross join (
  values
    (1, 'open', 'nora@example.com', 'infinity', null),
    (2, 'accepted', 'somebody@example.com', '2026-01-12 08:00+00', '2026-01-06 08:00+00'),
    (3, 'expired', 'nora@example.com', '2026-01-12 08:00+00', null)
) as invitations (number, state, email, expires_at, accepted_at);

-- The rest is inserted by the owner of each organization, under the policies where they are forced.
do $$
declare
  tenant record;
begin
  for tenant in
    select
      tenants.letter,
      tenants.projects,
      tenants.things,
      pg_temp.seed_id(tenants.letter, 0, 1) as organization_id,
      pg_temp.seed_id(tenants.letter, 1, 1) as owner_id
    from (
      values
        (
          'a',
          array['Moon rocket', 'Roadside traps', 'Catalogue', 'Factory', 'Web shop', 'Support'],
          array['rocket', 'anvil', 'catapult', 'magnet', 'trapdoor', 'invoice', 'contract', 'website']
        ),
        (
          'b',
          array['Weather machine', 'Volcano base', 'Catalogue', 'Submarine', 'Web shop', 'Support'],
          array['volcano', 'satellite', 'submarine', 'laser', 'generator', 'invoice', 'contract', 'website']
        )
    ) as tenants (letter, projects, things)
  loop
    perform set_config(
      'request.jwt.claims',
      json_build_object('sub', tenant.owner_id, 'organization_id', tenant.organization_id, 'role', 'member')::text,
      true
    );

    insert into app.projects (id, organization_id, name, created_at)
    select
      pg_temp.seed_id(tenant.letter, 2, number),
      tenant.organization_id,
      tenant.projects[number],
      '2026-01-05 09:00+00'
    from generate_series(1, 6) as number;

    insert into app.labels (id, organization_id, name, color, created_at)
    select
      pg_temp.seed_id(tenant.letter, 3, labels.number),
      tenant.organization_id,
      labels.name,
      labels.color,
      '2026-01-05 09:00+00'
    from (
      values
        (1, 'bug', '#d73a4a'), (2, 'idea', '#a2eeef'), (3, 'question', '#d876e3'), (4, 'customer', '#0e8a16'),
        (5, 'legal', '#5319e7'), (6, 'money', '#fbca04'), (7, 'safety', '#b60205'), (8, 'waiting', '#cccccc')
    ) as labels (number, name, color);

    -- todos 181 to 240 are parts of 1 to 30, two each; a quarter is for nobody, a fifth has no due date
    insert into app.todos (
      id, organization_id, project_id, parent_id, assignee_id, title, description, status, priority, due_on, created_at
    )
    select
      pg_temp.seed_id(tenant.letter, 4, number),
      tenant.organization_id,
      pg_temp.seed_id(tenant.letter, 2, 1 + (case when number > 180 then (number - 181) / 2 + 1 else number end) % 6),
      case when number > 180 then pg_temp.seed_id(tenant.letter, 4, (number - 181) / 2 + 1) end,
      case when number % 4 > 0 then pg_temp.seed_id(tenant.letter, 1, 1 + number % 4) end,
      format(
        '%s the %s (%s)',
        (array['Order', 'Paint', 'Repair', 'Test', 'Describe', 'Sell', 'Replace'])[1 + number % 7],
        tenant.things[1 + number % 8],
        number
      ),
      case when number % 3 = 0 then 'As agreed on the telephone.' else '' end,
      (array['open', 'in_progress', 'done', 'open', 'done'])[1 + number % 5]::app.todo_status,
      (array['normal', 'low', 'normal', 'high', 'normal', 'urgent'])[1 + number % 6]::app.todo_priority,
      case when number % 5 > 0 then date '2026-06-01' + (number % 120 - 60) end,
      timestamptz '2026-01-05 09:00+00' + number * interval '1 hour'
    from generate_series(1, 240) as number;

    insert into app.todo_labels (organization_id, todo_id, label_id)
    select
      tenant.organization_id,
      pg_temp.seed_id(tenant.letter, 4, 1 + number % 160),
      pg_temp.seed_id(tenant.letter, 3, 1 + (number + number / 160 * 3) % 8)
    from generate_series(0, 319) as number;

    insert into app.comments (id, organization_id, todo_id, author_id, body, created_at)
    select
      pg_temp.seed_id(tenant.letter, 5, number),
      tenant.organization_id,
      pg_temp.seed_id(tenant.letter, 4, 1 + number % 100),
      tenant.owner_id,
      (array['Half of it is done.', 'The supplier wants to be paid first.', 'Who knows how?', 'See the drawing.'])[
        1 + number % 4
      ],
      timestamptz '2026-02-02 09:00+00' + number * interval '1 hour'
    from generate_series(1, 200) as number;
  end loop;

  perform set_config('request.jwt.claims', '', true);
end
$$;

drop function pg_temp.seed_id(text, integer, integer);
