"""What only the pipelined connection promises: prepared statements and round trips."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from passeplat.errors import DatabaseError
from passeplat.postgres import pipeline
from passeplat.postgres.model import Batch, Query

from .conftest import World, execute

pytestmark = pytest.mark.anyio

PREPARED = "select count(*)::text from pg_prepared_statements where statement like '% as shape'"


@pytest.fixture
async def connection(world: World) -> AsyncIterator[pipeline.Pipeline]:
    opened = await pipeline.connect(world.url, max_statements=5)
    yield opened
    await opened.close()


async def count(connection: pipeline.Pipeline, batch: Batch) -> int:
    return int((await connection.run(batch))[0][0][0] or b"-1")


@pytest.mark.proves("TX-6")
async def test_statements_are_prepared_once(connection: pipeline.Pipeline, world: World) -> None:
    for _ in range(3):
        await connection.run(world.batch("select 1::text as shape"))
    assert await count(connection, world.batch(PREPARED)) == 1


async def test_each_scope_has_a_plan_of_its_own(
    connection: pipeline.Pipeline, world: World
) -> None:
    for role in (world.red, world.blue, world.red):
        await connection.run(world.batch("select 1::text as shape", role=role))
    assert await count(connection, world.batch(PREPARED)) == 2


async def test_the_number_of_prepared_statements_is_bounded(
    connection: pipeline.Pipeline, world: World
) -> None:
    for number in range(40):
        await connection.run(world.batch(f"select {number}::text as shape"))
    assert await count(connection, world.batch(PREPARED)) <= 5


async def test_the_statements_in_use_stay(connection: pipeline.Pipeline, world: World) -> None:
    for number in range(20):
        await connection.run(world.batch("select 'often' as shape"))
        await connection.run(world.batch(f"select {number}::text as shape"))
    sql = "select count(*)::text from pg_prepared_statements where statement like '%often%shape'"
    age = f"{sql} and generic_plans + custom_plans = 20"
    assert await count(connection, world.batch(age)) == 1


async def test_a_batch_larger_than_the_bound_runs(
    connection: pipeline.Pipeline, world: World
) -> None:
    statements = tuple(Query(f"select '{number}' as shape") for number in range(12))
    for _ in range(2):
        rows = await connection.run(Batch(world.context(world.red), statements))
        assert [row[0][0] for row in rows] == [str(number).encode() for number in range(12)]


async def test_the_same_statement_twice_in_a_batch_is_one(
    connection: pipeline.Pipeline, world: World
) -> None:
    twice = (Query("select $1 as shape", (b"a",)), Query("select $1 as shape", (b"b",)))
    for _ in range(2):
        assert await connection.run(Batch(None, twice)) == (((b"a",),), ((b"b",),))
    assert await count(connection, world.bare(PREPARED)) == 1


async def test_a_statement_after_a_failed_one_is_not_taken_for_prepared(
    connection: pipeline.Pipeline, world: World
) -> None:
    later = Query("select 'later'")
    with pytest.raises(DatabaseError):
        await connection.run(Batch(None, (Query("select nothing"), later)))
    assert await connection.run(Batch(None, (later,))) == (((b"later",),),)


@pytest.mark.proves("TX-6", "db-prepared-statements")
async def test_unprepared_batches_leave_no_names(
    connection: pipeline.Pipeline, world: World
) -> None:
    sql = "select count(*)::text from pg_prepared_statements where name <> ''"
    await connection.run(world.batch("select 1::text as shape", prepare=False))
    assert await count(connection, world.batch(sql, prepare=False)) == 0


async def test_statements_change_kind_of_batch_freely(
    connection: pipeline.Pipeline, world: World
) -> None:
    """The statements that reset the session are skipped with a failed block, then needed."""
    with pytest.raises(DatabaseError):
        await connection.run(world.batch("select nothing", isolation="serializable"))
    pid = world.batch("select pg_backend_pid()::text")
    first = await connection.run(pid)
    with pytest.raises(DatabaseError):
        await connection.run(world.batch("select nothing", isolation="serializable"))
    await connection.run(world.batch("select ''", prepare=False))
    assert await connection.run(pid) == first


async def test_a_long_request_is_not_cancelled_by_the_end_of_another(
    world: World, connection: pipeline.Pipeline
) -> None:
    """A cancellation that comes late must not hit the next statement of the session."""
    for delay in (0.095, 0.1, 0.105, 0.11, 0.12):
        sql = f"select pg_sleep({delay + 0.005})::text"
        running = asyncio.create_task(connection.run(world.batch(sql)))
        await asyncio.sleep(0.005)
        running.cancel()
        batch = world.batch("select pg_sleep(0.05)::text, 'mine'")
        assert (await connection.run(batch))[0][0][1] == b"mine"


async def test_a_statement_that_resists_cancellation_ends_its_session(
    world: World, connection: pipeline.Pipeline
) -> None:
    await execute(
        world.superuser,
        """create function api.stubborn() returns text language plpgsql as $$
        begin loop
          begin perform pg_sleep(30); exception when query_canceled then null; end;
        end loop; end $$""",
    )
    running = asyncio.create_task(connection.run(world.batch("select api.stubborn()")))
    await asyncio.sleep(0.1)
    running.cancel()
    idle = asyncio.Event()
    connection.when_idle(idle.set)
    async with asyncio.timeout(8):
        await idle.wait()
    assert connection.is_closed()


def test_this_version_of_asyncpg_is_usable() -> None:
    pipeline.check_asyncpg()
