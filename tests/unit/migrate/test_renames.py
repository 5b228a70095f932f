"""Renames are written in comments above what has the new name."""

import pytest

from passeplat.migrate.model import Sources, SqlFile
from passeplat.migrate.renames import Rename, UnclearRename, read_renames
from passeplat.names import QualifiedName

TODOS = QualifiedName("app", "todos")


def read(sql: str) -> tuple[Rename, ...]:
    return read_renames(Sources(None, (SqlFile("db/a.sql", sql),), None, ()))


def test_a_table_has_its_old_name_above_it() -> None:
    assert read("-- @renamed from=tasks\ncreate table app.todos (id int);") == (
        Rename("TABLE", TODOS, "tasks"),
    )


def test_a_column_has_its_old_name_above_it() -> None:
    sql = 'create table app.todos (\n  id int,\n  -- @renamed from="Due"\n  due_on date\n);'
    assert read(sql) == (Rename("TABLE", TODOS, "Due", "due_on"),)


def test_a_renamed_column_is_sql() -> None:
    rename = Rename("TABLE", TODOS, "due", "due_on")
    assert rename.sql == 'alter table "app"."todos" rename column "due" to "due_on";'


@pytest.mark.parametrize(
    "sql", ["-- @renamed\ncreate table t ();", "-- @renamed from=x\ngrant select on t to u;"]
)
def test_an_unclear_rename_is_refused_with_its_line(sql: str) -> None:
    with pytest.raises(UnclearRename, match=r"^db/a\.sql:1: "):
        read(sql)
