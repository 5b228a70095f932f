"""What both kinds of connection promise, batch by batch."""

import asyncio
import time
from collections.abc import Callable, Sequence

import pytest

from passeplat.errors import ConnectionLost, DatabaseError, PutMismatch
from passeplat.postgres.model import Batch, Connection, End, Query, Row

from .conftest import Connect, World, execute

pytestmark = pytest.mark.anyio

BLOCKS = {
    "implicit": {},
    "unprepared": {"prepare": False},
    "isolated": {"isolation": "serializable"},
    "rolled back": {"end": End.ROLLBACK},
    "judged": {"verdict": lambda _: None},
}
"""Every way a batch becomes a transaction."""

every_block = pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS.keys())


async def value(connection: Connection, batch: Batch) -> bytes | None:
    """The first column of the first row of the last statement."""
    return (await connection.run(batch))[-1][0][0]


async def until(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(2):
        while not done():  # noqa: ASYNC110  nothing tells
            await asyncio.sleep(0.01)


async def failure(connection: Connection, batch: Batch) -> DatabaseError:
    with pytest.raises(DatabaseError) as caught:
        await connection.run(batch)
    return caught.value


@every_block
async def test_rows_of_every_statement_come_back_in_order(
    connection: Connection, world: World, block: dict[str, object]
) -> None:
    statements = (Query("select id::text from api.notes order by id"), Query("select 'last'"))
    batch = Batch(world.context(world.red), statements, **block)
    assert await connection.run(batch) == (((b"1",), (b"3",)), ((b"last",),))


async def test_a_statement_without_rows_gives_none(connection: Connection, world: World) -> None:
    assert await connection.run(world.batch("select id::text from api.notes where false")) == ((),)


async def test_null_is_none_and_the_empty_string_is_not(
    connection: Connection, world: World
) -> None:
    batch = world.bare("select null::text, ''::text, $1::text", None)
    assert await connection.run(batch) == (((None, b"", None),),)


async def test_bytea_comes_back_byte_for_byte(connection: Connection, world: World) -> None:
    everything = bytes(range(256))
    batch = world.bare("select decode($1, 'hex')", everything.hex().encode())
    assert await value(connection, batch) == everything


async def test_json_comes_back_as_it_was_written(connection: Connection, world: World) -> None:
    assert await value(connection, world.bare("select $1::json", b'{"a" :  1}')) == b'{"a" :  1}'


async def test_jsonb_comes_back_in_its_binary_form(connection: Connection, world: World) -> None:
    assert await value(connection, world.bare("select $1::jsonb", b'{"a":1}')) == b'\x01{"a": 1}'


async def test_xml_comes_back_as_it_was_written(connection: Connection, world: World) -> None:
    document = "<a>é</a>".encode()
    try:
        answer = await value(connection, world.bare("select $1::xml", document))
    except DatabaseError as error:
        if error.sqlstate == "0A000":
            pytest.skip("this server was built without libxml")
        raise
    assert answer == document


TYPES = {
    "int": b"42",
    "numeric": b"1.50",
    "boolean": b"true",
    "uuid": b"00000000-0000-0000-0000-000000000001",
    "timestamptz": b"2024-02-29 12:00:00+00",
    "interval": b"1 day",
    "bytea": b"\\x00ff",
    "json": b'{"a": [1]}',
    "jsonb": b'{"a": [1]}',
    "text[]": b'{a,"b,c",NULL}',
    "int4range": b"[1,5)",
    "api.mood": b"glad",
    "api.short": b"abc",
    "api.point": b"(1,2)",
    "api.point[]": b'{"(1,2)","(3,4)"}',
    "inet": b"10.0.0.1/8",
    "tsvector": b"'a':1",
}


@pytest.mark.parametrize("type_", TYPES)
async def test_a_parameter_of_any_type_is_text(
    connection: Connection, world: World, type_: str
) -> None:
    await execute(
        world.superuser,
        "create type api.mood as enum ('sad', 'glad')",
        "create domain api.short as text check (length(value) < 5)",
        "create type api.point as (x int, y int)",
        f'grant usage on schema api to "{world.login}"',
    )
    sql = f"select set_config('timezone', 'UTC', true), $1::{type_}::text"
    rows = await connection.run(world.bare(sql, TYPES[type_]))
    assert rows[0][0][1] == TYPES[type_]


async def test_what_looks_like_sql_is_a_value(connection: Connection, world: World) -> None:
    text = rb"""'; drop table api.notes; -- \' $1 "x" E'\n' """
    assert await value(connection, world.bare("select $1::text", text)) == text


@pytest.mark.parametrize(("text", "byte"), [(b"a\xff", "0xff"), (b"a\0b", "0x00")])
async def test_a_value_that_is_no_text_is_an_error(
    connection: Connection, world: World, text: bytes, byte: str
) -> None:
    error = await failure(connection, world.bare("select $1::text", text))
    assert error.sqlstate == "22021"
    assert byte in error.message


async def test_big_values_go_both_ways(connection: Connection, world: World) -> None:
    big = b"0123456789abcdef" * (20 * 1024 * 1024 // 16)
    batch = world.bare("select $1::text, length($1::text)::text", big)
    assert await connection.run(batch) == (((big, str(len(big)).encode()),),)


async def test_many_rows_come_back(connection: Connection, world: World) -> None:
    batch = world.bare("select repeat(n::text, 10) from generate_series(1, 50000) n")
    rows = (await connection.run(batch))[0]
    assert len(rows) == 50000
    assert rows[-1] == (b"50000" * 10,)


@every_block
async def test_an_error_leaves_the_connection_usable(
    connection: Connection, world: World, block: dict[str, object]
) -> None:
    error = await failure(connection, world.batch("select (1 / $1)::text", b"0", **block))
    assert (error.sqlstate, error.message) == ("22012", "division by zero")
    assert await value(connection, world.batch("select 'alive'", **block)) == b"alive"


@every_block
async def test_an_error_undoes_the_whole_batch(
    connection: Connection, world: World, block: dict[str, object]
) -> None:
    insert, broken = Query("insert into api.pairs values (1)"), Query("select (1 / 0)::text")
    await failure(connection, Batch(world.context(world.red), (insert, broken), **block))
    assert await value(connection, world.batch("select count(*)::text from api.pairs")) == b"0"


async def test_an_error_tells_what_the_server_told(connection: Connection, world: World) -> None:
    await execute(world.superuser, "alter table api.pairs add constraint small check (id < 10)")
    error = await failure(connection, world.batch("insert into api.pairs values (10)"))
    assert error.fields["n"] == "small"
    assert error.details == "Failing row contains (10, null)."


async def test_the_position_of_an_error_counts_in_the_statement(
    connection: Connection, world: World
) -> None:
    error = await failure(connection, world.bare("select nothing"))
    assert (error.sqlstate, error.position) == ("42703", 8)


async def test_a_commit_lasts(connection: Connection, world: World) -> None:
    await connection.run(world.batch("insert into api.pairs values (1)"))
    assert await value(connection, world.batch("select count(*)::text from api.pairs")) == b"1"


async def test_a_rollback_gives_the_rows_and_keeps_none(
    connection: Connection, world: World
) -> None:
    insert = "insert into api.pairs values (1) returning id::text"
    assert await value(connection, world.batch(insert, end=End.ROLLBACK)) == b"1"
    assert await value(connection, world.batch("select count(*)::text from api.pairs")) == b"0"


@every_block
async def test_a_deferred_constraint_fails_the_batch(
    connection: Connection, world: World, block: dict[str, object]
) -> None:
    error = await failure(connection, world.batch("insert into api.pairs values (1, 7)", **block))
    assert error.sqlstate == "23503"
    assert await value(connection, world.batch("select count(*)::text from api.pairs")) == b"0"


async def test_a_verdict_sees_the_rows_before_the_commit(
    connection: Connection, world: World
) -> None:
    seen: list[Sequence[Sequence[Row]]] = []
    await connection.run(world.batch("select 'row'", verdict=seen.append))
    assert seen == [(((b"row",),),)]


async def test_a_verdict_that_raises_undoes_the_batch(connection: Connection, world: World) -> None:
    def refuse(_: object) -> None:
        raise PutMismatch

    with pytest.raises(PutMismatch):
        await connection.run(world.batch("insert into api.pairs values (1)", verdict=refuse))
    assert await value(connection, world.batch("select count(*)::text from api.pairs")) == b"0"


async def test_a_verdict_lets_the_batch_be_rolled_back(
    connection: Connection, world: World
) -> None:
    batch = world.batch(
        "insert into api.pairs values (1)", verdict=lambda _: None, end=End.ROLLBACK
    )
    await connection.run(batch)
    assert await value(connection, world.batch("select count(*)::text from api.pairs")) == b"0"


@pytest.mark.parametrize("level", ["read uncommitted", "repeatable read", "serializable"])
async def test_the_isolation_level_is_as_asked(
    connection: Connection, world: World, level: str
) -> None:
    batch = world.batch("select current_setting('transaction_isolation')", isolation=level)
    assert await value(connection, batch) == level.encode()


async def test_an_unknown_isolation_level_is_refused(connection: Connection, world: World) -> None:
    with pytest.raises(ValueError, match="is not an isolation level"):
        await connection.run(world.batch("select ''", isolation="x; drop table api.notes"))
    assert await value(connection, world.batch("select 'alive'")) == b"alive"


@every_block
async def test_the_context_makes_a_read_only_transaction(
    connection: Connection, world: World, block: dict[str, object]
) -> None:
    context = Query(
        "select set_config('transaction_read_only', 'on', true), set_config('role', $1, true)",
        (world.red.encode(),),
    )
    insert = Query("insert into api.pairs values (1)")
    error = await failure(connection, Batch(context, (insert,), **block))
    assert error.sqlstate == "25006"


@every_block
async def test_rows_are_those_of_the_role_that_asks(
    connection: Connection, world: World, block: dict[str, object]
) -> None:
    sql = "select string_agg(text, ',' order by id) from api.notes"
    seen = [
        await value(connection, world.batch(sql, role=role, **block))
        for role in (world.red, world.blue, world.red)
    ]
    assert seen == [b"one,three", b"two", b"one,three"]


async def test_the_first_statement_of_a_session_is_prepared_as_the_role(
    connection: Connection, world: World
) -> None:
    error = await failure(connection, world.bare("select id::text from api.notes"))
    assert error.sqlstate == "42501"  # the login role has no access to the schema
    assert await value(connection, world.batch("select id::text from api.notes")) == b"1"


async def test_a_batch_without_a_context_runs_as_the_login_role(
    connection: Connection, world: World
) -> None:
    assert await value(connection, world.bare("select current_user::text")) == world.login.encode()


@every_block
async def test_a_plan_can_be_explained(
    connection: Connection, world: World, block: dict[str, object]
) -> None:
    sql = "explain (format json) select * from api.notes where id = $1"
    assert b'"Plan"' in (await value(connection, world.batch(sql, b"1", **block)) or b"")


async def test_too_many_parameters_are_an_error(connection: Connection, world: World) -> None:
    many = (None,) * 65536
    placeholders = ",".join(f"${number}" for number in range(1, 65537))
    error = await failure(connection, world.bare(f"select concat({placeholders})", *many))
    assert error.sqlstate in {"54023", "42P02"}
    assert await value(connection, world.bare("select 'alive'")) == b"alive"


@pytest.mark.parametrize(
    "change",
    [
        "alter table api.notes add column more text",
        "alter table api.notes drop column text",
        "alter table api.notes alter column id type text",
        "alter table api.notes alter column id type uuid using gen_random_uuid()",
        "alter table api.notes rename to older; create view api.notes as select 1 as id",
    ],
)
async def test_the_database_may_change_between_requests(
    connection: Connection, world: World, change: str
) -> None:
    """The request names what exists before and after; what was prepared in between is stale."""
    everything = "select row_to_json(n)::text from (select * from api.notes) n"
    by_id = "select id::text from api.notes where id::text > $1"
    for sql, params in ((everything, ()), (by_id, (b"",))):
        await connection.run(world.batch(sql, *params))
    await execute(world.superuser, change, f'grant all on api.notes to "{world.red}"')
    for sql, params in ((everything, ()), (by_id, (b"",))):
        assert await connection.run(world.batch(sql, *params))


async def test_a_parameter_follows_the_type_of_its_column(
    connection: Connection, world: World
) -> None:
    sql = "select text from api.notes where id = $1"
    assert await value(connection, world.batch(sql, b"1")) == b"one"
    await execute(
        world.superuser,
        "alter table api.notes alter column id type text using 'n' || id::text",
    )
    assert await connection.run(world.batch(sql, b"1")) == ((),)  # prepared anew, as text
    assert await value(connection, world.batch(sql, b"n1")) == b"one"


async def test_an_error_raised_by_a_function_is_not_tried_again(
    connection: Connection, world: World
) -> None:
    sql = "select api.run($1)"
    count = b"select nextval('api.numbers')"
    await connection.run(world.batch(sql, count))
    raising = b"do $$ begin perform nextval('api.numbers'); raise sqlstate '26000'; end $$"
    await failure(connection, world.batch(sql, raising))
    assert await value(connection, world.batch("select nextval('api.numbers')::text")) == b"3"


async def test_a_terminated_backend_is_a_lost_connection(
    connection: Connection, world: World
) -> None:
    running = asyncio.create_task(connection.run(world.batch("select pg_sleep(30)::text")))
    await asyncio.sleep(0.2)
    end = f"select pg_terminate_backend(pid) from pg_stat_activity where usename = '{world.login}'"
    await execute(world.superuser, end)
    with pytest.raises(ConnectionLost):
        await running
    assert connection.is_closed()
    with pytest.raises(ConnectionLost):
        await connection.run(world.batch("select ''"))


async def test_an_idle_connection_notices_that_it_was_terminated(
    connection: Connection, world: World
) -> None:
    await connection.run(world.batch("select ''"))
    end = f"select pg_terminate_backend(pid) from pg_stat_activity where usename = '{world.login}'"
    await execute(world.superuser, end)
    await until(connection.is_closed)


@every_block
async def test_a_cancelled_request_ends_its_statement_within_a_second(
    connection: Connection, world: World, block: dict[str, object]
) -> None:
    running = asyncio.create_task(connection.run(world.batch("select pg_sleep(30)::text", **block)))
    await asyncio.sleep(0.1)
    started = time.monotonic()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert await value(connection, world.batch("select 'next'")) == b"next"
    assert time.monotonic() - started < 1


async def test_a_cancelled_write_is_undone(connection: Connection, world: World) -> None:
    slow = Query("select pg_sleep(30)::text")
    insert = Query("insert into api.pairs values (1)")
    running = asyncio.create_task(connection.run(Batch(world.context(world.red), (insert, slow))))
    await asyncio.sleep(0.1)
    running.cancel()
    assert await value(connection, world.batch("select count(*)::text from api.pairs")) == b"0"


@pytest.mark.parametrize("moments", range(8))
async def test_a_request_cancelled_at_any_moment_does_not_answer_the_next(
    connection: Connection, world: World, moments: int
) -> None:
    running = asyncio.create_task(connection.run(world.batch("select 'mine'")))
    for _ in range(moments):
        await asyncio.sleep(0)
    running.cancel()
    await asyncio.wait({running})
    assert await value(connection, world.batch("select 'yours'")) == b"yours"


async def test_requests_at_the_same_time_get_their_own_answers(
    connection: Connection, world: World
) -> None:
    batches = [world.bare("select $1::text", str(number).encode()) for number in range(50)]
    answers = await asyncio.gather(*(value(connection, batch) for batch in batches))
    assert answers == [str(number).encode() for number in range(50)]


async def test_notices_and_notifications_do_not_disturb_an_answer(
    connection: Connection, world: World
) -> None:
    noisy = b"do $$ begin raise notice 'x'; raise warning 'y'; notify z; end $$"
    statements = (Query("select api.run('listen z')"), Query("select api.run($1)", (noisy,)))
    batch = Batch(world.context(world.red), statements)
    assert await connection.run(batch) == (((b"done",),), ((b"done",),))


async def test_a_closed_connection_says_so(connect: Connect, world: World) -> None:
    connection = await connect(world.url)
    await connection.close()
    assert connection.is_closed()
    with pytest.raises(ConnectionLost):
        await connection.run(world.bare("select ''"))


async def test_closing_ends_the_backend(connect: Connect, world: World) -> None:
    connection = await connect(world.url)
    await connection.run(world.bare("select ''"))
    await connection.close()
    other = await connect(world.superuser)
    sql = f"select count(*)::text from pg_stat_activity where usename = '{world.login}'"
    async with asyncio.timeout(2):
        while await value(other, world.bare(sql)) != b"0":
            pass
    await other.close()
