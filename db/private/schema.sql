-- What the API is made of but does not show: triggers, and functions with the owner's rights.

create schema private;

comment on schema private is 'Triggers and functions with the owner''s rights: never exposed.';

grant usage on schema private to member;
