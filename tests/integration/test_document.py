"""What PostgreSQL says a role may use of a schema, asked in one transaction."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import asyncpg
import orjson
import pytest

from passeplat.claims import Claims
from passeplat.config import Config
from passeplat.errors import DatabaseError
from passeplat.names import quote
from passeplat.plan.model import DocumentPlan
from passeplat.postgres.model import End
from passeplat.postgres.pipeline import connect
from passeplat.query.document import document_batch
from passeplat.request.model import (
    Action,
    ApiRequest,
    MediaType,
    Preferences,
    QueryString,
    Range,
)

REQUEST = ApiRequest(
    action=Action.ROOT,
    method="GET",
    path="/",
    target="",
    schema="api",
    profile=None,
    query=QueryString(),
    range=Range(),
    preferences=Preferences(),
    accept=(MediaType("*/*"),),
    content_type=MediaType("application/json"),
    body=None,
)
CONFIG = Config(db_schemas=("api",))


@dataclass(frozen=True)
class Place:
    """A database with a schema `api`, and a role that may look into it."""

    url: str
    role: str

    def execute(self, sql: str) -> None:
        asyncio.run(_execute(self.url, sql.replace("reader", f'"{self.role}"')))

    def ask(self, schema: str = "api", config: Config = CONFIG, role: str | None = None) -> Any:
        plan = DocumentPlan(replace(REQUEST, schema=schema))
        return asyncio.run(_ask(self.url, plan, role or self.role, config))

    def relations(self, schema: str = "api", config: Config = CONFIG) -> Any:
        return self.ask(schema, config)["relations"]

    def routines(self, schema: str = "api", config: Config = CONFIG) -> Any:
        return self.ask(schema, config)["routines"]


async def _execute(url: str, sql: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


async def _ask(url: str, plan: DocumentPlan, role: str, config: Config) -> Any:
    connection = await connect(url)
    try:
        rows = await connection.run(document_batch(plan, Claims(role, b"{}"), config))
    finally:
        await connection.close()
    [(privileges,)] = rows[-1]
    assert privileges is not None
    return orjson.loads(privileges)


@pytest.fixture
def place(database: str) -> Iterator[Place]:
    found = Place(database, database.rpartition("/")[2] + "_reader")
    found.execute("create role reader; create schema api; grant usage on schema api to reader")
    yield found
    found.execute("drop owned by reader; drop role reader")


def test_a_schema_in_which_nothing_may_be_used_has_nothing(place: Place) -> None:
    place.execute("create table api.books (id int)")
    assert place.ask() == {"relations": None, "routines": None}


def test_a_schema_that_does_not_exist_has_nothing(place: Place) -> None:
    assert place.ask("gone") == {"relations": None, "routines": None}


@pytest.mark.parametrize("privilege", ["select", "insert", "update"])
def test_a_privilege_on_a_relation_is_one_on_all_columns(place: Place, privilege: str) -> None:
    place.execute(f"create table api.books (id int); grant {privilege} on api.books to reader")
    assert place.relations() == {"books": None}


@pytest.mark.parametrize("privilege", ["select", "insert", "update"])
def test_a_privilege_on_a_column_is_one_on_that_column(place: Place, privilege: str) -> None:
    place.execute(
        "create table api.books (id int, title text, secret text);"
        f"grant {privilege} (title) on api.books to reader"
    )
    assert place.relations() == {"books": ["title"]}


def test_privileges_on_columns_add_up(place: Place) -> None:
    place.execute(
        "create table api.books (id int, title text, secret text);"
        "grant select (id), insert (title) on api.books to reader"
    )
    assert place.relations() == {"books": ["id", "title"]}


def test_a_dropped_column_is_not_told(place: Place) -> None:
    place.execute(
        "create table api.books (gone int, title text, secret text);"
        "grant select (gone, title) on api.books to reader;"
        "alter table api.books drop gone"
    )
    assert place.relations() == {"books": ["title"]}


def test_who_may_only_delete_sees_no_column(place: Place) -> None:
    place.execute("create table api.books (id int); grant delete on api.books to reader")
    assert place.relations() == {"books": []}


@pytest.mark.parametrize("privilege", ["truncate", "references", "trigger"])
def test_what_no_request_can_do_shows_nothing(place: Place, privilege: str) -> None:
    place.execute(f"create table api.books (id int); grant {privilege} on api.books to reader")
    assert place.relations() is None


def test_privileges_of_everyone_and_of_a_parent_role_count(place: Place) -> None:
    place.execute(
        "create table api.books (id int); grant select on api.books to public;"
        "create table api.authors (id int); grant select on api.authors to pg_monitor;"
        "grant pg_monitor to reader"
    )
    assert place.relations() == {"authors": None, "books": None}


def test_every_kind_of_relation_is_told_but_not_partitions(place: Place) -> None:
    place.execute(
        "create table api.books (id int) partition by range (id);"
        "create table api.books_1 partition of api.books for values from (1) to (9);"
        "create view api.a_view as select 1 as id;"
        "create materialized view api.a_copy as select 1 as id;"
        "create sequence api.numbers; create type api.pair as (a int, b int);"
        "grant select on all tables in schema api to reader"
    )
    assert set(place.relations()) == {"books", "a_view", "a_copy"}


def test_a_relation_of_another_schema_is_not_told(place: Place) -> None:
    place.execute(
        "create schema other; create table other.books (id int);"
        "grant usage on schema other to reader; grant select on other.books to reader"
    )
    assert (place.relations("api"), place.relations("other")) == (None, {"books": None})


def test_a_function_is_told_with_the_types_of_its_arguments(place: Place) -> None:
    place.execute(
        "create type api.mood as enum ('good'); create domain api.word as text;"
        "create function api.f(a int, b api.mood, out c text, d api.word[], variadic e varchar[])"
        " begin atomic select 'x'; end"
    )
    assert place.routines() == [["f", ["integer", "api.mood", "api.word[]", "character varying[]"]]]


def test_a_function_without_arguments_is_told(place: Place) -> None:
    place.execute("create function api.f() returns int return 1")
    assert place.routines() == [["f", []]]


def test_a_function_the_role_may_not_call_is_not_told(place: Place) -> None:
    place.execute(
        "create function api.f() returns int return 1;"
        "revoke execute on function api.f() from public"
    )
    assert place.routines() is None


def test_of_overloads_those_the_role_may_call_are_told(place: Place) -> None:
    place.execute(
        "create function api.f(a int) returns int return 1;"
        "create function api.f(a text) returns int return 1;"
        "revoke execute on function api.f(text) from public"
    )
    assert place.routines() == [["f", ["integer"]]]


def test_procedures_and_aggregates_are_not_told(place: Place) -> None:
    place.execute(
        "create procedure api.p() begin atomic select 1; end;"
        "create aggregate api.total(int) (sfunc = int4pl, stype = int)"
    )
    assert place.routines() is None


def test_who_may_not_enter_a_schema_sees_nothing_of_it(place: Place) -> None:
    place.execute(
        "create table api.books (id int); grant select on api.books to reader;"
        "create function api.f() returns int return 1;"
        "revoke usage on schema api from reader"
    )
    assert place.ask() == {"relations": None, "routines": None}


def test_where_privileges_are_ignored_everything_is_told(place: Place) -> None:
    place.execute(
        "create table api.books (id int); create function api.f() returns int return 1;"
        "revoke execute on function api.f() from public; revoke usage on schema api from reader"
    )
    assert place.ask(config=replace(CONFIG, openapi_mode="ignore-privileges")) == {
        "relations": {"books": None},
        "routines": [["f", []]],
    }


@pytest.mark.parametrize("mode", ["follow-privileges", "ignore-privileges"])
def test_a_role_that_does_not_exist_sees_nothing(place: Place, mode: str) -> None:
    with pytest.raises(DatabaseError) as raised:
        place.ask(config=replace(CONFIG, openapi_mode=mode), role="nobody at all")
    assert raised.value.sqlstate == "22023"


def test_names_may_be_anything(place: Place) -> None:
    table, function = "100% 'of' \"it\"", "{$1}"
    place.execute(
        f"create table api.{quote(table)} (id int);"
        f"grant select on api.{quote(table)} to reader;"
        f'create function api.{quote(function)}("a\'b" int) returns int return 1'
    )
    assert place.ask() == {"relations": {table: None}, "routines": [[function, ["integer"]]]}


def test_a_schema_may_be_called_anything(place: Place) -> None:
    schema = 'it\'s "mine"; drop'
    place.execute(
        f"create schema {quote(schema)}; create table {quote(schema)}.books (id int);"
        f"grant usage on schema {quote(schema)} to reader;"
        f"grant select on {quote(schema)}.books to reader"
    )
    assert place.relations(schema) == {"books": None}


def test_the_pre_request_function_runs_as_the_role_with_the_path_of_the_request(
    place: Place,
) -> None:
    place.execute(
        "create function api.check() returns void language plpgsql as $$ begin"
        " raise '% % %', current_user, current_setting('search_path'),"
        " current_setting('transaction_read_only'); end $$"
    )
    config = replace(CONFIG, db_pre_request="api.check", db_extra_search_path=("public",))
    with pytest.raises(DatabaseError) as raised:
        place.ask(config=config)
    assert raised.value.message == f'{place.role} "api", "public" on'


def test_a_role_the_pre_request_function_switches_to_is_the_one_asked_about(place: Place) -> None:
    place.execute(
        "create table api.books (id int);"
        "create function api.switch() returns void language sql as"
        " $$ select set_config('role', session_user, true) $$"
    )
    assert place.relations(config=replace(CONFIG, db_pre_request="api.switch")) == {"books": None}


def test_the_transaction_ends_as_configured() -> None:
    config = replace(CONFIG, db_tx_end="rollback")
    batch = document_batch(DocumentPlan(REQUEST), Claims("reader", b"{}"), config)
    assert batch.end is End.ROLLBACK
