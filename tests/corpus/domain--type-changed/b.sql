create schema app;
create domain app.title as text check (value <> '');
create table app.things (id integer primary key, name app.title default 'none');
create view app.names as select name from app.things;
