-- The schema of all tables. It is never exposed: a request reaches its tables through the views of v1 and v2.

create schema app;

comment on schema app is 'Tables: never exposed, reached through the views of v1 and v2.';

grant usage on schema app to member;
