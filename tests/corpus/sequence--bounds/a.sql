create schema app;
create sequence app.numbers maxvalue 50;
create table app.things (id integer primary key, name text);
