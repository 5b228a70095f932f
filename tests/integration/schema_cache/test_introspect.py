"""What reading the catalogue does to a connection, and what a database can do to it."""

import asyncio
from collections.abc import Callable

import asyncpg
import pytest

from passeplat.config import Config
from passeplat.names import QualifiedName
from passeplat.schema_cache.introspect import introspect
from passeplat.schema_cache.model import SchemaCache

Load = Callable[..., SchemaCache]


def test_the_cache_carries_its_version(load: Load) -> None:
    assert load("").version == 1


@pytest.mark.parametrize("name", ["json_agg", "pg_sleep", "to_jsonb", "text", "regclass"])
def test_names_that_would_be_called_on_a_row_are_known(load: Load, name: str) -> None:
    assert name in load("").callable_names


def test_the_connection_keeps_its_search_path(database: str) -> None:
    async def search_path() -> object:
        connection = await asyncpg.connect(database)
        try:
            await connection.execute("set search_path = here, there")
            await introspect(connection, Config(), version=1)
            return await connection.fetchval("select current_setting('search_path')")
        finally:
            await connection.close()

    assert asyncio.run(search_path()) == "here, there"


def test_objects_that_shadow_the_catalogue_are_not_asked(load: Load) -> None:
    """A connection whose search_path puts another schema before pg_catalog."""
    cache = load("""
        create schema evil;
        create table evil.pg_class (oid oid);
        create table evil.pg_namespace (oid oid);
        create function evil.format_type(oid, int) returns text return 'evil';
        create function evil.set_config(text, text, boolean) returns text return 'evil';
        create function evil.equal(name, name) returns boolean return false;
        create operator evil.= (leftarg = name, rightarg = name, function = evil.equal);
        create type evil.text as enum ('evil');
        do $$ begin
            execute format('alter database %I set search_path = evil, pg_catalog',
                           current_database());
        end $$;
        create table api.things (id int);
    """)
    assert cache.tables[QualifiedName("api", "things")].columns["id"].type == "integer"


def test_identifiers_are_quoted_where_needed_whatever_the_database_says(load: Load) -> None:
    cache = load("""
        do $$ begin
            execute format('alter database %I set quote_all_identifiers = on', current_database());
            execute format('alter database %I set standard_conforming_strings = off',
                           current_database());
        end $$;
        create domain api.mail as text;
        create table api.things (id api.mail primary key);
        create view api.seen as select id from (select id from api.things) s;
    """)
    column = cache.tables[QualifiedName("api", "seen")].columns["id"]
    assert column.nominal_type == "api.mail"


def test_a_backslash_in_a_name_is_read_under_either_setting_of_string_constants(
    load: Load,
) -> None:
    cache = load("""
        do $$ begin
            execute format('alter database %I set standard_conforming_strings = off',
                           current_database());
        end $$;
        create table api.things ("\\{" int primary key);
        create view api.seen as select (select max("\\{") from api.things), "\\{" from api.things;
    """)
    assert cache.tables[QualifiedName("api", "seen")].primary_key == ("\\{",)
