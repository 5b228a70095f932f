-- An organization always has an owner.

create or replace function private.keep_an_owner() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  -- the lock makes two owners who step down at once do so one after the other;
  -- no row means that the organization itself is being deleted
  perform from app.organizations where id = old.organization_id for no key update;
  if found and not exists (
    select from app.memberships where organization_id = old.organization_id and role = 'owner'
  ) then
    raise exception 'An organization needs an owner.'
      using errcode = 'check_violation', hint = 'Make somebody else an owner first.';
  end if;
  return null;
end
$$;

comment on function private.keep_an_owner is 'Trigger: the last owner can neither leave nor step down.';
