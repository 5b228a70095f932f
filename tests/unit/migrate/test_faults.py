"""Which faults are causes, and how they are shown."""

from dataclasses import replace

from passeplat.migrate.faults import created_names, render_faults, roots
from passeplat.migrate.model import Fault, SqlFile

FAULT = Fault("db/a.sql", 2, 3, "  nam,", "column nam does not exist", "42703")


def missing(path: str, name: str) -> Fault:
    return replace(FAULT, path=path, message=f'relation "{name}" does not exist', sqlstate="42P01")


def files(**texts: str) -> dict[str, SqlFile]:
    return {name: SqlFile(name, text) for name, text in texts.items()}


def test_created_names_are_as_messages_have_them() -> None:
    sql = """create table app.a (x int); create or replace view v1."b" as select 1;
      create unique index on app.a (x); create temporary table if not exists c (x int);
      create function app.f(a int) returns int return 1; create materialized view m as select 1;"""
    assert [*created_names(sql)] == ["app.a", "v1.b", "c", "app.f", "m"]


def test_what_misses_something_of_a_faulty_file_only_waits() -> None:
    cause, waits = replace(FAULT, path="a"), missing("b", "app.a")
    found = roots((waits, cause), files(a="create table app.a (x int)", b="select"))
    assert found == ((cause,), ("b",))


def test_what_misses_something_nobody_creates_is_a_cause() -> None:
    faults = (missing("a", "app.z"), missing("b", "app.a"))
    found = roots(faults, files(a="create table app.a (x int)", b="select"))
    assert found == (faults[:1], ("b",))


def test_files_that_wait_for_each_other_are_all_causes() -> None:
    faults = (missing("c", "app.a"), missing("a", "app.b"), missing("b", "app.a"))
    texts = files(a="create table app.a (x int)", b="create table app.b (x int)", c="select")
    assert roots(faults, texts) == (faults[1:], ("c",))


def test_a_fault_has_a_caret_under_its_column() -> None:
    shown = [*render_faults((replace(FAULT, excerpt="\t nam,", hint="Try name"),))]
    assert shown == [
        "db/a.sql:2:3: column nam does not exist",
        "    2 | \t nam,",
        "      | \t ^",
        "        hint: Try name",
    ]


def test_a_fault_without_a_place_in_its_line_has_no_caret() -> None:
    assert [*render_faults((replace(FAULT, column=None),))][1:] == ["    2 |   nam,"]


def test_many_files_that_wait_are_counted() -> None:
    assert [*render_faults((FAULT,), tuple("abcd"))][
        -1
    ] == "4 more files: waiting until this is right"
