-- What owners, admins and members may do in their organization.

-- a member changes nothing about the organization and cannot rise
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
  statement text;
  affected bigint;
begin
  assert (select role from v1.me) = 'member';
  foreach version in array array['v1', 'v2'] loop
    foreach statement in array array[
      'update %s.organizations set name = ''Mine''',
      'update %s.memberships set role = ''owner'' where user_id = request.user_id()',
      'update %s.memberships set role = ''admin'' where user_id = request.user_id()',
      'update %s.memberships set role = ''member''',
      'delete from %s.memberships where user_id <> request.user_id()',
      'delete from %s.invitations',
      'delete from %s.projects',
      'update %s.me set name = ''Me'' where id <> request.user_id()'
    ] loop
      execute format(statement, version);
      get diagnostics affected = row_count;
      assert affected = 0, format('%s rows: %s', affected, statement);
    end loop;
    execute format('select count(*) from %s.invitations', version) into affected;
    assert affected = 0, 'a member reads invitations';

    begin
      execute format('select from %s.invite(''friend@example.com'')', version);
      assert false, 'a member invites';
    exception
      when insufficient_privilege then null;
    end;
  end loop;
end
$$;

do $$
begin
  insert into app.memberships (organization_id, user_id, role)
  values (request.organization_id(), 'c0000000-0001-4000-8000-000000000001', 'owner');
  assert false, 'a membership was made up';
exception
  when insufficient_privilege then null;
end
$$;

do $$
begin
  insert into app.invitations (email, token_hash) values ('friend@example.com', sha256('token'));
  assert false, 'an invitation was made beside the function';
exception
  when insufficient_privilege then null;
end
$$;

do $$
begin
  update v1.memberships set user_id = request.user_id() where role = 'owner';
  assert false, 'a membership was taken over';
exception
  when insufficient_privilege then null;
end
$$;
rollback;

-- an admin renames, invites and promotes, up to admin
begin;
set local role member;
select set_config(
  'request.jwt.claims',
  '{"sub": "a0000000-0001-4000-8000-000000000002", "organization_id": "a0000000-0000-4000-8000-000000000001", "role": "member"}',
  true
);

do $$
declare
  affected bigint;
begin
  update v1.organizations set name = 'Acme Incorporated';
  get diagnostics affected = row_count;
  assert affected = 1, 'an admin cannot rename';

  update v2.memberships set role = 'admin' where user_id = 'a0000000-0001-4000-8000-000000000003';
  get diagnostics affected = row_count;
  assert affected = 1, 'an admin cannot promote';

  update v1.memberships set role = 'member' where role = 'owner';
  get diagnostics affected = row_count;
  assert affected = 0, 'an admin degraded the owner';

  delete from v1.memberships where role = 'owner';
  get diagnostics affected = row_count;
  assert affected = 0, 'an admin removed the owner';

  delete from v2.memberships where user_id = 'a0000000-0001-4000-8000-000000000004';
  get diagnostics affected = row_count;
  assert affected = 1, 'an admin cannot remove a member';

  delete from v2.projects where id = 'a0000000-0002-4000-8000-000000000006';
  get diagnostics affected = row_count;
  assert affected = 1, 'an admin cannot delete a project';
end
$$;

do $$
begin
  update v1.memberships set role = 'owner' where user_id = request.user_id();
  assert false, 'an admin became owner';
exception
  when insufficient_privilege then null;
end
$$;

do $$
begin
  perform v2.invite('friend@example.com', 'owner');
  assert false, 'an admin invited an owner';
exception
  when insufficient_privilege then null;
end
$$;
rollback;

-- an owner hands over; the last one stays
begin;
set local role member;
select set_config(
  'request.jwt.claims',
  '{"sub": "a0000000-0001-4000-8000-000000000001", "organization_id": "a0000000-0000-4000-8000-000000000001", "role": "member"}',
  true
);

do $$
begin
  update v1.memberships set role = 'member' where user_id = request.user_id();
  assert false, 'the last owner stepped down';
exception
  when check_violation then null;
end
$$;

do $$
begin
  delete from v2.memberships where user_id = request.user_id();
  assert false, 'the last owner left';
exception
  when check_violation then null;
end
$$;

do $$
begin
  update v1.memberships set role = 'owner' where user_id = 'a0000000-0001-4000-8000-000000000002';
  update v1.memberships set role = 'member' where user_id = request.user_id();
  assert request.organization_role() = 'member';
  assert (select role from v2.memberships where user_id = 'a0000000-0001-4000-8000-000000000002') = 'owner';
end
$$;
rollback;

-- an organization can still be deleted, by whoever runs the database, and takes everything along
begin;

do $$
begin
  delete from app.organizations where name = 'Acme';
  assert (select count(*) from app.todos) = 240;
  assert (select count(*) from app.memberships) = 4;
end
$$;
rollback;

-- who leaves keeps nothing: todos are for nobody, comments have no author, invitations are void
begin;
set local role member;
select set_config(
  'request.jwt.claims',
  '{"sub": "a0000000-0001-4000-8000-000000000002", "organization_id": "a0000000-0000-4000-8000-000000000001", "role": "member"}',
  true
);

do $$
begin
  insert into v1.comments (id, todo_id, body)
  values ('a0000000-0005-4000-8000-000000000999', 'a0000000-0004-4000-8000-000000000001', 'Good bye.');
  delete from v1.memberships where user_id = request.user_id();
end
$$;

reset role;

do $$
begin
  assert not exists (select from app.todos where assignee_id = 'a0000000-0001-4000-8000-000000000002');
  assert (select count(*) from app.todos where organization_id = 'a0000000-0000-4000-8000-000000000001') = 240;
  assert (select author_id is null from app.comments where id = 'a0000000-0005-4000-8000-000000000999');
  assert not exists (select from app.invitations where organization_id = 'a0000000-0000-4000-8000-000000000001');
end
$$;
rollback;

-- one changes one's own name, and nothing else of a user
begin;
set local role member;
select set_config(
  'request.jwt.claims',
  '{"sub": "a0000000-0001-4000-8000-000000000003", "organization_id": "a0000000-0000-4000-8000-000000000001", "role": "member"}',
  true
);

do $$
begin
  update v1.me set name = 'Annabel';
  assert (select name from v2.users where id = request.user_id()) = 'Annabel';
  assert (select count(*) from v1.users where name = 'Annabel') = 1;
  update app.users set name = 'Annabel';
  assert (select count(*) from app.users where name = 'Annabel') = 1, 'somebody else''s name was changed';
  begin
    update v1.me set email = 'ada@example.com';
    assert false, 'an address was changed';
  exception
    when insufficient_privilege then null;
  end;
end
$$;
rollback;
