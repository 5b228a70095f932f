-- Views: they inherit keys, chain, aggregate, refuse; some can be written to.
create view library.book_titles as
  select id, title, author_id from library.books;

create view library.short_titles as  -- a view of a view
  select id as short_id, left(title, 5) as title, author_id as by from library.book_titles;

create view vault.all_books as select id, title as name, author_id from library.books;
create view library.vaulted_books as select id, name, author_id from vault.all_books;

create view library.publishers as  -- its table is not exposed
  select id, name, country from vault.publishers;

create materialized view library.author_names as
  select id, name, country from library.authors;

create view library.union_books as
  select id, author_id from library.books where published < 2000
  union all
  select id, author_id from library.books where published >= 2000;

create view library.copies_without_number as  -- only a part of the key
  select book_id, condition from library.copies;

create view library.books_per_author as
  select author_id, count(*) as books from library.books group by author_id;

create view library.inbox as select 1 as id, 'x'::text as body where false;
create function vault.to_drafts() returns trigger language plpgsql as $$
begin
  insert into library.drafts (title) values (new.body);
  return new;
end
$$;
create trigger inbox_insert instead of insert on library.inbox
  for each row execute function vault.to_drafts();

-- A key that may come back null: the trigger takes it away.
create table vault.ledger (id int primary key, entry text);
create view library.ledger as select id, entry from vault.ledger;
create function vault.lose_key() returns trigger language plpgsql as $$
begin
  new.id := null;
  return new;
end
$$;
create trigger ledger_insert instead of insert on library.ledger
  for each row execute function vault.lose_key();
