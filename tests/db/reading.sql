-- No view and no function of any version shows a row of another organization.

begin;
create temporary table viewers on commit drop as
select *
from (
  values
    ('a0000000-0001-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001'),
    ('a0000000-0001-4000-8000-000000000002', 'a0000000-0000-4000-8000-000000000001'),
    ('b0000000-0001-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000001'),
    ('b0000000-0001-4000-8000-000000000002', 'b0000000-0000-4000-8000-000000000001')
) as viewers (user_id, organization_id);
grant select on viewers to member;

-- whatever table or view is added with an organization_id is tested here without further ado
create temporary table relations on commit drop as
select pg_class.oid::regclass as name
from pg_class
join pg_attribute on pg_attribute.attrelid = pg_class.oid and pg_attribute.attname = 'organization_id'
where pg_class.relkind in ('r', 'p', 'v')
  and pg_class.relnamespace in ('app'::regnamespace, 'v1'::regnamespace, 'v2'::regnamespace);
grant select on relations to member;

set local role member;

do $$
declare
  viewer record;
  relation regclass;
  mine bigint;
  others bigint;
begin
  assert (select count(*) from relations) >= 7 + 2 * 9, 'tables, and views of two versions';
  for viewer in select * from viewers loop
    perform set_config(
      'request.jwt.claims',
      json_build_object('sub', viewer.user_id, 'organization_id', viewer.organization_id, 'role', 'member')::text,
      true
    );
    for relation in select name from relations loop
      execute format(
        'select count(*) filter (where organization_id = %1$L), count(*) filter (where organization_id is distinct from %1$L) from %2$s',
        viewer.organization_id,
        relation
      ) into mine, others;
      assert mine > 0, format('%s shows nothing, so this proves nothing', relation);
      assert others = 0, format('%s shows %s rows of other organizations', relation, others);
    end loop;
  end loop;
end
$$;

do $$
declare
  viewer record;
  version text;
  found_ids uuid[];
begin
  for viewer in select * from viewers loop
    perform set_config(
      'request.jwt.claims',
      json_build_object('sub', viewer.user_id, 'organization_id', viewer.organization_id, 'role', 'member')::text,
      true
    );
    assert (select count(*) from app.users) = 4, 'tables too show no users of other organizations';
    assert (select count(*) from app.organizations) = 1, 'tables too show no other organizations';
    assert (select count(*) from private.search(websearch_to_tsquery('english', 'invoice'))) = 30, 'keys of other organizations are found';

    foreach version in array array['v1', 'v2'] loop
      execute format('select array_agg(id) from %s.organizations', version) into found_ids;
      assert found_ids = array[viewer.organization_id]::uuid[], format('%s.organizations shows %s', version, found_ids);

      execute format('select array_agg(id) from %s.me', version) into found_ids;
      assert found_ids = array[viewer.user_id]::uuid[], format('%s.me shows %s', version, found_ids);

      -- the first letter of an id is the organization: see db/seed.sql
      execute format('select array_agg(id) from %s.users', version) into found_ids;
      assert cardinality(found_ids) = 4 and not exists (
        select from unnest(found_ids) as id where left(id::text, 1) <> left(viewer.organization_id, 1)
      ), format('%s.users shows %s', version, found_ids);

      -- a word both organizations use
      execute format($query$select array_agg(id) from %s.search('invoice')$query$, version) into found_ids;
      assert cardinality(found_ids) = 30 and not exists (
        select from unnest(found_ids) as id where left(id::text, 1) <> left(viewer.organization_id, 1)
      ), format('%s.search finds %s', version, found_ids);

      execute format('select array_agg(project_id) from %s.project_report()', version) into found_ids;
      assert cardinality(found_ids) = 6 and not exists (
        select from unnest(found_ids) as id where left(id::text, 1) <> left(viewer.organization_id, 1)
      ), format('%s.project_report reports %s', version, found_ids);

      execute format(
        'select array_agg(parts.id) from (values (%L::uuid), (%L)) as todos (id), %s.subtasks(todos.id) as parts',
        'a0000000-0004-4000-8000-000000000001', 'b0000000-0004-4000-8000-000000000001', version
      ) into found_ids;
      assert cardinality(found_ids) = 2 and not exists (
        select from unnest(found_ids) as id where left(id::text, 1) <> left(viewer.organization_id, 1)
      ), format('%s.subtasks shows %s', version, found_ids);
    end loop;
  end loop;
end
$$;
rollback;

-- A row of another organization is not there by its id either.
begin;
set local role member;
select set_config(
  'request.jwt.claims',
  '{"sub": "a0000000-0001-4000-8000-000000000001", "organization_id": "a0000000-0000-4000-8000-000000000001", "role": "member"}',
  true
);

do $$
begin
  assert not exists (select from v1.todos where id = 'b0000000-0004-4000-8000-000000000001');
  assert not exists (select from v2.comments where id = 'b0000000-0005-4000-8000-000000000001');
  assert not exists (select from v1.users where id = 'b0000000-0001-4000-8000-000000000001');
  assert not exists (select from v1.complete_project('b0000000-0002-4000-8000-000000000001'));
  assert not exists (select from v2.complete_project('b0000000-0002-4000-8000-000000000001'));
end
$$;

reset role;

do $$
begin
  assert not exists (select from app.projects where completed_at is not null), 'a project of another organization was completed';
end
$$;
rollback;
