-- Who connects (authenticator) and what a request may become (anonymous, member).
-- Roles belong to the whole cluster: another database may have made them, or be making them at this moment.
-- The authenticator's password is set where the database runs, never in a file.

do $$
declare
  role record;
begin
  for role in
    values ('authenticator', 'login'), ('anonymous', 'nologin'), ('member', 'nologin')
  loop
    if not exists (select from pg_catalog.pg_roles where rolname = role.column1) then
      begin
        execute format('create role %I noinherit %s', role.column1, role.column2);
      exception
        when duplicate_object or unique_violation then null;
      end;
    end if;
  end loop;

  for role in
    values ('anonymous'), ('member')
  loop
    if not exists (
      select
      from pg_catalog.pg_auth_members
      join pg_catalog.pg_roles as granted on granted.oid = pg_auth_members.roleid
      join pg_catalog.pg_roles as grantee on grantee.oid = pg_auth_members.member
      where granted.rolname = role.column1 and grantee.rolname = 'authenticator'
    ) then
      begin
        execute format('grant %I to authenticator', role.column1);
      exception
        when unique_violation then null;
      end;
    end if;
  end loop;
end
$$;

-- A function is for nobody until a grant says for whom.
alter default privileges revoke execute on functions from public;
