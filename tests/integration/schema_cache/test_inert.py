"""Which reads may share a session: those whose code provably cannot change it."""

import asyncio
from collections.abc import Callable

import asyncpg
import pytest

from passeplat.names import QualifiedName
from passeplat.schema_cache.inert import inert_query

LIBRARY = """
create schema api;
create type api.state as enum ('new', 'old');
create domain api.year as integer check (value > 0);
create type api.pair as (one api.state, other text);
create function api.reader() returns text
  language sql stable return current_setting('request.reader', true);
create function api.indirect() returns text language sql stable return api.reader() || 'x';
create table api.authors (id int primary key, name text);
create table api.books (
  id int primary key, title varchar, year api.year, states api.state[], pair api.pair,
  author int references api.authors, span int4range
);
alter table api.books enable row level security;
create policy readers on api.books using (title = (select api.indirect()));
create view api.titles as
  select title, count(*) as number, gen_random_uuid() as id from api.books group by title;
create function api.evil() returns text language plpgsql
  as $$ begin return set_config('request.reader', 'x', false); end $$;
create function api.evil(int) returns int language plpgsql
  as $$ begin perform set_config('request.reader', 'x', false); return $1; end $$;
create function api.evil(varchar, varchar) returns boolean language plpgsql
  as $$ begin return set_config('request.reader', 'x', false) = ''; end $$;
create function api.evil(api.state) returns json language plpgsql
  as $$ begin return to_json(set_config('request.reader', 'x', false)); end $$;
"""
FUNCTIONS = ("json_agg", "to_jsonb", "set_config")
OPERATORS = ("=", "<")


@pytest.fixture
def library(clone: Callable[[Callable[[str], None]], str]) -> str:
    return clone(make_library)


def make_library(url: str) -> None:
    asyncio.run(execute(url, LIBRARY))


async def execute(url: str, sql: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(sql)
    await connection.close()


def is_inert(url: str, *names: str) -> bool:
    async def ask() -> str:
        connection = await asyncpg.connect(url)
        query = inert_query([QualifiedName("api", name) for name in names], FUNCTIONS, OPERATORS)
        *params, writes = ((each or b"").decode() for each in query.params)
        answer: str = await connection.fetchval(query.sql, *params, writes == "true")
        await connection.close()
        return answer

    return asyncio.run(ask()) == "true"


def test_tables_views_and_policies_of_plain_sql_are(library: str) -> None:
    assert is_inert(library, "books")
    assert is_inert(library, "titles")
    assert is_inert(library, "books", "authors", "titles")


def test_what_does_not_exist_is_not(library: str) -> None:
    assert not is_inert(library, "books", "none")


@pytest.mark.parametrize(
    "change",
    [
        (
            "create or replace function api.reader() returns text language plpgsql"
            " as $$ begin return set_config('a.b', 'c', false); end $$"
        ),
        (
            "create or replace function api.reader() returns text"
            " language sql as $$ select set_config('a.b', 'c', false) $$"
        ),
        (
            "create or replace function api.reader() returns text"
            " language sql return set_config('a.b', 'c', false)"
        ),
        "create policy more on api.books using (api.evil() = '')",
        (
            "create policy more on api.books"
            " using (exists (select from api.authors where pg_advisory_lock(id) is null))"
        ),
        "alter domain api.year add check (api.evil(value) > 0)",
        "create cast (api.state as json) with function api.evil(api.state)",
        "create operator api.= (leftarg = varchar, rightarg = varchar, function = api.evil)",
        (
            "create function api.json_agg(api.books) returns text"
            " language plpgsql as $$ begin return ''; end $$"
        ),
        (
            "create view api.evil_authors as select id, api.evil() as evil from api.authors;"
            "create policy more on api.books using (id in (select id from api.evil_authors))"
        ),
        (
            "create sequence api.numbers;"
            "create policy more on api.books using (nextval('api.numbers') > 0)"
        ),
        (
            "create function api.default_evil(text default api.evil()) returns text"
            " language sql return $1;"
            "create policy more on api.books using (api.default_evil() = '')"
        ),
        "create policy more on api.books using (query_to_xml('', true, true, '') is null)",
        (
            "create policy more on api.books"
            " using (table_to_xml('api.authors', true, true, '') is null)"
        ),
        (
            "create extension file_fdw; create server files foreign data wrapper file_fdw;"
            "create foreign table api.more_books () inherits (api.books) server files"
            " options (filename 'none')"
        ),
    ],
    ids=lambda change: change[:70],
)
def test_one_call_away_from_changing_the_session_is_not(library: str, change: str) -> None:
    try:
        asyncio.run(execute(library, change))
    except (asyncpg.UndefinedFileError, asyncpg.FeatureNotSupportedError) as error:
        pytest.skip(f"this server has no such extension: {error}")
    assert not is_inert(library, "books")
    assert is_inert(library, "authors") == ("varchar" not in change and "json_agg" not in change)


def test_a_view_of_code_is_not(library: str) -> None:
    asyncio.run(execute(library, "create view api.v as select set_config('a.b', 'c', false)"))
    assert not is_inert(library, "v")


def test_a_generated_column_is_looked_into(library: str) -> None:
    asyncio.run(
        execute(
            library,
            "create function api.fixed(int) returns int language plpgsql immutable"
            " as $$ begin return api.evil($1); end $$;"
            "create table api.made (id int, made int generated always as (api.fixed(id)) stored)",
        )
    )
    assert not is_inert(library, "made")
