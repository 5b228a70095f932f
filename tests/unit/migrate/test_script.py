"""The file of a migration, written and read again."""

import pytest

from passeplat.migrate.faults import SqlFailed
from passeplat.migrate.model import Hazard, Identity, Migration, Phase, SqlFile, Step
from passeplat.migrate.script import Header, Script, read_script, render_script

VIEW = Identity("VIEW", "v1", "todos")


def script(text: str) -> Script:
    return read_script(SqlFile("db/migrations/20261122T101500_x.sql", text))


def step(sql: str) -> Step:
    return Step(sql, VIEW)


def sections(found: Script) -> list[tuple[bool, list[str]]]:
    return [
        (each.transactional, [statement.text for statement in each.statements])
        for each in found.sections
    ]


def test_a_file_written_by_hand_is_one_transaction() -> None:
    found = script("create table t (x int);\nselect 1;")
    assert found.header is None
    assert sections(found) == [(True, ["create table t (x int);", "select 1;"])]


def test_marks_divide_a_file() -> None:
    found = script("select 1;\n-- @no-transaction\nselect 2;\n\n-- @transaction\nselect 3;")
    assert sections(found) == [
        (True, ["select 1;"]),
        (False, ["select 2;"]),
        (True, ["select 3;"]),
    ]


@pytest.mark.parametrize(
    "text", ["select '\n-- @no-transaction\n';", "/*\n-- @no-transaction\n*/ select 1;"]
)
def test_a_mark_in_quotes_or_comments_is_none(text: str) -> None:
    assert [transactional for transactional, _ in sections(script(text))] == [True]


def test_what_is_written_is_read_again() -> None:
    phases = (
        Phase((step("create table t (x int);"), step("create view v as select 1;"))),
        Phase((step("create index concurrently i on t (x);"),), transactional=False),
    )
    hazards = frozenset({Hazard.BREAKS_API, Hazard.DELETES_DATA})
    header = Header("aa", "bb", hazards, frozenset({Hazard.BREAKS_API}), "PostgreSQL 18: seen")
    found = script(render_script(Migration(phases, "aa", "bb"), "x", header))
    assert found.header == header
    assert [texts[-1] for _, texts in sections(found)] == [
        "create view v as select 1;",
        "create index concurrently i on t (x);",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("-- @from aa\nselect 1;", "The header has no line `-- @to …`"),
        ("-- @to aa\nselect 1;", "The header has no line `-- @from …`"),
        (
            "-- @from a\n-- @to b\n-- @allow BREAKS_IT\nselect 1;",
            r"x\.sql:3: BREAKS_IT is no hazard",
        ),
    ],
)
def test_a_header_that_says_nothing_is_an_error(text: str, message: str) -> None:
    with pytest.raises(SqlFailed, match=message):
        script(text)
