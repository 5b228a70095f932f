"""Reads that share a connection are as far apart as if each had one of its own."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial

import pytest

from passeplat.postgres import pipeline, plain
from passeplat.postgres.lanes import Lanes
from passeplat.postgres.model import Batch, End
from passeplat.postgres.pool import Limits, Pool

from .conftest import Connect, World, execute

pytestmark = pytest.mark.anyio

NOTES = "select coalesce(string_agg(text, ' ' order by id), '')::text from api.notes"


@pytest.fixture
async def pool(world: World) -> AsyncIterator[Pool]:
    opened = Pool(partial(pipeline.connect, world.url), Limits(size=4))
    yield opened
    await opened.close(patience=5)


@pytest.fixture
async def lanes(pool: Pool, world: World) -> Lanes:
    """With a connection to take."""
    await pool.run(world.bare("select 1::text"))
    return Lanes(pool)


async def read(lanes: Lanes, batch: Batch) -> str:
    """The one value, or the code of the error; tried again until a lane has a connection."""
    for _ in range(1000):
        landed = await lanes.run(batch)
        if landed is not None:
            break
        await asyncio.sleep(0.01)
    assert landed is not None
    flight, _ = landed
    if flight.error is not None:
        return flight.error["C"]
    [[(value,)]] = flight.results
    return (value or b"").decode()


async def given_back(pool: Pool, number: int = 1) -> None:
    for _ in range(1000):
        if pool.counters().available >= number:
            return
        await asyncio.sleep(0.01)


def texts(world: World, role: str) -> str:
    return {world.red: "one three", world.blue: "two"}[role]


async def test_each_of_two_tenants_sees_its_own(lanes: Lanes, world: World) -> None:
    roles = [world.red, world.blue, world.blue, world.red, world.red] * 60
    found = await asyncio.gather(*(read(lanes, world.batch(NOTES, role=role)) for role in roles))
    assert found == [texts(world, role) for role in roles]


async def test_they_share_a_connection(lanes: Lanes, world: World) -> None:
    backend = world.batch("select pg_backend_pid()::text")
    found = await asyncio.gather(*(read(lanes, backend) for _ in range(20)))
    assert len(set(found)) <= 2


async def test_an_error_does_not_touch_the_neighbours(lanes: Lanes, world: World) -> None:
    fine = [world.batch(NOTES, role=role) for role in (world.red, world.blue)]
    faulty = [
        world.batch("select (1 / 0)::text"),
        world.batch("select no_such_column"),
        world.batch("select $1::int::text", b"no number"),
    ]
    batches = [fine[0], faulty[0], fine[1], faulty[1], faulty[2], fine[0], fine[1]] * 20
    found = await asyncio.gather(*(read(lanes, batch) for batch in batches))
    expected = ["one three", "22012", "two", "42703", "22P02", "one three", "two"] * 20
    assert found == expected


async def test_who_goes_away_does_not_take_the_neighbours_along(
    lanes: Lanes, pool: Pool, world: World
) -> None:
    await given_back(pool)
    sleep = world.batch("select pg_sleep(0.3)::text")
    slow = [asyncio.create_task(lanes.run(sleep)) for _ in range(2)]
    await asyncio.sleep(0)
    behind = [asyncio.create_task(read(lanes, world.batch(NOTES))) for _ in range(4)]
    await asyncio.sleep(0.05)
    for task in slow:
        task.cancel()
    assert await asyncio.gather(*behind) == ["one three"] * 4


async def test_what_a_dying_connection_held_is_run_elsewhere(
    lanes: Lanes, pool: Pool, world: World
) -> None:
    await read(lanes, world.batch(NOTES))
    await given_back(pool)
    slow = [
        asyncio.create_task(lanes.run(world.batch("select pg_sleep(20)::text"))) for _ in range(3)
    ]
    await asyncio.sleep(0.1)
    await execute(
        world.superuser,
        "select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(20)%'"
        " and pid <> pg_backend_pid()",
    )
    assert await asyncio.gather(*slow) == [None, None, None]
    assert await pool.run(world.batch(NOTES)) == (((b"one three",),),)


async def test_what_waits_for_a_lane_that_dies_is_run_elsewhere(
    lanes: Lanes, pool: Pool, world: World
) -> None:
    """More than are sent ahead."""
    await read(lanes, world.batch(NOTES))
    await given_back(pool)
    sleep = world.batch("select pg_sleep(20)::text")
    slow = [asyncio.create_task(lanes.run(sleep)) for _ in range(30)]
    await asyncio.sleep(0.1)
    pool.flush()
    await execute(
        world.superuser,
        "select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(20)%'"
        " and pid <> pg_backend_pid()",
    )
    async with asyncio.timeout(10):
        assert await asyncio.gather(*slow) == [None] * 30
    assert await read(lanes, world.batch(NOTES, role=world.blue)) == "two"


async def test_a_read_that_is_held_up_holds_up_few(lanes: Lanes, pool: Pool, world: World) -> None:
    """The others go to the lane that is free."""
    await asyncio.gather(*(pool.run(world.bare("select pg_sleep(0.1)::text")) for _ in range(2)))
    await given_back(pool, 2)
    ended = list[str]()

    async def ask(batch: Batch, name: str) -> None:
        await read(lanes, batch)
        ended.append(name)

    slow = asyncio.create_task(ask(world.batch("select pg_sleep(1)::text"), "slow"))
    await asyncio.sleep(0.1)
    quick = [asyncio.create_task(ask(world.batch(NOTES), "quick")) for _ in range(40)]
    await asyncio.gather(slow, *quick)
    assert ended.index("slow") > 30


async def test_a_lane_that_died_is_replaced(lanes: Lanes, world: World) -> None:
    before = await read(lanes, world.batch("select pg_backend_pid()::text"))
    await execute(world.superuser, f"select pg_terminate_backend({before})")
    await asyncio.sleep(0.05)
    assert await read(lanes, world.batch("select pg_backend_pid()::text")) != before
    assert await read(lanes, world.batch(NOTES, role=world.blue)) == "two"


async def test_a_statement_that_no_longer_fits_is_prepared_anew(
    lanes: Lanes, pool: Pool, world: World
) -> None:
    batch = world.batch("select text from api.notes where id = 1")
    assert await read(lanes, batch) == "one"
    await execute(world.superuser, "alter table api.notes alter text type varchar")
    await given_back(pool)
    assert await lanes.run(batch) is None
    assert await read(lanes, batch) == "one"


@pytest.mark.parametrize(
    "options",
    [
        {"end": End.ROLLBACK},
        {"isolation": "serializable"},
        {"prepare": False},
        {"verdict": lambda _: None},
    ],
    ids=["rollback", "isolation", "unprepared", "verdict"],
)
async def test_what_needs_a_block_needs_a_connection(
    lanes: Lanes, world: World, options: dict[str, object]
) -> None:
    assert await lanes.run(world.batch(NOTES, **options)) is None


@pytest.mark.parametrize(
    "connect",
    [plain.connect, partial(pipeline.connect, shareable=False)],
    ids=["plain", "not shareable"],
)
async def test_some_connections_are_never_shared(world: World, connect: Connect) -> None:
    pool = Pool(partial(connect, world.url), Limits(size=4))
    try:
        await pool.run(world.batch(NOTES))
        await given_back(pool)
        assert await Lanes(pool).run(world.batch(NOTES)) is None
        await given_back(pool)
        assert pool.counters().available == 1
    finally:
        await pool.close(patience=5)


async def test_the_only_connection_is_never_shared(world: World) -> None:
    pool = Pool(partial(pipeline.connect, world.url), Limits(size=1))
    try:
        await pool.run(world.batch(NOTES))
        assert await Lanes(pool).run(world.batch(NOTES)) is None
    finally:
        await pool.close(patience=5)


async def test_a_lane_is_given_back_reset(lanes: Lanes, pool: Pool, world: World) -> None:
    await read(lanes, world.batch("select set_config('request.kept', 'by mistake', false)"))
    await given_back(pool)
    kept = world.bare("select coalesce(current_setting('request.kept', true), '')::text")
    assert await pool.run(kept) == (((b"",),),)


async def test_a_lane_is_kept_for_the_next_read(lanes: Lanes, pool: Pool, world: World) -> None:
    await given_back(pool)
    for _ in range(3):
        await read(lanes, world.batch(NOTES))
        assert pool.counters().available == 0
    await given_back(pool)
    assert pool.counters().available == 1


async def test_what_a_lane_does_not_use_is_for_who_waits(
    lanes: Lanes, pool: Pool, world: World
) -> None:
    """And no other connection is opened for it."""
    backend = world.batch("select pg_backend_pid()::text")
    await given_back(pool)
    for _ in range(20):
        used = await read(lanes, backend)
        assert pool.counters().available == 0
        assert await pool.run(backend) == (((used.encode(),),),)
        await given_back(pool)


async def test_a_dead_lane_keeps_nobody_waiting(lanes: Lanes, pool: Pool, world: World) -> None:
    await given_back(pool)
    used = await read(lanes, world.batch("select pg_backend_pid()::text"))
    await execute(world.superuser, f"select pg_terminate_backend({used})")
    async with asyncio.timeout(5):
        assert await pool.run(world.batch(NOTES)) == (((b"one three",),),)


async def test_a_lane_waits_for_a_connection_with_the_others(pool: Pool, world: World) -> None:
    lanes = Lanes(pool)
    sleep = world.bare("select pg_sleep(0.1)::text")

    async def work() -> None:
        for _ in range(4):
            await pool.run(sleep)

    busy = [asyncio.create_task(work()) for _ in range(8)]
    assert await read(lanes, world.batch(NOTES)) == "one three"
    assert pool.counters().waiting > 0
    await asyncio.gather(*busy)


async def test_a_flush_ends_a_lane(lanes: Lanes, pool: Pool, world: World) -> None:
    backend = world.batch("select pg_backend_pid()::text")
    before = await read(lanes, backend)
    await given_back(pool)
    slow = asyncio.create_task(lanes.run(world.batch("select pg_sleep(0.2)::text")))
    await asyncio.sleep(0)
    pool.flush()
    assert await read(lanes, backend) != before
    assert await slow is not None
