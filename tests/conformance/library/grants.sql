-- Everyone may do everything, but for what shows refusals.
grant usage on schema library, shop, extras, vault to contract_anon, contract_member, contract_careful, contract_slow;
grant all on all tables in schema library, shop, vault
  to contract_anon, contract_member, contract_careful, contract_slow;
grant usage on all sequences in schema library
  to contract_anon, contract_member, contract_careful, contract_slow;
revoke all on library.secrets, library.half_open, library.verdicts from contract_anon, contract_member, contract_careful, contract_slow;
grant select on library.secrets, library.verdicts to contract_member;
grant select (id, shown) on library.half_open to contract_anon;
create function library.members_only() returns text language sql immutable as $$ select 'in' $$;
revoke execute on function library.members_only from public;
grant execute on function library.members_only to contract_member;
analyze library.numbers, library.books;
