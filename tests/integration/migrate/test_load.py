"""Files in any order, and what is said of those that do not load."""

import asyncpg
import pytest

from passeplat.migrate.faults import render_faults
from passeplat.migrate.load import load
from passeplat.migrate.model import Loading, Sources, SqlFile

pytestmark = pytest.mark.anyio


async def loaded(url: str, *texts: str) -> Loading:
    files = tuple(SqlFile(f"db/{number}.sql", text) for number, text in enumerate(texts))
    connection = await asyncpg.connect(url)
    try:
        return await load(connection, Sources(None, files, None, ()))
    finally:
        await connection.close()


def shown(loading: Loading) -> list[str]:
    return [*render_faults(loading.faults, loading.waiting)]


async def test_files_may_refer_to_later_ones(database: str) -> None:
    loading = await loaded(
        database,
        "create view c as select * from b",
        "create view b as select * from a",
        "create table a (x int)",
    )
    assert [file.path for file in loading.order] == ["db/2.sql", "db/1.sql", "db/0.sql"]


async def test_a_file_is_a_unit(database: str) -> None:
    """What it did before its fault is undone, or it could not be tried again."""
    loading = await loaded(
        database, "create table a (x int); create view v as select * from b;", "create table b ()"
    )
    assert loading.faults == ()


async def test_several_faults_are_told_at_once(database: str) -> None:
    loading = await loaded(database, "selekt 1", "create table a (x int)", "select\n  nam")
    assert [(fault.path, fault.line, fault.column) for fault in loading.faults] == [
        ("db/0.sql", 1, 1),
        ("db/2.sql", 2, 3),
    ]


async def test_columns_are_counted_in_characters(database: str) -> None:
    loading = await loaded(database, "select 'é', 'ü';\r\nselect 'é😀', nam;")
    assert shown(loading)[:3] == [
        'db/0.sql:2:14: column "nam" does not exist',
        "    2 | select 'é😀', nam;",
        "      |              ^",
    ]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("do $$\nbegin\n  assert false, 'no';\nend $$;", "db/0.sql:3: no"),
        ("select 1;\n\ndo $x$begin\n\n perform 1/0; end$x$", "db/0.sql:5: division by zero"),
        (
            "\ncreate procedure p() language plpgsql as $$\nbegin\n  retrn 1;\nend $$",
            'db/0.sql:4:3: syntax error at or near "retrn"',
        ),
        ("select 1;\nselect (1;", 'db/0.sql:2:10: syntax error at or near ";"'),
        ("begin;\nselect 1;", "db/0.sql:2: The file begins a transaction that it does not end"),
    ],
)
async def test_a_fault_is_where_it_happened(database: str, text: str, place: str) -> None:
    assert shown(await loaded(database, text))[0] == place


async def test_a_command_of_psql_is_explained(database: str) -> None:
    assert "Backslash commands are psql's" in shown(await loaded(database, "\\i other.sql"))[-1]


async def test_a_setting_belongs_to_its_file(database: str) -> None:
    loading = await loaded(
        database,
        "create schema s; set search_path = s; create temporary table t (x int); set role none;",
        "create table a (x int); select * from public.a;",
    )
    assert loading.faults == ()


@pytest.mark.parametrize("text", ["", "-- nothing yet\n", ";;", "/* */"])
async def test_a_file_may_say_nothing(database: str, text: str) -> None:
    assert (await loaded(database, text)).faults == ()
