"""Pairs of schemas: the first becomes the second in place, or is refused for the right reason."""

import os
from pathlib import Path

import asyncpg
import pytest

from passeplat.migrate.compare import differences
from passeplat.migrate.model import Change, Snapshot
from passeplat.migrate.prove import CannotChange, apply_change, prove
from passeplat.migrate.toc import take_snapshot
from passeplat.postgres.binaries import find_binaries
from passeplat.postgres.scratch import scratch_database

pytestmark = pytest.mark.anyio

CORPUS = Path(__file__).parents[2] / "corpus"
CASES = sorted(path for path in CORPUS.iterdir() if (path / "b.sql").exists())
PROVED = [case for case in CASES if not (case / "refused").exists()]
REFUSED = [case for case in CASES if (case / "refused").exists()]


async def execute(url: str, sql: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


async def snapshot(url: str) -> Snapshot:
    return await take_snapshot(url, find_binaries(os.environ), os.environ)


async def schema(server: str, sql: str) -> Snapshot:
    async with scratch_database(server) as url:
        await execute(url, sql)
        return await snapshot(url)


async def change(server: str, before: str, after: str) -> Change:
    async with scratch_database(server) as copy:
        await execute(copy, before)
        old, new = await snapshot(copy), await schema(server, after)
        return await prove(copy, old, new, find_binaries(os.environ), os.environ)


@pytest.mark.parametrize("case", PROVED, ids=lambda case: case.name)
async def test_the_first_becomes_the_second_and_keeps_its_rows(
    server: str, database: str, case: Path
) -> None:
    before, after = (case / "a.sql").read_text(), (case / "b.sql").read_text()
    found = await change(server, before, after)
    await execute(database, before)
    await execute(database, "insert into app.things (id, name) values (1, 'first')")
    await apply_change(database, found)
    assert differences(await snapshot(database), await schema(server, after)) == ()
    connection = await asyncpg.connect(database)
    assert await connection.fetchval("select name from app.things where id = 1") == "first"
    await connection.close()


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
async def test_what_cannot_be_done_in_place_is_refused(server: str, case: Path) -> None:
    before, after = (case / "a.sql").read_text(), (case / "b.sql").read_text()
    with pytest.raises(CannotChange) as refusal:
        await change(server, before, after)
    assert (case / "refused").read_text().strip() in str(refusal.value)


TABLE = "create schema app; create table app.things (id integer, name text);"
WITHOUT = "create schema app; create table app.things (id integer);"


async def test_a_column_with_values_stays(server: str, database: str) -> None:
    found = await change(server, TABLE, WITHOUT)
    await execute(database, TABLE + "insert into app.things values (1, 'kept');")
    with pytest.raises(CannotChange, match=r"column app\.things\.name: it is gone, but holds"):
        await apply_change(database, found)
    assert differences(await snapshot(database), await schema(server, TABLE)) == ()


async def test_a_column_without_values_goes(server: str, database: str) -> None:
    found = await change(server, TABLE, WITHOUT)
    await execute(database, TABLE + "insert into app.things values (1, null);")
    await apply_change(database, found)
    assert differences(await snapshot(database), await schema(server, WITHOUT)) == ()


async def test_a_table_with_rows_stays(server: str, database: str) -> None:
    found = await change(server, TABLE, "create schema app;")
    await execute(database, TABLE + "insert into app.things values (1, null);")
    with pytest.raises(CannotChange, match=r"table app\.things: it is gone, but holds rows"):
        await apply_change(database, found)


async def test_what_the_rows_contradict_leaves_everything_as_it_was(
    server: str, database: str
) -> None:
    after = "create schema app; create table app.things (id integer not null, name text);"
    after += "create view app.more as select 1 as one;"
    found = await change(server, TABLE, after)
    await execute(database, TABLE + "insert into app.things values (null, 'x');")
    with pytest.raises(CannotChange, match="contains null values"):
        await apply_change(database, found)
    assert differences(await snapshot(database), await schema(server, TABLE)) == ()


async def test_the_order_of_a_tables_columns_is_no_difference(server: str) -> None:
    swapped = "create schema app; create table app.things (name text, id integer);"
    assert differences(await schema(server, TABLE), await schema(server, swapped)) == ()
