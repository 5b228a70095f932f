"""T-14: nothing that a request does to its session is there for the next one.

The pool has one connection: the next request gets the session of the last, unless that was closed.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass

import asyncpg
import pytest

from passeplat.errors import DatabaseError, PutMismatch
from passeplat.postgres.model import Batch, Connection, End, Query
from passeplat.postgres.pool import Limits, Pool

from .conftest import Connect, World, execute

pytestmark = pytest.mark.anyio


def refuse(_: object) -> None:
    raise PutMismatch


@dataclass(frozen=True)
class Leak:
    dirt: str  # a statement that a function runs
    probe: str  # gives 'clean' or 'dirty'


def setting(name: str, value: str, clean: str) -> Leak:
    return Leak(
        f"select set_config('{name}', '{value}', false)",
        f"select case when {clean} then 'clean' else 'dirty' end",
    )


def exists(query: str) -> str:
    return f"select case when exists ({query}) then 'dirty' else 'clean' end"


LEAKS = {
    "a custom setting": setting(
        "app.secret", "x", "coalesce(current_setting('app.secret', true), '') = ''"
    ),
    "a claim": setting(
        "request.jwt.claims",
        "x",
        "coalesce(current_setting('request.jwt.claims', true), '') = ''",
    ),
    "work_mem": setting("work_mem", "77MB", "current_setting('work_mem') <> '77MB'"),
    "a time limit": setting(
        "statement_timeout", "9s", "current_setting('statement_timeout') = '0'"
    ),
    "the search path": setting("search_path", "api", "current_setting('search_path') <> 'api'"),
    "an encoding": setting(
        "client_encoding",
        "latin1",
        "lower(current_setting('client_encoding')) in ('utf8', 'utf-8')",
    ),
    "set": Leak(
        "set app.secret to 'x'",
        setting("", "", "coalesce(current_setting('app.secret', true), '') = ''").probe,
    ),
    "read only": setting(
        "default_transaction_read_only", "on", "current_setting('transaction_read_only') = 'off'"
    ),
    "an isolation level": setting(
        "default_transaction_isolation",
        "serializable",
        "current_setting('transaction_isolation') = 'read committed'",
    ),
    "a role": setting("role", "BLUE", "current_user = session_user"),
    "set role": Leak('set role "BLUE"', setting("", "", "current_user = session_user").probe),
    "a temporary table": Leak(
        "create temp table secrets as select 'x' as secret",
        exists("select from pg_class where relname = 'secrets'"),
    ),
    "a temporary function": Leak(
        "create function pg_temp.evil() returns int language sql return 1",
        exists("select from pg_proc where proname = 'evil'"),
    ),
    "a channel": Leak("listen secrets", exists("select from pg_listening_channels()")),
    "an advisory lock": Leak(
        "select pg_advisory_lock(77)",
        exists(
            "select from pg_locks join pg_database on pg_database.oid = database"
            " where locktype = 'advisory' and datname = current_database()"
        ),
    ),
    "a cursor": Leak(
        "declare c cursor with hold for select 'x'",
        exists("select from pg_cursors where name = 'c'"),
    ),
    "a prepared statement": Leak(
        "prepare p as select 'x'", exists("select from pg_prepared_statements where name = 'p'")
    ),
}

BLOCKS = {
    "implicit": {},
    "unprepared": {"prepare": False},
    "isolated": {"isolation": "repeatable read"},
    "rolled back": {"end": End.ROLLBACK},
    "judged": {"verdict": lambda _: None},
    "refused": {"verdict": refuse},
}

every_block = pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS.keys())


def soil(world: World, leak: Leak, then: str = "", **options: object) -> Batch:
    dirt = leak.dirt.replace("BLUE", world.blue).encode()
    statements = (Query("select api.run($1)", (dirt,)), *([Query(then)] if then else []))
    return Batch(world.context(world.red), statements, scope=world.red, **options)


async def probe(connection: Connection | Pool, world: World, leak: Leak) -> bytes | None:
    return (await connection.run(world.bare(leak.probe)))[0][0][0]


@pytest.fixture
async def dirty(world: World) -> None:
    """Whoever soils a session may be either role, as the login role is."""
    await execute(world.superuser, f'grant "{world.blue}" to "{world.red}"')


CLEAN = dict.fromkeys(LEAKS, b"clean")


@every_block
async def test_the_next_request_sees_a_clean_session(
    pool: Pool, world: World, dirty: None, block: dict[str, object]
) -> None:
    seen = {}
    for name, leak in LEAKS.items():
        with suppress(PutMismatch):
            await pool.run(soil(world, leak, **block))
        seen[name] = await probe(pool, world, leak)
    assert seen == CLEAN


@every_block
async def test_a_failed_request_leaves_a_clean_session(
    pool: Pool, world: World, dirty: None, block: dict[str, object]
) -> None:
    seen = {}
    for name, leak in LEAKS.items():
        with pytest.raises(DatabaseError, match="division"):
            await pool.run(soil(world, leak, then="select (1 / 0)::text", **block))
        seen[name] = await probe(pool, world, leak)
    assert seen == CLEAN


async def test_a_cancelled_request_leaves_a_clean_session(
    pool: Pool, world: World, dirty: None
) -> None:
    seen = {}
    for name, leak in LEAKS.items():
        running = asyncio.create_task(pool.run(soil(world, leak, then="select pg_sleep(30)::text")))
        await asyncio.sleep(0.1)
        running.cancel()
        seen[name] = await probe(pool, world, leak)
    assert seen == CLEAN


async def test_a_request_that_only_reads_leaves_a_clean_session(
    pool: Pool, world: World, dirty: None
) -> None:
    """But for prepared names, which are searched for where `Batch.calls` says so."""
    seen = {}
    for name, leak in LEAKS.items():
        await pool.run(soil(world, leak, calls=False))
        seen[name] = await probe(pool, world, leak)
    assert seen | {"a prepared statement": b"clean"} == CLEAN


@pytest.mark.parametrize("leak", LEAKS.values(), ids=LEAKS.keys())
async def test_the_dirt_is_dirt(world: World, dirty: None, leak: Leak) -> None:
    """Without a reset in between each probe would tell."""
    session = await asyncpg.connect(world.url)
    await session.execute(leak.dirt.replace("BLUE", world.blue))
    seen = await session.fetchval(leak.probe)
    await session.close()
    assert seen == "dirty"


async def test_a_session_is_cleaned_not_replaced(connection: Connection, world: World) -> None:
    pid = world.bare("select pg_backend_pid()::text")
    first = await connection.run(pid)
    await connection.run(soil(world, LEAKS["a temporary table"]))
    assert await connection.run(pid) == first


async def test_an_advisory_lock_is_free_soon_after_its_request(
    connection: Connection, world: World
) -> None:
    """Without waiting for the next request."""
    await connection.run(soil(world, LEAKS["an advisory lock"]))
    other = await asyncpg.connect(world.superuser)
    await asyncio.wait_for(other.execute("select pg_advisory_lock(77)"), 2)
    await other.close()


async def test_the_last_sequence_value_is_nobody_elses(
    connection: Connection, world: World
) -> None:
    await connection.run(world.batch("select nextval('api.numbers')::text"))
    with pytest.raises(DatabaseError) as caught:
        await connection.run(world.batch("select lastval()::text"))
    assert caught.value.sqlstate == "55000"


async def test_settings_of_the_login_role_are_what_is_restored(
    connect: Connect, world: World
) -> None:
    await execute(world.superuser, f"alter role \"{world.login}\" set work_mem to '11MB'")
    connection = await connect(world.url)
    await connection.run(soil(world, LEAKS["work_mem"]))
    answer = await connection.run(world.bare("select current_setting('work_mem')"))
    await connection.close()
    assert answer == (((b"11MB",),),)


async def test_a_superuser_gets_its_identity_back(connect: Connect, world: World) -> None:
    connection = await connect(world.superuser)
    await connection.run(
        world.bare(f"select set_config('session_authorization', '{world.red}', false)")
    )
    answer = await connection.run(
        world.bare("select (session_user <> $1)::text", world.red.encode())
    )
    await connection.close()
    assert answer == (((b"true",),),)


async def test_requests_go_on_after_somebody_deallocated_everything(
    pool: Pool, world: World
) -> None:
    for _ in range(2):
        await pool.run(world.batch("select 'warm'"))
    await pool.run(soil(world, Leak("deallocate all", "")))
    assert await pool.run(world.batch("select 'warm'")) == (((b"warm",),),)


async def test_requests_go_on_after_somebody_deallocated_everything_and_failed(
    pool: Pool, world: World
) -> None:
    """In a block the session is kept: every statement of the next request has gone stale."""
    for _ in range(2):
        await pool.run(world.batch("select 'warm'"))
    failing = soil(world, Leak("deallocate all", ""), then="select 1 / 0", isolation="serializable")
    with suppress(DatabaseError):
        await pool.run(failing)
    assert await pool.run(world.batch("select 'warm'")) == (((b"warm",),),)


STEAL = """do $$
declare theirs record;
begin
  for theirs in select name from pg_prepared_statements where statement ~ '^select .mine.' loop
    execute format('deallocate %I', theirs.name);
    execute format('prepare %I as select ''stolen''', theirs.name);
  end loop;
end $$"""


async def test_a_prepared_statement_cannot_be_replaced(pool: Pool, world: World) -> None:
    for _ in range(2):
        await pool.run(world.batch("select 'mine'"))
    await pool.run(soil(world, Leak(STEAL, "")))
    assert await pool.run(world.batch("select 'mine'")) == (((b"mine",),),)


async def test_the_reset_cannot_be_replaced(pool: Pool, world: World) -> None:
    steal = STEAL.replace("^select .mine.", "^(reset|close|unlisten|discard|select pg_catalog)")
    leak = LEAKS["a custom setting"]
    await pool.run(world.batch("select ''"))
    await pool.run(soil(world, Leak(steal, "")))
    await pool.run(soil(world, leak))
    assert await probe(pool, world, leak) == b"clean"


async def test_many_requests_at_once_never_meet_each_others_settings(
    connect: Connect, world: World
) -> None:
    pool = Pool(lambda: connect(world.url), Limits(size=3))

    async def visit(number: int) -> bool:
        sql = """select coalesce(current_setting('app.secret', true), ''),
          set_config('app.secret', $1, false)"""
        rows = await pool.run(world.batch(sql, str(number).encode()))
        return rows[0][0] == (b"", str(number).encode())

    assert all(await asyncio.gather(*(visit(number) for number in range(60))))
    await pool.close()
