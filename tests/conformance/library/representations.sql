-- Domains that are shown otherwise than they are stored, and domains named after media types.
create domain library.colour as int;
create function library.json(library.colour) returns json language sql immutable as
  $$ select to_json('#' || lpad(to_hex($1), 6, '0')) $$;
create function library.colour(text) returns library.colour language sql immutable as
  $$ select ('x' || lpad(ltrim($1, '#'), 8, '0'))::bit(32)::int::library.colour $$;
create function library.colour(json) returns library.colour language sql immutable as
  $$ select library.colour($1 #>> '{}') $$;
create cast (library.colour as json) with function library.json(library.colour) as implicit;
create cast (text as library.colour) with function library.colour(text) as implicit;
create cast (json as library.colour) with function library.colour(json) as implicit;

create table library.paints (
  id int primary key,
  name text,
  colour library.colour default 255,
  author_id int references library.authors
);
insert into library.paints values (1, 'red', 16711680, 1), (2, 'blue', 255, 2);
create view library.paint_view as select id, colour from library.paints;
create function library.paint_of(id int) returns library.colour language sql stable as
  $$ select colour from library.paints where paints.id = $1 $$;

create domain library."text/html" as text;
create domain library."application/x-pages" as text;
create domain library."image/x-dot" as bytea;
create domain library."*/*" as bytea;
create domain library."text/tab-separated-values" as text;
create domain library."application/json" as json;

create function library.page() returns library."text/html" language sql immutable as
  $$ select '<p>hi</p>'::library."text/html" $$;
create function library.dot() returns library."image/x-dot" language sql immutable as
  $$ select '\x89'::bytea::library."image/x-dot" $$;
create function library.anything() returns library."*/*" language plpgsql as $$
declare
  accept text := current_setting('request.headers', true)::json ->> 'accept';
begin
  if accept like '%application/x-made%' then
    perform set_config('response.headers', '[{"Content-Type": "application/x-made"}]', true);
  end if;
  return 'any'::bytea;
end
$$;

create function library.add_page(state library."application/x-pages", one library.books)
  returns library."application/x-pages" language sql immutable as
  $$ select (state || one.title || ';')::library."application/x-pages" $$;
create aggregate library.as_pages(library.books) (
  sfunc = library.add_page, stype = library."application/x-pages", initcond = ''
);
create function library.add_line(state library."text/tab-separated-values", one anyelement)
  returns library."text/tab-separated-values" language sql immutable as
  $$ select (state || one::text || E'\n')::library."text/tab-separated-values" $$;
create aggregate library.as_tsv(anyelement) (
  sfunc = library.add_line, stype = library."text/tab-separated-values", initcond = ''
);
create function library.add_genre(state library."*/*", one library.genres)
  returns library."*/*" language sql immutable as
  $$ select (state || convert_to(one.name || ' ', 'UTF8'))::library."*/*" $$;
create aggregate library.as_anything(library.genres) (
  sfunc = library.add_genre, stype = library."*/*", initcond = ''
);
create function library.add_country(state library."application/json", one library.countries)
  returns library."application/json" language sql immutable as
  $$ select json_build_object('last', one.code)::library."application/json" $$;
create aggregate library.as_own_json(library.countries) (
  sfunc = library.add_country, stype = library."application/json", initcond = '{}'
);

-- As much of PostGIS as GeoJSON takes.
create function extras.st_asgeojson(record) returns text language plpgsql as $$
begin
  return json_build_object('type', 'Feature', 'properties', to_json($1));
end
$$;

create domain library."application/vnd.pgrst.object+json" as text;
create function library.own_object() returns library."application/vnd.pgrst.object+json"
  language sql immutable as $$ select 'vendored'::library."application/vnd.pgrst.object+json" $$;
