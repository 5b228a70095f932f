"""Migrations are applied once, in order, and never by half."""

import asyncio
import os
import random
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest

from passeplat.errors import PasseplatError
from passeplat.migrate.apply import Applied, migrate, rehearse, survey
from passeplat.migrate.drift import Drifted, Look
from passeplat.migrate.faults import SqlFailed
from passeplat.migrate.fingerprint import fingerprint
from passeplat.migrate.model import Sources, SqlFile
from passeplat.migrate.progress import Event, Locked, Note, Queued, Slow
from passeplat.migrate.record import checksum_of_done
from passeplat.migrate.run import MigrationRefused, Patience
from passeplat.migrate.script import read_script
from passeplat.postgres.scratch import scratch_database

from .killing import Tally, kill_and_go_on, write_project

pytestmark = pytest.mark.anyio

TABLE = "create schema app; create table app.things (id integer, name text);"
IMPATIENT = Patience(lock_timeout=0.05, pauses=(0.05, 0.05))


def sources(**texts: str) -> Sources:
    migrations = tuple(SqlFile(f"db/migrations/{name}.sql", text) for name, text in texts.items())
    return Sources(None, (), None, migrations)


async def execute(url: str, sql: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


async def fetch(url: str, query: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def apply(
    url: str,
    found: Sources,
    events: list[Event] | None = None,
    *,
    to: str | None = None,
    patience: Patience = IMPATIENT,
) -> Applied:
    told: list[Event] = [] if events is None else events
    return await migrate(Look(url, os.environ), found, told.append, to=to, patience=patience)


async def proved(server: str, **texts: str) -> Sources:
    """The files with the headers of a proof."""
    found: dict[str, str] = {}
    async with scratch_database(server) as url:
        look = Look(url, os.environ)
        before = fingerprint(await look())
        for name, text in texts.items():
            await execute(url, text)
            after = fingerprint(await look())
            found[name] = f"-- @from {before}\n-- @to {after}\n{text}"
            before = after
    return sources(**found)


async def test_what_is_outside_of_a_transaction_is_applied_too(database: str) -> None:
    text = f"{TABLE}\n-- @no-transaction\ncreate index concurrently x on app.things (id);"
    await apply(database, sources(a=text))
    assert await fetch(database, "select to_regclass('app.x')::text") == "app.x"


async def test_a_file_that_was_interrupted_goes_on_where_it_was(database: str) -> None:
    text = f"{TABLE}\n-- @transaction\nselect 1 / count(*) from app.things;"
    with pytest.raises(SqlFailed, match=r"db/migrations/a\.sql:3: division by zero"):
        await apply(database, sources(a=text))
    await execute(database, "insert into app.things values (1)")
    assert (await apply(database, sources(a=text))).names == ("a",)


async def test_of_an_interrupted_file_what_is_not_done_may_be_put_right(database: str) -> None:
    wrong = f"{TABLE}\n-- @transaction\nselect wrong;"
    with pytest.raises(SqlFailed, match='column "wrong" does not exist'):
        await apply(database, sources(a=wrong))
    with pytest.raises(MigrationRefused, match="changed after it was applied here in the part"):
        await apply(database, sources(a=wrong.replace("id integer", "id bigint")))
    assert (await apply(database, sources(a=wrong.replace("wrong", "1")))).names == ("a",)


async def test_an_index_that_was_left_half_made_is_made_anew(database: str) -> None:
    rows = "insert into app.things values (1), (1);"
    text = f"{TABLE}{rows}\n-- @no-transaction\n"
    text += "create unique index concurrently x on app.things (id);"
    with pytest.raises(SqlFailed, match="could not create unique index"):
        await apply(database, sources(a=text))
    await execute(database, "delete from app.things where ctid = '(0,1)'")
    await apply(database, sources(a=text))
    assert await fetch(
        database, "select indisvalid from pg_index where indexrelid = 'app.x'::regclass"
    )


@pytest.mark.parametrize(
    "statement",
    [
        "create index concurrently x on app.things (name)",
        "drop index concurrently app.old",
        "alter table app.days detach partition app.day concurrently",
    ],
)
async def test_what_was_done_without_a_note_is_not_done_again(
    database: str, statement: str
) -> None:
    """As after a kill between a statement and the note of it."""
    more = """
        create index old on app.things (id);
        create table app.days (d date) partition by range (d);
        create table app.day partition of app.days for values from (minvalue) to ('2026-01-02');
    """
    found = sources(a=f"{TABLE}{more}\n-- @no-transaction\n{statement};\nselect 1;")
    await apply(database, found)
    done = checksum_of_done(read_script(found.migrations[0]).statements[:-2])
    await execute(
        database,
        f"update passeplat.migrations set done = done - 2, applied_at = null, checksum = '{done}'",
    )
    assert (await apply(database, found)).names == ("a",)


async def test_what_cannot_be_in_a_transaction_is_told_where_it_belongs(database: str) -> None:
    text = f"{TABLE} create index concurrently x on app.things (id);"
    with pytest.raises(SqlFailed, match="hint: Put it below a line `-- @no-transaction`"):
        await apply(database, sources(a=text))


async def test_an_index_without_a_name_is_refused_before_anything_runs(database: str) -> None:
    text = "create table t (x int);\n-- @no-transaction\ncreate index concurrently on t (x);"
    with pytest.raises(SqlFailed, match="could not be found again after a crash"):
        await apply(database, sources(a=text))
    assert await fetch(database, "select to_regclass('t')") is None


async def test_a_lock_is_asked_for_again(database: str) -> None:
    await apply(database, sources(a=TABLE))
    both = sources(a=TABLE, b="alter table app.things add column more text;")
    holder = await asyncpg.connect(database)
    await holder.execute("begin; lock table app.things")

    def let_go(event: Event) -> None:
        if isinstance(event, Locked):
            holder.terminate()

    patience = Patience(lock_timeout=0.05, pauses=(0.2,) * 20)
    found = await migrate(Look(database, os.environ), both, let_go, patience=patience)
    assert found.names == ("b",)


async def test_who_holds_a_lock_is_said_in_the_end(database: str) -> None:
    await apply(database, sources(a=TABLE))
    both = sources(a=TABLE, b="\nalter table app.things add column more text;")
    holder = await asyncpg.connect(database, server_settings={"application_name": "a report"})
    await holder.execute("begin; select from app.things")
    events: list[Event] = []
    patience = Patience(lock_timeout=1.2, pauses=())
    with pytest.raises(MigrationRefused, match=r"b\.sql:2: no lock for .* held by .*a report"):
        await apply(database, both, events, patience=patience)
    await holder.close()
    [slow] = (event for event in events if isinstance(event, Slow))
    assert (slow.line, slow.sql) == (2, "alter table app.things add column more text;")
    assert "a report" in slow.blockers[0]


async def test_two_at_once_do_not_block_each_other(database: str) -> None:
    """Who waits holds no snapshot, for which an index that is made concurrently would wait."""
    text = f"{TABLE}select pg_sleep(0.4);\n-- @no-transaction\n"
    found = sources(a=f"{text}create index concurrently x on app.things (id);")
    events: list[Event] = []
    done = await asyncio.gather(*(apply(database, found, events) for _ in range(2)))
    assert sorted(each.names for each in done) == [(), ("a",)]
    assert Queued() in events


async def test_the_last_to_apply_can_be_named(database: str) -> None:
    found = sources(a="select 1;", b="select 1;", c="select 1;")
    assert (await apply(database, found, to="b")).names == ("a", "b")
    assert (await apply(database, found)).names == ("c",)


async def test_a_last_one_that_is_not_there_is_refused(database: str) -> None:
    with pytest.raises(MigrationRefused, match="There is no migration z: the last is b"):
        await apply(database, sources(a="select 1;", b="select 1;"), to="z")


async def test_a_survey_changes_nothing(database: str) -> None:
    found = await survey(database, sources(a=TABLE))
    assert [script.name for script in found.pending] == ["a"]
    assert await fetch(database, "select to_regnamespace('passeplat')") is None


async def test_a_database_that_drifted_is_refused_and_the_difference_shown(
    server: str, database: str
) -> None:
    found = await proved(server, a=TABLE, b="create view app.v as select id from app.things;")
    events: list[Event] = []
    await apply(database, found, events, to="a")
    assert not [event for event in events if isinstance(event, Note)]
    await execute(database, "alter table app.things add column by_hand text")
    for attempt in (rehearse(Look(database, os.environ), found), apply(database, found)):
        with pytest.raises(Drifted, match=r"(?s)table app\.things\n.*\+ .*by_hand text"):
            await attempt
    await execute(database, "alter table app.things drop column by_hand")
    assert (await apply(database, found)).names == ("b",)


async def test_another_role_may_migrate_than_the_one_that_proved(
    server: str, database: str
) -> None:
    table = f"{TABLE} grant select on app.things to public; revoke insert on app.things from {{}};"
    found = await proved(server, a=table.format("current_user"))
    await execute(server, "drop role if exists migrator; create role migrator superuser login")
    events: list[Event] = []
    url = database.replace("postgres@", "migrator@")
    await apply(url, found, events)
    await execute(database, "reassign owned by migrator to postgres; drop owned by migrator")
    await execute(server, "drop role migrator")
    assert not [event for event in events if isinstance(event, Note)]


async def test_two_that_begin_with_the_same_state_are_refused(server: str, database: str) -> None:
    one = await proved(server, a=TABLE)
    other = await proved(server, b="create table other (x int);")
    both = Sources(None, (), None, (*one.migrations, *other.migrations))
    with pytest.raises(MigrationRefused, match="does not begin where a ends"):
        await apply(database, both)


@pytest.mark.parametrize("made_by", ["its final state", "somebody else"])
async def test_a_database_has_had_the_migrations_that_lead_to_what_it_is(
    server: str, database: str, made_by: str
) -> None:
    if made_by == "its final state":
        await apply(database, Sources(None, (SqlFile("db/things.sql", TABLE),), None, ()))
    else:
        await execute(database, TABLE)
    found = await proved(server, a=TABLE, b="create view app.v as select id from app.things;")
    assert (await apply(database, found)).names == ("b",)


async def test_a_connection_that_is_lost_is_a_sentence(database: str) -> None:
    text = "select pg_terminate_backend(pg_backend_pid());"
    with pytest.raises(PasseplatError, match="connection"):
        await apply(database, sources(a=text))


def nothing(url: str) -> None:
    """What an empty database is filled with."""


def test_a_process_that_is_killed_leaves_nothing_half_done(
    server: str, clone: Callable[[Callable[[str], None]], str], tmp_path: Path
) -> None:
    """See killing.py, which does so as often as it is told."""
    asyncio.run(write_project(server, tmp_path, rows=1000))
    kill_and_go_on(tmp_path, clone(nothing), random.Random(), Tally(undisturbed=1.0))
