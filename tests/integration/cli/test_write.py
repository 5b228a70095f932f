"""From an edited file to a migration that CI lets through."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]

ROLES = "create role clerk nologin; create role porter nologin;"
TABLE = """
create schema app;
create table app.things (id integer primary key, name text);
alter table app.things enable row level security;
create policy all_of_it on app.things using (id > 0) with check (id > 0);
grant select, insert on app.things to clerk;
"""
VIEW = """
create schema v1; grant usage on schema v1 to clerk;
create view v1.things with (security_invoker = true) as select id, name from app.things;
grant select, insert on v1.things to clerk;
"""


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """A small project."""
    folder = tmp_path / "shelf"
    (folder / "db").mkdir(parents=True)
    for name, text in {"roles": ROLES, "things": TABLE, "view": VIEW}.items():
        (folder / "db" / f"{name}.sql").write_text(text)
    (folder / "passeplat.toml").write_text('db-schemas = "v1"\n')
    return folder


def test_what_breaks_clients_must_be_allowed_and_what_was_tampered_with_is_found(
    passeplat: Run, shelf: Path
) -> None:
    """In one, for each command takes its seconds; the tutorial on migrations is the rest."""
    written = passeplat("diff", "--write", "initial", folder=shelf)
    assert re.fullmatch(r"Wrote db/migrations/\d{8}T\d{6}_initial\.sql\n", written.stdout)
    (shelf / "db" / "view.sql").write_text(VIEW.replace("select id, name", "select id"))
    refused = passeplat("diff", "--write", "narrow", folder=shelf)
    assert refused.returncode == 2
    assert "v1.things.name is gone (for clerk)" in refused.stderr
    allow = refused.stderr.rpartition("if it is meant so, ")[2].split()
    assert "BREAKS_API" in allow
    assert passeplat("diff", "--write", "narrow", *allow, folder=shelf).returncode == 0
    [initial, narrow] = sorted((shelf / "db" / "migrations").glob("*.sql"))
    initial.write_text(initial.read_text() + "create table app.more (id integer);\n")
    narrow.write_text(re.sub(r"-- @allow .*\n", "", narrow.read_text()))
    checked = passeplat("check", folder=shelf)
    assert checked.returncode == 1
    assert f"{initial.name}: it does not lead to the state it was proved to" in checked.stdout
    assert "table app.more" in checked.stdout
    assert f"{narrow.name}: BREAKS_API" in checked.stdout
