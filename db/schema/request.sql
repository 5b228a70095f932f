-- What a request knows about itself: the server verified the token and left its claims in a setting.
-- No token, no claim, or a claim of the wrong shape is null, and null matches no row.
-- Which organization a request works in is a matter of belonging to it: see memberships.sql.

create schema request;

comment on schema request is 'The claims of the request: never exposed, used by policies and defaults.';

grant usage on schema request to anonymous, member;

create or replace function request.claim(name text) returns text
  language sql stable parallel safe
  return nullif(nullif(current_setting('request.jwt.claims', true), '')::json ->> name, '');

comment on function request.claim is 'A claim of the token as text, null if there is none.';

create or replace function request.uuid_claim(name text) returns uuid
  language sql stable parallel safe
  return substring(request.claim(name) from '(?i)^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$')::uuid;

comment on function request.uuid_claim is
'A claim of the token as uuid, null if there is none or it is something else.';

create or replace function request.user_id() returns uuid
  language sql stable parallel safe
  return request.uuid_claim('sub');

comment on function request.user_id is 'The user who asks.';

create or replace function request.email() returns text
  language sql stable parallel safe
  return case
    when coalesce(request.claim('email_verified'), 'true') = 'true' then lower(request.claim('email'))
  end;

comment on function request.email is
'The address of the user who asks, null if the identity provider calls it unverified.';

grant execute on function
  request.claim(text),
  request.uuid_claim(text),
  request.user_id(),
  request.email()
to anonymous, member;
