"""`passeplat diff`: what is printed is SQL that makes the one schema the other."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest

pytestmark = pytest.mark.anyio

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def folder(place: Path, sql: str) -> str:
    place.mkdir()
    (place / "all.sql").write_text(sql)
    return str(place)


async def execute(url: str, sql: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


async def test_what_is_piped_is_sql_that_leaves_nothing_to_do(
    passeplat: Run, tmp_path: Path, database: str
) -> None:
    target = folder(tmp_path / "db", "create schema app; create view app.one as select 1 as one;")
    printed = passeplat("diff", "--from", database, "--to", target).stdout
    await execute(database, printed)
    again = passeplat("diff", "--from", database, "--to", target)
    assert (printed != "", again.stdout, again.returncode) == (True, "", 0)


def test_a_migration_is_told_as_json(passeplat: Run, tmp_path: Path) -> None:
    reader = "create role reader; grant usage on schema public to reader;"
    old = folder(tmp_path / "a", f"{reader} create table t (id integer); grant all on t to reader;")
    new = folder(
        tmp_path / "b", f"{reader} create table t (id bigint); grant select on t to reader;"
    )
    found = json.loads(passeplat("diff", "--from", old, "--to", new, "--json").stdout)
    steps = [step for phase in found["phases"] for step in phase["steps"]]
    hazards = {step["name"]: set(step["hazards"]) for step in steps}
    assert {step["effect"] for step in steps} == {"changes"}
    assert {"REWRITES_TABLE", "BREAKS_API"} <= hazards["t"]
    assert {"AUTHZ_UPDATE", "BREAKS_API"} <= hazards["TABLE t"]
    changes = [change["change"] for change in found["api"]["public"]["breaking"]]
    assert "type: integer → bigint" in changes


def test_what_migra_does_not_see_is_refused(passeplat: Run, tmp_path: Path) -> None:
    old = folder(tmp_path / "a", "create table t (id integer);")
    new = folder(tmp_path / "b", "create table t (id integer); comment on table t is 'all of it';")
    result = passeplat("diff", "--from", old, "--to", new, "--engine", "migra")
    assert (result.returncode, result.stdout) == (1, "")
    assert "comment on table public.t: it cannot be changed in place" in result.stderr
