"""Data steps in comments of SQL files."""

import pytest

from passeplat.migrate.data import NothingToDo, When, pending_steps
from passeplat.migrate.model import Sources, SqlFile

TEXT = """
create table app.todos (id integer, priority text);

-- @after
-- update app.todos
-- set priority = 'normal';
create index on app.todos (id);
"""


def sources(text: str, *migrations: str) -> Sources:
    files = (SqlFile(f"db/migrations/{n}.sql", each) for n, each in enumerate(migrations))
    return Sources(None, (SqlFile("db/todos.sql", text),), None, tuple(files))


def test_the_comment_below_a_mark_is_a_step() -> None:
    [step] = pending_steps(sources(TEXT))
    assert (step.when, step.path, step.line) == (When.AFTER, "db/todos.sql", 4)
    assert step.sql == "update app.todos\nset priority = 'normal';"


def test_a_step_that_a_migration_has_is_done() -> None:
    [step] = pending_steps(sources(TEXT))
    assert pending_steps(sources(TEXT, f"select 1;\n{step.step.sql}\n")) == ()


def test_a_step_is_known_by_what_it_does() -> None:
    [one] = pending_steps(sources(TEXT))
    [two] = pending_steps(sources("-- @after\n--   update app.todos set priority='normal'\n"))
    assert one.digest == two.digest


@pytest.mark.parametrize("text", ["-- @before\nselect 1;", "-- @before\n-- -- nothing\n"])
def test_a_mark_with_nothing_below_is_refused(text: str) -> None:
    with pytest.raises(NothingToDo, match=r"db/todos\.sql:1: below `-- @before` belongs"):
        pending_steps(sources(text))
