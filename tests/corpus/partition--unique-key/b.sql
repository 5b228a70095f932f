create schema app;
create table app.things (id integer, name text);
create table app.parts (kind text not null, id integer) partition by list (kind);
create table app.parts_a partition of app.parts (primary key (kind, id)) for values in ('a');
create unique index parts_key on app.parts (kind, id);
