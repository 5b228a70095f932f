create schema app;
create table app.things (id integer, name text);
create table app.parts (kind text not null, id integer) partition by list (kind);
create unique index parts_key on app.parts (kind, id);
