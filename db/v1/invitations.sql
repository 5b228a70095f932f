-- Inviting people by e-mail, and accepting.

create or replace view v1.invitations with (security_invoker = true) as
select
  invitations.id,
  invitations.organization_id,
  invitations.email,
  invitations.role,
  invitations.invited_by,
  invitations.expires_at,
  invitations.accepted_at,
  invitations.created_at
from app.invitations;

comment on view v1.invitations is
'Invitations to your organization
For admins and owners. Deleting one takes it back.';
comment on column v1.invitations.accepted_at is 'Null while nobody has accepted it.';

grant select, delete on v1.invitations to member;

create or replace function v1.invite(email text, role app.membership_role default 'member')
  returns table (invitation_id uuid, token text, expires_at timestamptz)
  language sql volatile rows 1
begin atomic
  with secret as materialized (
    select private.random_token() as token
  )
  insert into app.invitations (email, role, token_hash)
  select lower(invite.email), invite.role, private.hash_token(secret.token)
  from secret
  returning invitations.id, (select secret.token from secret), invitations.expires_at;
end;

comment on function v1.invite is
'Invite somebody
For admins and owners, up to their own role. Send the token to the address: it is told here and never again.';

grant execute on function v1.invite(text, app.membership_role) to member;

create or replace function v1.accept_invitation(token text) returns uuid
  language sql volatile
  return private.accept_invitation(accept_invitation.token);

comment on function v1.accept_invitation is
'Accept an invitation
Your token must carry the invited address as email. Returns the organization''s id, which your next token must carry as organization_id.';

grant execute on function v1.accept_invitation(text) to member;
