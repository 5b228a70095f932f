-- The user who asks becomes a row, from verified claims only.

create or replace function private.remember_user() returns uuid
  language sql volatile security definer set search_path = ''
begin atomic
  insert into app.users (id, email, name)
  values (
    request.user_id(),
    request.email(),
    left(coalesce(request.claim('name'), request.email(), 'New user'), 100)
  )
  on conflict (id) do update set email = coalesce(excluded.email, users.email)
  returning users.id;
end;

comment on function private.remember_user is
'Insert the user who asks, or note a new address. Without a claim sub it fails.';
