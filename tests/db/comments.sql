-- Everybody reads comments; the author writes them; the author and admins delete them.

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
  affected bigint;
begin
  insert into v1.comments (id, todo_id, body)
  values ('a0000000-0005-4000-8000-000000000999', 'a0000000-0004-4000-8000-000000000001', 'I know how.');
  assert (select author_id from v1.comments where id = 'a0000000-0005-4000-8000-000000000999') = request.user_id();

  foreach version in array array['v1', 'v2'] loop
    execute format('update %s.comments set body = ''I do not know.''', version);
    get diagnostics affected = row_count;
    assert affected = 1, format('%s comments changed', affected);
    execute format('delete from %s.comments where author_id <> request.user_id()', version);
    get diagnostics affected = row_count;
    assert affected = 0, format('%s comments of others deleted', affected);
    begin
      execute format(
        'insert into %s.comments (todo_id, author_id, body) values (%L, %L, %L)',
        version, 'a0000000-0004-4000-8000-000000000001', 'a0000000-0001-4000-8000-000000000001', 'I am Ada.'
      );
      assert false, 'wrote in the name of somebody else';
    exception
      when insufficient_privilege then null;
    end;
    begin
      execute format('update %s.comments set author_id = %L', version, 'a0000000-0001-4000-8000-000000000001');
      assert false, 'put words into somebody''s mouth';
    exception
      when insufficient_privilege then null;
    end;
    begin
      execute format(
        'insert into %s.comments (todo_id, author_id, body) values (%L, null, %L)',
        version, 'a0000000-0004-4000-8000-000000000001', 'I am nobody.'
      );
      assert false, 'wrote in nobody''s name';
    exception
      when insufficient_privilege then null;
    end;
  end loop;
end
$$;

select set_config(
  'request.jwt.claims',
  '{"sub": "a0000000-0001-4000-8000-000000000002", "organization_id": "a0000000-0000-4000-8000-000000000001", "role": "member"}',
  true
);

do $$
declare
  affected bigint;
begin
  update v1.comments set body = 'Censored.' where id = 'a0000000-0005-4000-8000-000000000999';
  get diagnostics affected = row_count;
  assert affected = 0, 'an admin changed what somebody else said';
  delete from v1.comments where id = 'a0000000-0005-4000-8000-000000000999';
  get diagnostics affected = row_count;
  assert affected = 1, 'an admin cannot delete';
end
$$;
rollback;
