"""What a role is offered, as PostgreSQL says."""

import os
from collections.abc import AsyncIterator

import asyncpg
import pytest

from passeplat.config import Config
from passeplat.contract import Contract, read_contract
from passeplat.contract.model import Embed
from passeplat.names import QualifiedName

pytestmark = pytest.mark.anyio

ROLE = f"contract_{os.getpid()}"
SCHEMA = f"""
create role {ROLE};
create schema api;
grant usage on schema api to {ROLE};
create table api.people (id integer primary key, name text not null, secret text);
create table api.things (
  id integer primary key generated always as identity, owner integer references api.people, x int);
create table api.more (id integer not null, owner integer, size integer not null);
grant select (id, name), insert (name), delete on api.people to {ROLE};
grant select on api.things to {ROLE};
create function api.mine(x integer default 1) returns setof api.things stable
  return (select row(1, 1, 1)::api.things);
create function api.greeting(api.people) returns text stable return 'Hi ' || ($1).name;
create view api.some as select id, owner from api.more;
create view api.fewer as select owner from api.some;
create function api.theirs() returns integer return 1;
revoke execute on all functions in schema api from public;
grant execute on function api.mine to {ROLE};
grant insert on api.some, api.fewer to {ROLE};
"""


@pytest.fixture
async def contract(database: str) -> AsyncIterator[Contract]:
    connection = await asyncpg.connect(database)
    try:
        await connection.execute(SCHEMA)
        yield await read_contract(connection, Config(db_schemas=("api",)))
    finally:
        await connection.execute(f"drop owned by {ROLE}; drop role {ROLE}")
        await connection.close()


async def test_a_role_is_offered_what_it_was_granted(contract: Contract) -> None:
    offer = contract[ROLE]
    people, things = (QualifiedName("api", name) for name in ("people", "things"))
    some, fewer = (QualifiedName("api", name) for name in ("some", "fewer"))
    assert set(offer.relations) == {people, things, some, fewer}
    assert (offer.relations[some].hidden, offer.relations[fewer].hidden) == (
        ("size",),
        ("id", "size"),
    )
    columns = offer.relations[people].columns
    readable = [name for name, column in columns.items() if column.is_readable]
    assert readable == ["id", "name", "greeting"]
    assert [name for name, column in columns.items() if column.is_insertable] == ["name"]
    assert [name for name, column in columns.items() if column.is_required] == ["name"]
    assert (offer.relations[people].is_deletable, offer.relations[things].is_deletable) == (1, 0)
    [mine] = offer.routines[QualifiedName("api", "mine")]
    assert (mine.returns, mine.is_read_only) == ("setof api.things", True)
    assert QualifiedName("api", "theirs") not in offer.routines
    assert offer.embeds[Embed(things, people, "things_owner_fkey")] == "many-to-one"
