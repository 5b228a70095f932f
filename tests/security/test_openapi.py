"""T-11 and T-31: the document of the root names nothing a role may not use."""

import asyncio

import asyncpg
import orjson
import pytest

from passeplat.claims import Claims
from passeplat.config import Config
from passeplat.plan.model import DocumentPlan
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
from passeplat.response.openapi import render_document
from passeplat.schema_cache.introspect import introspect

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
SCHEMA = """
create role {role};
create schema api;
grant usage on schema api to {role};
create table api.hidden_table (id int primary key);
comment on table api.hidden_table is 'hidden_comment';
create table api.books (
  id int primary key,
  author int references api.hidden_table,
  hidden_column text default 'hidden_default'
);
comment on column api.books.hidden_column is 'hidden_comment';
grant select (id, author) on api.books to {role};
create function api.greet(name text) returns text return name;
create function api.greet(name text, hidden_argument int) returns text return name;
revoke execute on function api.greet(text, int) from public;
create function api.hidden_function() returns int return 1;
revoke execute on function api.hidden_function() from public;
create table api."100% ""it's"" <b>" ("a/b~c" int primary key);
grant select on api."100% ""it's"" <b>" to {role}
"""


async def _document(url: str, role: str) -> bytes:
    config = Config(db_schemas=("api",), db_anon_role=role)
    plan = DocumentPlan(REQUEST)
    plain = await asyncpg.connect(url)
    connection = await connect(url)
    try:
        await plain.execute(SCHEMA.format(role=role))
        cache = await introspect(plain, config, 1)
        rows = await connection.run(document_batch(plan, Claims(role, b"{}"), config))
        [(privileges,)] = rows[-1]
    finally:
        await plain.execute(f"drop owned by {role}; drop role {role}")
        await plain.close()
        await connection.close()
    assert privileges is not None
    body = render_document(plan, privileges, cache, config).body
    assert isinstance(body, bytes)
    return body


@pytest.fixture
def document(database: str) -> bytes:
    return asyncio.run(_document(database, database.rpartition("/")[2] + "_anonymous"))


def test_what_the_role_may_not_use_is_not_named(document: bytes) -> None:
    assert b"hidden" not in document


def test_what_the_role_may_use_is_described(document: bytes) -> None:
    found = orjson.loads(document)
    assert (
        list(found["definitions"]["books"]["properties"]),
        "/rpc/greet" in found["paths"],
    ) == (["id", "author"], True)


def test_a_reference_leads_to_a_name_of_any_characters(document: bytes) -> None:
    found = orjson.loads(document)
    [first, *_] = found["paths"]['/100%25 "it\'s" <b>']["get"]["parameters"]
    assert first == {"$ref": '#/parameters/rowFilter.100%25 "it\'s" <b>.a~1b~0c'}
    assert 'rowFilter.100% "it\'s" <b>.a/b~c' in found["parameters"]
