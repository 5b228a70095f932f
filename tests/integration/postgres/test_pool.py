"""What the pool promises, over both kinds of connection and over doubles that fail on command."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable

import pytest

from passeplat.errors import ConnectionFailed, ConnectionLost, DatabaseError, PoolTimeout
from passeplat.postgres.model import Batch, Connection, Row
from passeplat.postgres.pool import Counters, Limits, Pool

from .conftest import Connect, World, execute

pytestmark = pytest.mark.anyio

NOTHING = Batch(None, ())


class Double:
    """A connection that takes as long as it is told, and dies when it is told."""

    def __init__(self) -> None:
        self.closed = False
        self.busy = False
        self.callbacks: list[Callable[[], None]] = []
        self.runs = 0

    async def run(self, _: Batch) -> tuple[tuple[Row, ...], ...]:
        self.runs += 1
        await asyncio.sleep(0)
        return ()

    def when_idle(self, callback: Callable[[], None]) -> None:
        if self.busy:
            self.callbacks.append(callback)
        else:
            callback()

    def settle(self) -> None:
        self.busy = False
        for callback in self.callbacks:
            callback()

    async def close(self) -> None:
        self.closed = True

    def is_closed(self) -> bool:
        return self.closed


class Database:
    """Opens doubles, and counts them."""

    def __init__(self) -> None:
        self.opened: list[Double] = []
        self.down = False
        self.slow = 0.0

    async def open(self) -> Connection:
        await asyncio.sleep(self.slow)
        if self.down:
            raise ConnectionFailed("The database cannot be reached")
        self.opened.append(Double())
        return self.opened[-1]


@pytest.fixture
def database_double() -> Database:
    return Database()


async def test_connections_are_opened_when_needed_and_used_again(
    database_double: Database,
) -> None:
    pool = Pool(database_double.open, Limits(size=5))
    for _ in range(3):
        await pool.run(NOTHING)
    assert [double.runs for double in database_double.opened] == [3]
    await pool.close()


async def test_no_more_connections_are_opened_than_allowed(database_double: Database) -> None:
    pool = Pool(database_double.open, Limits(size=3))
    await asyncio.gather(*(pool.run(NOTHING) for _ in range(50)))
    assert len(database_double.opened) == 3
    assert sum(double.runs for double in database_double.opened) == 50
    await pool.close()


async def test_whoever_waits_longest_is_served_first(database_double: Database) -> None:
    pool = Pool(database_double.open, Limits(size=1))
    served: list[int] = []

    async def visit(number: int) -> None:
        async with pool.connection():
            served.append(number)
            await asyncio.sleep(0)

    await asyncio.gather(*(visit(number) for number in range(20)))
    assert served == list(range(20))
    await pool.close()


async def test_a_newcomer_does_not_overtake_whoever_waits(database_double: Database) -> None:
    pool = Pool(database_double.open, Limits(size=1))
    first = await pool.acquire()
    waiting = asyncio.create_task(pool.acquire())
    await asyncio.sleep(0)
    pool.release(first)
    newcomer = asyncio.create_task(pool.acquire())
    assert await waiting is first
    await asyncio.sleep(0)
    assert not newcomer.done()
    pool.release(first)
    assert await newcomer is first
    pool.release(first)
    await pool.close()


async def test_waiting_too_long_is_a_timeout(database_double: Database) -> None:
    pool = Pool(database_double.open, Limits(size=1, acquisition=0.02))
    async with pool.connection():
        with pytest.raises(PoolTimeout):
            await pool.run(NOTHING)
        assert pool.counters() == Counters(available=0, waiting=0, max=1, timeouts=1)
    await pool.run(NOTHING)
    await pool.close()


async def test_waiting_for_a_slow_database_is_a_timeout_too(database_double: Database) -> None:
    database_double.slow = 5
    pool = Pool(database_double.open, Limits(size=1, acquisition=0.02))
    with pytest.raises(PoolTimeout):
        await pool.run(NOTHING)
    database_double.slow = 0
    await pool.run(NOTHING)
    await pool.close()


async def test_a_connection_is_not_lost_with_whoever_waited_for_it(
    database_double: Database,
) -> None:
    """Cancelled at the very moment it was given one."""
    pool = Pool(database_double.open, Limits(size=1, acquisition=1))
    first = await pool.acquire()
    waiting = asyncio.create_task(pool.acquire())
    await asyncio.sleep(0)
    pool.release(first)
    waiting.cancel()
    await asyncio.wait({waiting})
    assert await pool.acquire() is first
    pool.release(first)
    await pool.close()


async def test_a_place_is_not_lost_with_whoever_waited_for_it(database_double: Database) -> None:
    pool = Pool(database_double.open, Limits(size=1, acquisition=1))
    first = await pool.acquire()
    waiting = asyncio.create_task(pool.acquire())
    await asyncio.sleep(0)
    await first.close()
    pool.release(first)
    waiting.cancel()
    await asyncio.wait({waiting})
    assert await pool.acquire() is not first
    await pool.close()


async def test_a_cancelled_wait_leaves_the_queue(database_double: Database) -> None:
    pool = Pool(database_double.open, Limits(size=1))
    async with pool.connection():
        waiting = asyncio.create_task(pool.acquire())
        await asyncio.sleep(0)
        assert pool.counters().waiting == 1
        waiting.cancel()
        await asyncio.wait({waiting})
        assert pool.counters().waiting == 0
    await pool.close()


async def test_a_broken_connection_is_replaced(database_double: Database) -> None:
    pool = Pool(database_double.open, Limits(size=1, acquisition=1))
    async with pool.connection() as broken:
        waiting = asyncio.create_task(pool.acquire())
        await asyncio.sleep(0)
        await broken.close()
    whole = await waiting
    assert whole is not broken
    pool.release(whole)
    await pool.close()


async def test_a_connection_that_broke_while_idle_is_not_handed_out(
    database_double: Database,
) -> None:
    pool = Pool(database_double.open, Limits(size=1, acquisition=1))
    await pool.run(NOTHING)
    database_double.opened[0].closed = True
    assert pool.counters().available == 0
    await pool.run(NOTHING)
    assert [double.runs for double in database_double.opened] == [1, 1]
    await pool.close()


async def test_failing_to_connect_fails_everybody_and_takes_no_place(
    database_double: Database,
) -> None:
    database_double.down = True
    pool = Pool(database_double.open, Limits(size=2, acquisition=1))
    outcomes = await asyncio.gather(*(pool.run(NOTHING) for _ in range(10)), return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {ConnectionFailed}
    database_double.down = False
    await asyncio.gather(*(pool.run(NOTHING) for _ in range(10)))
    await pool.close()


async def test_a_connection_is_handed_on_only_when_it_is_idle(database_double: Database) -> None:
    pool = Pool(database_double.open, Limits(size=1, acquisition=1))
    async with pool.connection():
        database_double.opened[0].busy = True
    waiting = asyncio.create_task(pool.acquire())
    await asyncio.sleep(0.01)
    assert not waiting.done()
    database_double.opened[0].settle()
    pool.release(await waiting)
    await pool.close()


async def test_counters_follow_a_connection(database_double: Database) -> None:
    pool = Pool(database_double.open, Limits(size=2))
    assert pool.counters() == Counters(available=0, waiting=0, max=2, timeouts=0)
    async with pool.connection():
        assert pool.counters().available == 0
    assert pool.counters().available == 1
    await pool.close()
    assert pool.counters().available == 0


@pytest.mark.proves("db-pool-max-idletime")
async def test_idle_connections_are_closed_after_a_while(database_double: Database) -> None:
    pool = Pool(database_double.open, Limits(size=2, idle=0.03))
    await pool.run(NOTHING)
    await asyncio.sleep(0.01)
    assert not database_double.opened[0].closed
    await asyncio.sleep(0.06)
    assert database_double.opened[0].closed
    await pool.close()


async def test_a_connection_in_use_now_and_then_stays(database_double: Database) -> None:
    pool = Pool(database_double.open, Limits(size=2, idle=0.1))
    for _ in range(8):
        await pool.run(NOTHING)
        await asyncio.sleep(0.03)
    assert len(database_double.opened) == 1
    await pool.close()


@pytest.mark.proves("db-pool-max-lifetime")
async def test_connections_are_closed_at_the_end_of_their_life(database_double: Database) -> None:
    pool = Pool(database_double.open, Limits(size=2, lifetime=0.02))
    await pool.run(NOTHING)
    await asyncio.sleep(0.03)
    await pool.run(NOTHING)
    assert [double.closed for double in database_double.opened] == [True, False]
    await pool.close()


async def test_a_flush_closes_the_idle_now_and_the_others_when_they_return(
    database_double: Database,
) -> None:
    pool = Pool(database_double.open, Limits(size=2))
    busy, idle = await pool.acquire(), await pool.acquire()
    pool.release(idle)
    pool.flush()
    await asyncio.sleep(0)
    assert (busy.is_closed(), idle.is_closed()) == (False, True)
    pool.release(busy)
    await asyncio.sleep(0)
    assert busy.is_closed()
    await pool.close()


async def test_a_connection_that_was_opening_during_a_flush_is_used_once(
    database_double: Database,
) -> None:
    database_double.slow = 0.02
    pool = Pool(database_double.open, Limits(size=1))
    running = asyncio.create_task(pool.run(NOTHING))
    await asyncio.sleep(0.01)
    pool.flush()
    await running
    await pool.run(NOTHING)
    assert [double.runs for double in database_double.opened] == [1, 1]
    await pool.close()


async def test_closing_waits_for_what_is_under_way(database_double: Database) -> None:
    pool = Pool(database_double.open, Limits(size=1))
    busy = await pool.acquire()
    closing = asyncio.create_task(pool.close(patience=1))
    await asyncio.sleep(0.01)
    assert not busy.is_closed()
    pool.release(busy)
    await closing
    assert busy.is_closed()


async def test_closing_does_not_wait_for_ever(database_double: Database) -> None:
    pool = Pool(database_double.open, Limits(size=1))
    busy = await pool.acquire()
    await pool.close(patience=0.01)
    assert busy.is_closed()
    pool.release(busy)


async def test_a_closed_pool_refuses(database_double: Database) -> None:
    pool = Pool(database_double.open, Limits(size=1))
    await pool.acquire()
    waiting = asyncio.create_task(pool.acquire())
    await asyncio.sleep(0)
    await pool.close()
    with pytest.raises(ConnectionFailed):
        await waiting
    with pytest.raises(ConnectionFailed):
        await pool.run(NOTHING)


@pytest.fixture
async def two(connect: Connect, world: World) -> AsyncIterator[Pool]:
    pool = Pool(lambda: connect(world.url), Limits(size=2, acquisition=5))
    yield pool
    await pool.close()


async def test_as_many_requests_run_at_once_as_there_are_connections(
    two: Pool, world: World
) -> None:
    await asyncio.gather(*(two.run(world.batch("select ''")) for _ in range(2)))
    started = time.monotonic()
    slow = world.batch("select pg_sleep(0.3)::text")
    await asyncio.gather(*(two.run(slow) for _ in range(4)))
    assert 0.6 <= time.monotonic() - started < 0.9


async def test_hundreds_of_requests_get_their_own_answers(two: Pool, world: World) -> None:
    async def visit(number: int) -> bool:
        role = (world.red, world.blue)[number % 2]
        sql = "select current_user::text, $1::text, (1 / ($1::int % 7))::text"
        try:
            rows = await two.run(world.batch(sql, str(number).encode(), role=role))
        except DatabaseError as error:
            return number % 7 == 0 and error.sqlstate == "22012"
        return rows[0][0][:2] == (role.encode(), str(number).encode())

    assert all(await asyncio.gather(*(visit(number) for number in range(300))))


async def test_the_pool_survives_clients_that_go_away(two: Pool, world: World) -> None:
    slow = world.batch("select pg_sleep(30)::text")
    running = [asyncio.create_task(two.run(slow)) for _ in range(6)]
    await asyncio.sleep(0.2)
    for task in running:
        task.cancel()
    started = time.monotonic()
    await asyncio.gather(*(two.run(world.batch("select ''")) for _ in range(20)))
    assert time.monotonic() - started < 1
    assert two.counters().waiting == 0


async def test_the_pool_survives_terminated_backends(two: Pool, world: World) -> None:
    await asyncio.gather(*(two.run(world.batch("select ''")) for _ in range(2)))
    running = asyncio.create_task(two.run(world.batch("select pg_sleep(30)::text")))
    await asyncio.sleep(0.1)
    end = f"select pg_terminate_backend(pid) from pg_stat_activity where usename = '{world.login}'"
    await execute(world.superuser, end)
    with pytest.raises(ConnectionLost):
        await running
    await asyncio.sleep(0.1)
    assert await two.run(world.batch("select 'alive'")) == (((b"alive",),),)


async def test_a_flush_does_not_interrupt_what_is_under_way(two: Pool, world: World) -> None:
    running = asyncio.create_task(two.run(world.batch("select pg_sleep(0.2)::text, 'done'")))
    await asyncio.sleep(0.1)
    two.flush()
    assert (await running)[0][0][1] == b"done"
