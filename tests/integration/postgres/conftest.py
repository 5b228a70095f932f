"""A database with two tenants and a login role that may become either of its users."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from passeplat.postgres import pipeline, plain
from passeplat.postgres.model import Batch, Connection, Query
from passeplat.postgres.pool import Limits, Pool

Connect = Callable[[str], Awaitable[Connection]]

SCHEMA = """
create schema api;
grant usage on schema api to "{red}", "{blue}";
create table api.notes (id int primary key, tenant text not null, text text);
insert into api.notes values (1, 'red', 'one'), (2, 'blue', 'two'), (3, 'red', 'three');
alter table api.notes enable row level security;
create policy by_tenant on api.notes
  using (tenant = (select current_setting('request.tenant', true)));
create table api.pairs (
  id int primary key, other int references api.pairs deferrable initially deferred
);
create sequence api.numbers;
grant all on all tables in schema api to "{red}", "{blue}";
grant all on all sequences in schema api to "{red}", "{blue}";
create function api.run(statement text) returns text language plpgsql
  as $$ begin execute statement; return 'done'; end $$;
"""


@dataclass(frozen=True)
class World:
    url: str  # as the login role
    superuser: str
    login: str
    red: str
    blue: str

    def context(self, role: str) -> Query:
        tenant = b"red" if role == self.red else b"blue"
        sql = "select set_config('role', $1, true), set_config('request.tenant', $2, true)"
        return Query(sql, (role.encode(), tenant))

    def batch(self, sql: str, *params: bytes | None, role: str = "", **options: object) -> Batch:
        """One statement, as the role red unless told otherwise."""
        role = role or self.red
        return Batch(self.context(role), (Query(sql, params),), scope=role, **options)

    def bare(self, sql: str, *params: bytes | None, **options: object) -> Batch:
        """One statement without a context."""
        return Batch(None, (Query(sql, params),), **options)


async def execute(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture
def world(database: str) -> Iterator[World]:
    name = urlsplit(database).path.strip("/")
    login, red, blue = (f"{name}_{role}" for role in ("login", "red", "blue"))
    parts = urlsplit(database)
    address = parts.netloc.rpartition("@")[2]
    url = urlunsplit(parts._replace(netloc=f"{login}@{address}"))
    asyncio.run(
        execute(
            database,
            f'create role "{login}" login noinherit',
            f'create role "{red}"; create role "{blue}"; grant "{red}", "{blue}" to "{login}"',
            SCHEMA.format(red=red, blue=blue),
        )
    )
    yield World(url, database, login, red, blue)
    names = f'"{login}", "{red}", "{blue}"'
    asyncio.run(
        execute(
            database,
            f"select pg_terminate_backend(pid) from pg_stat_activity where usename = '{login}'",
            f"drop owned by {names}",
            f"drop role {names}",
        )
    )


@pytest.fixture(params=[pipeline.connect, plain.connect], ids=["pipelined", "plain"])
def connect(request: pytest.FixtureRequest) -> Connect:
    chosen: Connect = request.param
    return chosen


@pytest.fixture
async def connection(connect: Connect, world: World) -> AsyncIterator[Connection]:
    opened = await connect(world.url)
    yield opened
    await opened.close()


@pytest.fixture
async def pool(connect: Connect, world: World) -> AsyncIterator[Pool]:
    """One connection: the next request gets the session of the last, if it gets any session."""
    made = Pool(lambda: connect(world.url), Limits(size=1, acquisition=8))
    yield made
    await made.close()


@pytest.fixture
def socket_directory() -> str:
    """Where the test server keeps its unix sockets, if it does."""
    return os.environ.get("PASSEPLAT_TEST_SOCKETS", "")
