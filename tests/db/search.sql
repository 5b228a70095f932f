-- Full text search finds todos by their words and by what was said about them.

begin;
set local role member;
select set_config(
  'request.jwt.claims',
  '{"sub": "a0000000-0001-4000-8000-000000000003", "organization_id": "a0000000-0000-4000-8000-000000000001", "role": "member"}',
  true
);

do $$
declare
  version text;
  hits bigint;
  first_title text;
begin
  foreach version in array array['v1', 'v2'] loop
    execute format('select count(*) from %s.search(%L)', version, 'rockets') into hits;
    assert hits = 30, format('%s rockets', hits);
    execute format('select count(*) from %s.search(%L)', version, 'volcano') into hits;
    assert hits = 0, 'a word only the other organization uses';
    execute format('select count(*) from %s.search(%L)', version, 'rocket -repair') into hits;
    assert hits between 1 and 29, format('%s rockets that are not to be repaired', hits);
    execute format('select count(*) from %s.search(%L)', version, '"rocket repair"') into hits;
    assert hits = 0, 'words in another order';
    execute format('select count(*) from %s.search(%L)', version, 'supplier') into hits;
    assert hits = 25, format('%s todos with a comment about the supplier', hits);
    foreach first_title in array array['', ' ', '"', '-', 'the', '&|!()<->:*', 'a'':b'] loop
      execute format('select count(*) from %s.search(%L)', version, first_title) into hits;
      assert hits = 0, format('%s hits for %L', hits, first_title);
    end loop;
    execute format('select count(*) from %s.search(null)', version) into hits;
    assert hits = 0;
  end loop;

  -- a title counts more than a description, and that more than nothing
  insert into v1.todos (project_id, title, description)
  values
    ('a0000000-0002-4000-8000-000000000001', 'Paint the zeppelin', ''),
    ('a0000000-0002-4000-8000-000000000001', 'Paint it', 'The zeppelin.');
  foreach version in array array['v1', 'v2'] loop
    execute format('select title from %s.search(%L) limit 1', version, 'zeppelin') into first_title;
    assert first_title = 'Paint the zeppelin', first_title;
  end loop;

  -- a change is found at once
  update v2.todos set title = 'Sell the blimp' where title = 'Paint the zeppelin';
  assert (select count(*) from v1.search('zeppelin')) = 1;
  assert (select count(*) from v2.search('blimp')) = 1;
end
$$;
rollback;
