"""Rows that leave as they come, by both kinds of connection."""

import asyncio
from contextlib import aclosing
from dataclasses import replace

import pytest

from passeplat.errors import DatabaseError
from passeplat.postgres.model import Batch, Connection, Query
from passeplat.postgres.pool import Pool

from .conftest import World, execute

pytestmark = pytest.mark.anyio

MANY = "select pg_catalog.repeat('x', 100) || i from generate_series(1, 20000) as i"


def batch(world: World, rows: str, **options: object) -> Batch:
    """The second of three statements is the one to stream."""
    statements = tuple(map(Query, ("select 'before'", rows, "select 'after'")))
    return Batch(world.context(world.red), statements, scope=world.red, **options)


async def drained(connection: Connection, asked: Batch) -> tuple[list[bytes], object]:
    """All rows, and the last results."""
    rows: list[bytes] = []
    results: object = None
    async for piece in connection.stream(asked, 1):
        rows += piece.rows
        results = piece.results
    return rows, results


OPTIONS = ({}, {"prepare": False}, {"isolation": "repeatable read"})


@pytest.mark.parametrize("options", OPTIONS, ids=("implicit", "unprepared", "isolated"))
async def test_rows_are_those_of_a_run(
    connection: Connection, world: World, options: dict[str, object]
) -> None:
    asked = batch(world, MANY, **options)
    rows, results = await drained(connection, asked)
    before, whole, after = await connection.run(asked)
    assert tuple((row,) for row in rows) == whole
    assert results == (before, (), after)


async def test_what_came_before_is_known_with_the_first_rows(
    connection: Connection, world: World
) -> None:
    async with aclosing(connection.stream(batch(world, MANY), 1)) as pieces:
        first = await anext(pieces)
    assert first.results == (((b"before",),),)
    assert 0 < len(first.rows) < 20000


async def test_row_security_is_in_force(connection: Connection, world: World) -> None:
    notes = "select text from api.notes order by id"
    assert (await drained(connection, batch(world, notes)))[0] == [b"one", b"three"]
    blue = replace(batch(world, notes), context=world.context(world.blue), scope=world.blue)
    assert (await drained(connection, blue))[0] == [b"two"]


async def test_no_rows_are_a_last_piece_only(connection: Connection, world: World) -> None:
    asked = batch(world, "select text from api.notes where false")
    pieces = [piece async for piece in connection.stream(asked, 1)]
    assert [piece.rows for piece in pieces] == [()]


async def test_long_and_empty_rows_are_whole(connection: Connection, world: World) -> None:
    asked = batch(world, "values (''), (pg_catalog.repeat('long', 500000)), ('last')")
    rows, _ = await drained(connection, asked)
    assert rows == [b"", b"long" * 500000, b"last"]


async def test_an_error_midway_is_raised_after_what_came(
    connection: Connection, world: World
) -> None:
    failing = "select (1000000 / (60000 - i))::text from generate_series(1, 60000) as i"
    with pytest.raises(DatabaseError, match="division by zero"):
        await drained(connection, batch(world, failing))
    assert await connection.run(world.bare("select 'again'")) == (((b"again",),),)


async def test_what_is_not_read_to_the_end_is_ended(connection: Connection, world: World) -> None:
    many = "select generate_series(1, 2000000)::text"
    async with aclosing(connection.stream(batch(world, many), 1)) as pieces:
        await anext(pieces)
    assert await connection.run(world.bare("select 'again'")) == (((b"again",),),)


async def test_a_slow_reader_slows_the_server_down(connection: Connection, world: World) -> None:
    asked = batch(world, MANY.replace("20000", "200000"))
    async with aclosing(connection.stream(asked, 1)) as pieces:
        await anext(pieces)
        await asyncio.sleep(0.2)
        assert sum(map(len, (await anext(pieces)).rows)) < 2_000_000


async def test_a_statement_that_went_stale_is_prepared_anew(
    connection: Connection, world: World
) -> None:
    notes = batch(world, "select text from (select * from api.notes order by id) as t")
    before, _ = await drained(connection, notes)
    await execute(world.superuser, "alter table api.notes add column more int default 1")
    await execute(world.superuser, "alter table api.notes alter column text type varchar")
    after, _ = await drained(connection, notes)
    assert before == after == [b"one", b"three"]


async def test_streams_leave_half_of_a_pool_to_others(pool: Pool, world: World) -> None:
    async with aclosing(pool.stream(batch(world, MANY), 1)) as pieces:
        await anext(pieces)
        other = asyncio.create_task(anext(pool.stream(batch(world, MANY), 1)))
        await asyncio.sleep(0.05)
        assert not other.done()
    assert (await other).rows
