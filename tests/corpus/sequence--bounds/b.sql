create schema app;
create sequence app.numbers as integer start 100 minvalue 100 maxvalue 500;
create table app.things (id integer primary key, name text);
