create schema app;
create table app.things (id integer primary key, name varchar(20) check (name in ('first', 'second')));
