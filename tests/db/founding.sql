-- A user without an organization founds one; the next token works in it.

begin;
set local role member;

do $$
declare
  version text;
  organization uuid;
begin
  foreach version in array array['v1', 'v2'] loop
    perform set_config('request.jwt.claims', '{"sub": "c0000000-0001-4000-8000-000000000001", "role": "member"}', true);
    execute format('select %s.found_organization(%L)', version, 'Initech') into organization;
    assert request.organization_id() is null, 'the old token works in the new organization';
    assert (select count(*) from v1.organizations) = 0;

    perform set_config(
      'request.jwt.claims',
      json_build_object('sub', request.user_id(), 'organization_id', organization, 'role', 'member')::text,
      true
    );
    assert (select name from v1.organizations) = 'Initech';
    assert (select role from v2.me) = 'owner';
    assert (select count(*) from v1.users) = 1;
    assert (select count(*) from v2.todos) = 0, 'a new organization has todos';
    insert into v1.projects (name) values ('First');
    assert (select organization_id from v2.projects) = organization;
  end loop;
end
$$;
rollback;

-- a user nobody knows yet is remembered from the token
begin;
set local role member;
select set_config(
  'request.jwt.claims',
  '{"sub": "d0000000-0001-4000-8000-000000000001", "email": "Dora@Example.com", "name": "Dora", "role": "member"}',
  true
);

do $$
begin
  assert (select count(*) from v1.me) = 0;
  perform v1.found_organization('Dora''s');
  assert (select name from v1.me) = 'Dora';
  assert (select email from v2.me) = 'dora@example.com';

  perform set_config('request.jwt.claims', '{"sub": "d0000000-0001-4000-8000-000000000001", "name": "Other"}', true);
  perform v2.found_organization('Another');
  assert (select name from v1.me) = 'Dora', 'a later token changed the name';
  assert (select email from v1.me) = 'dora@example.com', 'a later token took the address away';
end
$$;
rollback;

-- without a subject there is nobody to own it
begin;
set local role member;
select set_config('request.jwt.claims', '{"role": "member"}', true);

do $$
begin
  perform v1.found_organization('Nobody''s');
  assert false, 'an organization without an owner';
exception
  when not_null_violation then null;
end
$$;
rollback;

begin;
set local role member;
select set_config('request.jwt.claims', '{"sub": "c0000000-0001-4000-8000-000000000001", "role": "member"}', true);

do $$
begin
  perform v2.found_organization('');
  assert false, 'an organization without a name';
exception
  when check_violation then null;
end
$$;
rollback;
