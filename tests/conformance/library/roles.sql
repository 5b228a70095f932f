-- The roles of the tests, shared by every database of the cluster: made once, by whoever is first.
do $$
declare
  name text;
begin
  foreach name in array array['contract_anon', 'contract_member', 'contract_careful', 'contract_slow'] loop
    if not exists (select from pg_roles where rolname = name) then
      execute format('create role %I nologin', name);
    end if;
  end loop;
  foreach name in array array['contract_login', 'contract_configured'] loop
    if not exists (select from pg_roles where rolname = name) then
      execute format('create role %I login noinherit', name);
    end if;
  end loop;
end
$$;

grant contract_anon, contract_member, contract_careful, contract_slow to contract_login;
grant contract_anon, contract_member to contract_configured;

-- What `alter role` says of a role is applied when a request assumes it: its isolation, its limits,
-- a privileged setting the login was granted; not the one it was not.
alter role contract_careful set default_transaction_isolation = 'repeatable read';
alter role contract_careful set work_mem = '5MB';
alter role contract_careful set log_duration = 'off';
alter role contract_careful set log_planner_stats = 'off';
alter role contract_slow set statement_timeout = '200ms';
grant set on parameter log_duration to contract_login;
