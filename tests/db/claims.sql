-- The claims of a request fail closed: none, empty or of the wrong shape is null.

begin;
set local role member;

do $$
declare
  claims text;
begin
  assert request.user_id() is null, 'a user without any claims, in a new session';
  assert request.organization_id() is null, 'an organization without any claims, in a new session';

  foreach claims in array array[
    '',
    '{}',
    'null',
    '[]',
    '"a0000000-0001-4000-8000-000000000001"',
    '{"role": "member"}',
    '{"sub": null, "organization_id": null}',
    '{"sub": "", "organization_id": ""}',
    '{"sub": 1, "organization_id": true}',
    '{"sub": ["a0000000-0001-4000-8000-000000000001"], "organization_id": ["a0000000-0000-4000-8000-000000000001"]}',
    '{"sub": {"a0000000-0001-4000-8000-000000000001": 1}}',
    '{"sub": "a0000000-0001-4000-8000-00000000000", "organization_id": "a0000000-0000-4000-8000-00000000000"}',
    '{"sub": "a0000000-0001-4000-8000-0000000000011", "organization_id": "a0000000-0000-4000-8000-0000000000011"}',
    '{"sub": "a0000000-0001-4000-8000-000000000001\n", "organization_id": "a0000000-0000-4000-8000-000000000001\n"}',
    '{"sub": "x\na0000000-0001-4000-8000-000000000001", "organization_id": "%"}',
    '{"SUB": "a0000000-0001-4000-8000-000000000001", "ORGANIZATION_ID": "a0000000-0000-4000-8000-000000000001"}'
  ] loop
    perform set_config('request.jwt.claims', claims, true);
    assert request.user_id() is null, format('a user from %s', claims);
    assert request.organization_id() is null, format('an organization from %s', claims);
    assert request.organization_role() is null, format('a role from %s', claims);
    assert (select count(*) from v1.todos) = 0, format('todos in v1 for %s', claims);
    assert (select count(*) from v2.todos) = 0, format('todos in v2 for %s', claims);
  end loop;
end
$$;
rollback;

-- What is not JSON is an error, and an error shows nothing.
begin;
set local role member;
select set_config('request.jwt.claims', '{"sub": "a0000000-0001-4000-8000-000000000001"', true);

do $$
begin
  perform from v1.todos;
  assert false, 'claims that are not JSON were read';
exception
  when invalid_text_representation then null;
end
$$;
rollback;

-- The claims of a member are what they say.
begin;
set local role member;
select set_config(
  'request.jwt.claims',
  '{"sub": "A0000000-0001-4000-8000-000000000002", "organization_id": "a0000000-0000-4000-8000-000000000001", "role": "member", "email": "Alan@Example.com", "level": 7}',
  true
);

do $$
begin
  assert request.user_id() = 'a0000000-0001-4000-8000-000000000002';
  assert request.organization_id() = 'a0000000-0000-4000-8000-000000000001';
  assert request.organization_role() = 'admin';
  assert request.email() = 'alan@example.com', 'addresses are compared in lower case';
  assert request.claim('level') = '7';
  assert request.claim('nothing') is null;
end
$$;
rollback;

-- An address counts unless the identity provider says that it is not verified.
begin;
set local role member;

do $$
begin
  perform set_config('request.jwt.claims', '{"email": "a@example.com", "email_verified": true}', true);
  assert request.email() = 'a@example.com';
  perform set_config('request.jwt.claims', '{"email": "a@example.com", "email_verified": false}', true);
  assert request.email() is null;
  perform set_config('request.jwt.claims', '{"email": "a@example.com", "email_verified": "no"}', true);
  assert request.email() is null;
end
$$;
rollback;

-- An organization counts only for its members, and only as long as they are.
begin;
set local role member;

do $$
begin
  perform set_config(
    'request.jwt.claims',
    '{"sub": "a0000000-0001-4000-8000-000000000003", "organization_id": "b0000000-0000-4000-8000-000000000001"}',
    true
  );
  assert request.user_id() = 'a0000000-0001-4000-8000-000000000003';
  assert request.organization_id() is null, 'Anna of Acme works in Globex';
  assert request.organization_role() is null, 'Anna of Acme is something in Globex';

  perform set_config(
    'request.jwt.claims',
    '{"sub": "c0000000-0001-4000-8000-000000000001", "organization_id": "a0000000-0000-4000-8000-000000000001"}',
    true
  );
  assert request.organization_id() is null, 'Nora, who is in no organization, works in Acme';

  perform set_config(
    'request.jwt.claims',
    '{"sub": "a0000000-0001-4000-8000-000000000003", "organization_id": "a0000000-0000-4000-8000-000000000001"}',
    true
  );
  assert request.organization_id() is not null;
  delete from v1.memberships where user_id = request.user_id();
  assert request.organization_id() is null, 'Anna left Acme and still works in it';
  assert (select count(*) from v1.todos) = 0, 'Anna left Acme and still sees its todos';
end
$$;
rollback;
