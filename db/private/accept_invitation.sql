-- Accepting an invitation: it takes the token and the invited address.

create or replace function private.accept_invitation(token text) returns uuid
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  invitation record;
begin
  update app.invitations
  set accepted_at = now()
  where token_hash = private.hash_token(token)
    and email = request.email()
    and accepted_at is null
    and expires_at > now()
  returning organization_id, role into invitation;

  if not found then
    -- one answer for unknown, used, expired and somebody else's: a guess learns nothing
    raise exception 'There is no such invitation for you.'
      using errcode = 'PT404', hint = 'It may have expired, or be for another address.';
  end if;

  insert into app.memberships (organization_id, user_id, role)
  values (invitation.organization_id, private.remember_user(), invitation.role)
  on conflict (organization_id, user_id)
  do update set role = greatest(memberships.role, excluded.role);

  return invitation.organization_id;
end
$$;

comment on function private.accept_invitation is 'The user who asks joins the organization that invited the address.';

grant execute on function private.accept_invitation(text) to member;
