-- The first version of the API: a todo is done or it is not.

create schema v1;

comment on schema v1 is
'Todos for teams
Organizations, their projects and todos. Every request works in the organization its token names. Version 1: a todo is done or it is not.';

grant usage on schema v1 to anonymous, member;
