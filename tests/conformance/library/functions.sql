-- Functions: computed fields and relationships, calls of every shape, errors on demand.
create function library.shout(library.authors) returns text language sql stable as
  $$ select upper($1.name) $$;
create function library.page_price(library.books) returns numeric language sql immutable as
  $$ select round($1.price / $1.pages, 4) $$;
create function extras.initial(library.authors) returns text language sql stable as
  $$ select left($1.name, 1) $$;
create function vault.unreachable(library.authors) returns text language sql stable as
  $$ select 'no' $$;

create function library.best_book(library.authors) returns setof library.books rows 1
  language sql stable as
  $$ select * from library.books where author_id = $1.id order by price desc nulls last limit 1 $$;
create function library.thick_books(library.authors) returns setof library.books
  language sql stable as $$ select * from library.books where author_id = $1.id and pages > 100 $$;
create function library.writer(library.books) returns library.authors language sql stable as
  $$ select * from library.authors where id = $1.author_id $$;
-- One name, two kinds of rows.
create function library.related(library.authors) returns setof library.countries rows 1
  language sql stable as $$ select * from library.countries where code = $1.country $$;
create function library.related(library.books) returns setof library.genres language sql stable as
  $$ select g.* from library.genres g join library.book_genres b on b.genre_id = g.id
     where b.book_id = $1.id order by g.id $$;
-- In the place of what the foreign key says.
create function library.covers(library.books) returns setof library.covers rows 1
  language sql stable as $$ select $1.id, 'computed' $$;

create function library.add(a int, b int default 10) returns int language sql immutable as
  $$ select a + b $$;
create function library.total(variadic amounts int[]) returns int language sql immutable as
  $$ select sum(each)::int from unnest(amounts) as each $$;
create function library.greet(name text) returns text language sql immutable as
  $$ select 'hello ' || name $$;
create function library.greet(first text, last text) returns text language sql immutable as
  $$ select 'hello ' || first || ' ' || last $$;
create function library.twin(a int) returns text language sql immutable as $$ select 'int' $$;
create function library.twin(a text) returns text language sql immutable as $$ select 'text' $$;
create function library.nobody() returns void language sql as $$ select null::void $$;
create function library.answer() returns int language sql immutable as $$ select 42 $$;
create function library.empty_answer() returns text language sql immutable as $$ select null $$;
create function library.digits() returns setof int language sql immutable as
  $$ values (1), (2), (3) $$;
create function library.one_author(id int) returns library.authors language sql stable as
  $$ select * from library.authors where authors.id = $1 $$;
create function library.books_by(author int) returns setof library.books language sql stable as
  $$ select * from library.books where author_id = author $$;
create function library.pairs() returns table (left_one int, right_one text)
  language sql immutable as $$ values (1, 'a'), (2, 'b') $$;
create function library.out_pair(out x int, out y int) language sql immutable as
  $$ select 1, 2 $$;
create function library.some_record() returns record language sql immutable as
  $$ select 1 as a, 'x'::text as b $$;
create function library.some_records() returns setof record language sql immutable as
  $$ values (1, 'x'::text), (2, 'y') $$;
create function library.take_json(json) returns json language sql immutable as $$ select $1 $$;
create function library.take_text(text) returns text language sql immutable as $$ select $1 $$;
create function library.take_bytes(bytea) returns int language sql immutable as
  $$ select octet_length($1) $$;
create function library.either(id int) returns text language sql immutable as $$ select 'named' $$;
create function library.either(json) returns text language sql immutable as $$ select 'whole' $$;
create function library.two_unnamed(int, int) returns int language sql immutable as
  $$ select $1 + $2 $$;
create function library.int_unnamed(int) returns int language sql immutable as $$ select $1 $$;
create procedure library.proceed() language sql as $$ select 1 $$;
create function library.lengths(c char(2), b bit(2), v varchar(2)) returns text
  language sql immutable as $$ select c || ' ' || b::text || ' ' || v $$;
create function library.sum_ints(ints int[]) returns int language sql immutable as
  $$ select sum(each)::int from unnest(ints) as each $$;
create function library.echo_json(value json) returns json language sql immutable as
  $$ select value $$;
create function library."Ümlaut fn"("ä b" text) returns text language sql immutable as
  $$ select "ä b" $$;
create function library.authors(id int) returns text language sql immutable as
  $$ select 'the function' $$;

create function library.write_volatile(word text) returns text language sql volatile as
  $$ insert into library.shouts values (word) returning word $$;
create function library.write_stable(word text) returns text language plpgsql stable as $$
begin
  return library.write_volatile(word);
end
$$;
create function library.wipe_numbers(most int) returns setof library.numbers language sql as
  $$ delete from library.numbers where n <= most returning * $$;
create function library.wipe_one() returns int language sql as
  $$ delete from library.numbers where n = 1 returning n $$;

create function library.setting(name text) returns text language sql volatile as
  $$ select current_setting(name, true) $$;
create function library.setting_stable(name text) returns text language sql stable as
  $$ select current_setting(name, true) $$;
create view library.context as select
  current_setting('transaction_isolation') as isolation,
  current_setting('transaction_read_only') as read_only,
  current_setting('search_path') as search_path,
  current_setting('work_mem') as work_mem,
  current_setting('log_planner_stats') as log_planner_stats,
  current_setting('statement_timeout') as statement_timeout,
  current_setting('timezone') as timezone,
  current_user::text as role,
  current_setting('request.jwt.claims', true)::json as claims,
  current_setting('request.method', true) as method,
  current_setting('request.path', true) as path,
  current_setting('request.headers', true)::json as headers,
  current_setting('request.cookies', true)::json as cookies,
  current_setting('app.settings.greeting', true) as greeting;

-- Where a write meets the isolation and the limits it runs under.
create table library.witnesses (id int primary key, isolation text, timeout text);
insert into library.witnesses values (1, '', '');
create function vault.witness() returns trigger language plpgsql as $$
begin
  new.isolation := current_setting('transaction_isolation');
  new.timeout := current_setting('statement_timeout');
  return new;
end
$$;
create trigger witness before insert or update on library.witnesses
  for each row execute function vault.witness();

create function library.serial() returns text language sql volatile
  set default_transaction_isolation = 'serializable' as
  $$ select current_setting('transaction_isolation') $$;
create function library.serial_stable() returns text language sql stable
  set default_transaction_isolation = 'serializable' as
  $$ select current_setting('transaction_isolation') $$;
create function library.hoisted() returns text language sql volatile
  set statement_timeout = '7s' set work_mem = '6MB' as
  $$ select current_setting('statement_timeout') || ' ' || current_setting('work_mem') $$;
create function library.hurried() returns void language sql volatile
  set statement_timeout = '100ms' as $$ select pg_sleep(1) $$;
create function library.nap(seconds float) returns void language sql volatile as
  $$ select pg_sleep(seconds) $$;

-- What SQL says of the response.
create function library.respond(headers text default null, status text default null)
  returns text language plpgsql as $$
begin
  perform set_config('response.headers', coalesce(headers, ''), true);
  perform set_config('response.status', coalesce(status, ''), true);
  return 'said';
end
$$;
create function library.respond_void() returns void language plpgsql as $$
begin
  perform set_config('response.headers', '[{"X-Void": "yes"}]', true);
end
$$;

-- Any error there is.
create function library.fail(state text, message text default 'boom', detail text default null,
  hint text default null) returns void language plpgsql as $$
begin
  if fail.detail is null then
    raise exception using errcode = state, message = fail.message;
  elsif fail.hint is null then
    raise exception using errcode = state, message = fail.message, detail = fail.detail;
  end if;
  raise exception using errcode = state, message = fail.message, detail = fail.detail,
    hint = fail.hint;
end
$$;

create function vault.before_request() returns void language plpgsql as $$
begin
  if current_setting('request.headers', true)::json ->> 'x-refuse' is not null then
    raise sqlstate 'PT402' using message = 'Payment Required';
  end if;
  perform set_config('request.stamp', 'stamped', true);
  perform set_config('response.headers', '[{"X-Before": "yes"}]', true);
end
$$;
create function library.stamp() returns text language sql stable as
  $$ select current_setting('request.stamp', true) $$;
create function vault.before_config() returns void language plpgsql as $$
begin
  perform set_config('pgrst.db_max_rows', '4', true);
end
$$;
create function library.describe() returns json language sql stable as
  $$ select json_build_object('openapi', '3.1.0', 'paths', json_build_object()) $$;
create function shop.describe() returns json language sql stable as
  $$ select json_build_object('shop', true) $$;
create function shop.price(sku text) returns int language sql immutable as $$ select 7 $$;

-- More or fewer rows than the planner thinks.
create function library.setting_rows(n int) returns setof int language plpgsql stable rows 1000 as $$
begin
  return query select generate_series(1, n);
end
$$;
create function library.few_rows(n int) returns setof int language plpgsql stable rows 1 as $$
begin
  return query select generate_series(1, n);
end
$$;
create function library.no_trigger() returns trigger language plpgsql as
  $$ begin return new; end $$;
create table library.replies (id int primary key);
create function vault.reply() returns trigger language plpgsql as $$
begin
  perform set_config('response.headers', json_build_array(json_build_object('X-Reply', new.id::text))::text, true);
  return new;
end
$$;
create trigger reply before insert on library.replies for each row execute function vault.reply();
