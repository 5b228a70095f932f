"""Starting, stopping, starting over."""

import asyncio
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest

Start = Callable[..., Any]
COUNT = "/v1/projects?select=count"


def test_ctrl_c_ends_it_cleanly(grown: Path, start: Start) -> None:
    dev = start(grown).ready()
    assert dev.interrupt() == 0
    assert not any("Traceback" in line or "Error" in line for line in dev.lines)


def test_rows_are_there_at_the_next_start(grown: Path, start: Start) -> None:
    first = start(grown).ready()
    assert first.ask("/v1/projects", json={"name": "Kept"}).status_code == 201
    first.interrupt()
    assert start(grown).ready().ask(COUNT).json() == [{"count": 7}]


def test_what_was_saved_while_it_was_away_is_applied(grown: Path, start: Start) -> None:
    view = grown / "db/v1/projects.sql"
    view.write_text(view.read_text().replace("projects.name,", "projects.name,\n  42 as answer,"))
    dev = start(grown).ready()
    assert dev.ask("/v1/projects?select=answer&limit=1").json() == [{"answer": 42}]


def test_reset_starts_over_and_keeps_a_copy(grown: Path, start: Start) -> None:
    first = start(grown).ready()
    assert first.ask("/v1/projects", json={"name": "Lost"}).status_code == 201
    first.interrupt()
    dev = start(grown, "--reset").ready()
    assert dev.ask(COUNT).json() == [{"count": 6}]
    [saved] = (grown / ".passeplat/backups").glob("*.dump")
    assert saved.read_bytes().startswith(b"PGDMP")


def test_tokens_are_good_after_a_restart(grown: Path, start: Start) -> None:
    dev = start(grown).ready()
    dev.lines = (grown / "tokens").read_text().splitlines()
    assert dev.ask(COUNT).json() == [{"count": 6}]


def test_an_api_that_could_not_start_starts_when_the_files_load(
    project: Path, start: Start
) -> None:
    view = project / "db/v1/about.sql"
    right = view.read_text()
    view.write_text(right.replace("create or replace", "creat or replace"))
    dev = start(project)
    dev.wait_for(r"^db/v1/about\.sql:3:1: syntax error")
    dev.wait_for("The API starts when the files load")
    view.write_text(right)
    assert dev.ready().ask(COUNT).json() == [{"count": 6}]


def test_a_seed_that_fails_is_shown_and_tried_again(project: Path, start: Start) -> None:
    seed = project / "db/seed.sql"
    right = seed.read_text()
    seed.write_text(right + "\ninsert into app.users (id) values (gen_random_uuid());\n")
    dev = start(project)
    dev.wait_for(r"^db/seed\.sql:\d+: null value in column \"name\"")
    seed.write_text(right)
    assert dev.ready().ask(COUNT).json() == [{"count": 6}]


def test_a_project_without_samples_says_how_to_have_some(project: Path, start: Start) -> None:
    (project / "db/seed.sql").write_text("")
    dev = start(project)
    dev.wait_for(r"-- @token NAME")
    dev.ready()


def _refusal(dev: Any) -> str:
    """Its one sentence, and that it is one."""
    sentence: str = dev.wait_for("^passeplat: ")
    assert dev.process.wait(60) == 1
    assert not any("Traceback" in line for line in dev.lines)
    return sentence


def test_a_folder_that_is_no_project_is_refused(project: Path, start: Start) -> None:
    shutil.rmtree(project / "db")
    assert re.search("There is no folder db/", _refusal(start(project)))


def test_a_database_that_cannot_be_reached_is_refused(project: Path, start: Start) -> None:
    url = "postgresql://nobody@127.0.0.1:1/nothing"
    assert re.search("cannot be reached", _refusal(start(project, "--database", url)))


@pytest.mark.parametrize("url", ["nonsense", "postgresql://postgres@127.0.0.1"])
def test_a_database_that_has_no_name_is_refused(project: Path, start: Start, url: str) -> None:
    assert re.search("names a database", _refusal(start(project, "--database", url)))


def test_a_database_with_somebodys_tables_is_left_alone(
    project: Path, start: Start, database: str
) -> None:
    asyncio.run(_execute(database, "create table treasure (id integer)"))
    refusal = _refusal(start(project, "--database", database))
    assert re.search("holds treasure and was not made by passeplat dev", refusal)


def test_another_server_can_be_developed_on(project: Path, start: Start, database: str) -> None:
    dev = start(project, "--database", database).ready()
    assert dev.ask(COUNT).json() == [{"count": 6}]
    dev.edit("db/v1/about.sql", "good for a first try", "good for a second try")
    dev.wait_for(r"changed comment on function v1\.about\(\)")


async def _execute(url: str, sql: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()
