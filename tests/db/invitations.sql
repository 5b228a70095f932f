-- Who is invited joins, once, in time, and nobody else does.

begin;
set local role member;

do $$
declare
  version text;
  token text;
  joined uuid;
begin
  foreach version in array array['v1', 'v2'] loop
    -- Alan, an admin of Acme, invites Nora
    perform set_config(
      'request.jwt.claims',
      '{"sub": "a0000000-0001-4000-8000-000000000002", "organization_id": "a0000000-0000-4000-8000-000000000001", "role": "member"}',
      true
    );
    execute format('select token from %s.invite(%L, %L)', version, 'Nora@Example.com', 'admin') into token;
    assert length(token) = 64, token;
    assert (select count(*) from v1.invitations where email = 'nora@example.com' and role = 'admin' and accepted_at is null) = 1;

    -- somebody else cannot use the token, with another address, without one, or with one that is not verified
    perform set_config(
      'request.jwt.claims', '{"sub": "b0000000-0001-4000-8000-000000000003", "email": "bruno@example.com", "role": "member"}', true
    );
    begin
      execute format('select %s.accept_invitation(%L)', version, token);
      assert false, 'accepted with another address';
    exception
      when sqlstate 'PT404' then null;
    end;
    perform set_config('request.jwt.claims', '{"sub": "c0000000-0001-4000-8000-000000000001", "role": "member"}', true);
    begin
      execute format('select %s.accept_invitation(%L)', version, token);
      assert false, 'accepted without an address';
    exception
      when sqlstate 'PT404' then null;
    end;
    perform set_config(
      'request.jwt.claims',
      '{"sub": "d0000000-0001-4000-8000-000000000001", "email": "nora@example.com", "email_verified": false, "role": "member"}',
      true
    );
    begin
      execute format('select %s.accept_invitation(%L)', version, token);
      assert false, 'accepted with an address that is not verified';
    exception
      when sqlstate 'PT404' then null;
    end;

    -- Nora does
    perform set_config(
      'request.jwt.claims', '{"sub": "c0000000-0001-4000-8000-000000000001", "email": "NORA@example.com", "role": "member"}', true
    );
    execute format('select %s.accept_invitation(%L)', version, token) into joined;
    assert joined = 'a0000000-0000-4000-8000-000000000001';
    assert (select count(*) from v1.todos) = 0, 'the old token works in the organization joined';

    -- once
    begin
      execute format('select %s.accept_invitation(%L)', version, token);
      assert false, 'accepted twice';
    exception
      when sqlstate 'PT404' then null;
    end;

    perform set_config(
      'request.jwt.claims',
      '{"sub": "c0000000-0001-4000-8000-000000000001", "organization_id": "a0000000-0000-4000-8000-000000000001", "role": "member"}',
      true
    );
    assert (select role from v1.me) = 'admin';
    assert (select count(*) from v1.users) = 5;
    assert (select count(*) from v2.todos) = 240;
    delete from v1.memberships where user_id = request.user_id();
  end loop;
end
$$;
rollback;

-- only in time, and only the token itself
begin;
set local role member;
select set_config(
  'request.jwt.claims', '{"sub": "c0000000-0001-4000-8000-000000000001", "email": "nora@example.com", "role": "member"}', true
);

do $$
declare
  token text;
begin
  foreach token in array array[
    'acme-expired',
    'acme-accepted',
    'acme',
    '',
    null,
    encode(private.hash_token('acme-open'), 'hex'),
    encode(private.hash_token('acme-open'), 'escape')
  ] loop
    begin
      perform v1.accept_invitation(token);
      assert false, format('accepted: %s', token);
    exception
      when sqlstate 'PT404' then null;
    end;
  end loop;
  assert v2.accept_invitation('globex-open') = 'b0000000-0000-4000-8000-000000000001';
end
$$;
rollback;

-- a new invitation lasts a week
begin;
set local role member;
select set_config(
  'request.jwt.claims',
  '{"sub": "a0000000-0001-4000-8000-000000000001", "organization_id": "a0000000-0000-4000-8000-000000000001", "role": "member"}',
  true
);

do $$
declare
  token text;
begin
  select invite.token into token from v1.invite('nora@example.com') as invite;
  perform set_config('test.token', token, true);
  assert (select count(*) from v1.invitations where expires_at = now() + interval '7 days') = 1;
end
$$;

reset role;
update app.invitations set expires_at = now() where expires_at > now();
set local role member;
select set_config(
  'request.jwt.claims', '{"sub": "c0000000-0001-4000-8000-000000000001", "email": "nora@example.com", "role": "member"}', true
);

do $$
begin
  perform v1.accept_invitation(current_setting('test.token'));
  assert false, 'accepted when it had expired';
exception
  when sqlstate 'PT404' then null;
end
$$;
rollback;

-- taken back, it is void
begin;
set local role member;
select set_config(
  'request.jwt.claims',
  '{"sub": "b0000000-0001-4000-8000-000000000002", "organization_id": "b0000000-0000-4000-8000-000000000001", "role": "member"}',
  true
);

do $$
declare
  affected bigint;
begin
  delete from v1.invitations where id = 'a0000000-0006-4000-8000-000000000001';
  get diagnostics affected = row_count;
  assert affected = 0, 'an invitation of another organization was taken back';
  delete from v1.invitations where id = 'b0000000-0006-4000-8000-000000000001';
  get diagnostics affected = row_count;
  assert affected = 1;

  perform set_config(
    'request.jwt.claims', '{"sub": "c0000000-0001-4000-8000-000000000001", "email": "nora@example.com", "role": "member"}', true
  );
  begin
    perform v1.accept_invitation('globex-open');
    assert false, 'accepted what was taken back';
  exception
    when sqlstate 'PT404' then null;
  end;
  assert v1.accept_invitation('acme-open') = 'a0000000-0000-4000-8000-000000000001';
end
$$;
rollback;

-- a lower invitation does not degrade
begin;
set local role member;
select set_config(
  'request.jwt.claims',
  '{"sub": "a0000000-0001-4000-8000-000000000001", "organization_id": "a0000000-0000-4000-8000-000000000001", "email": "ada@example.com", "role": "member"}',
  true
);

do $$
declare
  token text;
begin
  select invite.token into token from v1.invite('ada@example.com', 'member') as invite;
  perform v1.accept_invitation(token);
  assert request.organization_role() = 'owner';
end
$$;
rollback;

-- an invitation cannot be made in the name of somebody else, nor its hash chosen to look at
begin;
set local role member;
select set_config(
  'request.jwt.claims',
  '{"sub": "a0000000-0001-4000-8000-000000000002", "organization_id": "a0000000-0000-4000-8000-000000000001", "role": "member"}',
  true
);

do $$
begin
  insert into v1.invitations (email, role) values ('friend@example.com', 'member');
  assert false, 'invited without a token';
exception
  when insufficient_privilege then null;
end
$$;

do $$
begin
  insert into app.invitations (email, token_hash, invited_by)
  values ('friend@example.com', sha256('x'), 'a0000000-0001-4000-8000-000000000001');
  assert false, 'invited in the name of the owner';
exception
  when insufficient_privilege then null;
end
$$;

do $$
begin
  perform v1.invite('not an address');
  assert false, 'invited what is no address';
exception
  when check_violation then null;
end
$$;
rollback;
