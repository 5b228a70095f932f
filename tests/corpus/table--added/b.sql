create schema app; create schema v1; create type app.mood as enum ('low', 'high');
create table app.things (id integer primary key, name text not null, mood app.mood not null default 'low');
create view v1.things with (security_invoker = true) as select id, name from app.things;
create function v1.loud(v1.things) returns text language sql stable return upper(($1).name);
create table app.parts (id bigint generated always as identity primary key, thing_id integer references app.things, note varchar(10));
create index on app.parts (thing_id); alter table app.parts enable row level security;
create policy all_of_them on app.parts using (true); comment on table app.parts is 'Parts';
