"""Rows that leave as they come, by both kinds of connection."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace

import pytest

from passeplat.errors import DatabaseError, PutMismatch
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


async def queries(*statements: str) -> AsyncIterator[Query]:
    for statement in statements:
        await asyncio.sleep(0)
        yield Query(statement)


INSERT = "insert into api.notes values ({}, 'red', 'more') returning id::text"


def inserts(*numbers: int) -> AsyncIterator[Query]:
    return queries(*(INSERT.format(number) for number in numbers))


async def test_statements_that_come_later_run_in_the_same_transaction(
    connection: Connection, world: World
) -> None:
    first = world.batch("select pg_current_xact_id()::text")
    again = "select pg_current_xact_id()::text"
    results = await connection.feed(first, queries(again, again))
    assert len(results) == 3
    assert len(set(results)) == 1


async def test_what_is_fed_is_committed_once_there_is_no_more(
    connection: Connection, world: World
) -> None:
    results = await connection.feed(world.batch(INSERT.format(10)), inserts(11, 12))
    assert results == (((b"10",),), ((b"11",),), ((b"12",),))
    [rows] = await connection.run(world.batch("select id::text from api.notes where id > 9"))
    assert len(rows) == 3


@pytest.mark.parametrize("numbers", [(11, 1), (1, 11), (11, 12, 2, 13)])
async def test_one_statement_that_fails_takes_all_back(
    connection: Connection, world: World, numbers: tuple[int, ...]
) -> None:
    with pytest.raises(DatabaseError, match="duplicate key"):
        await connection.feed(world.batch(INSERT.format(10)), inserts(*numbers))
    assert await connection.run(world.batch("select 'x' from api.notes where id > 9")) == ((),)


async def test_what_the_giver_raises_takes_all_back(connection: Connection, world: World) -> None:
    async def broken() -> AsyncIterator[Query]:
        yield Query(INSERT.format(11))
        raise PutMismatch

    with pytest.raises(PutMismatch):
        await connection.feed(world.batch(INSERT.format(10)), broken())
    assert await connection.run(world.batch("select 'x' from api.notes where id > 9")) == ((),)


async def test_a_feed_that_is_cancelled_takes_all_back(
    connection: Connection, world: World
) -> None:
    waits = asyncio.Event()

    async def endless() -> AsyncIterator[Query]:
        yield Query(INSERT.format(11))
        waits.set()
        await asyncio.sleep(60)

    feeding = asyncio.create_task(connection.feed(world.batch(INSERT.format(10)), endless()))
    await waits.wait()
    feeding.cancel()
    with pytest.raises(asyncio.CancelledError):
        await feeding
    assert await connection.run(world.batch("select 'x' from api.notes where id > 9")) == ((),)
