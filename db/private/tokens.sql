-- Secrets that are told once and kept as a hash only.

create or replace function private.random_token() returns text
  language sql volatile
  return replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '');

comment on function private.random_token is '64 hexadecimal digits with 244 random bits.';

create or replace function private.hash_token(token text) returns bytea
  language sql stable strict
  return sha256(convert_to(token, 'UTF8'));

comment on function private.hash_token is
'What is kept of a token. It is random, so neither salt nor slowness is needed.';

grant execute on function private.random_token(), private.hash_token(text) to member;
