-- The second version of the API: a todo has a status.

create schema v2;

comment on schema v2 is
'Todos for teams
Organizations, their projects and todos. Every request works in the organization its token names. Version 2: a todo is open, in progress or done.';

grant usage on schema v2 to anonymous, member;
