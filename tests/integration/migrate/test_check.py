"""What CI is told of a project."""

import os
from pathlib import Path

import pytest

from passeplat.config import Config
from passeplat.migrate.check import check

pytestmark = pytest.mark.anyio

STATE = """
create schema api;
create table api.things (id integer);
grant select on api.things to public;
grant usage on schema api to public;
-- @accept policy_without_check own on api.things: there is none
-- @after
-- update api.things set id = 1;
"""
MIGRATION = """
-- @from 0123456789abcdef0123456789abcdef
-- @to 0123456789abcdef0123456789abcdef
-- @hazards BREAKS_API DELETES_DATA
-- @allow DELETES_DATA
create schema api;
"""


async def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    db = tmp_path / "db"
    (db / "migrations").mkdir(parents=True)
    (db / "things.sql").write_text(STATE)
    (db / "migrations" / "1.sql").write_text(MIGRATION)
    verdicts = await check(tmp_path, Config(db_schemas=("api",)), os.environ)
    proof, reached, allowed, closed = verdicts
    assert "db/migrations/1.sql: it does not begin with the state" in proof.faults[0]
    assert "table api.things" in reached.faults
    assert "db/things.sql:7: a data step" in reached.faults
    assert allowed.faults == ("db/migrations/1.sql: BREAKS_API",)
    assert "table_without_row_security  api.things" in closed.faults
    assert "db/things.sql:6: what it accepts is not there: remove the line" in closed.faults
    assert [verdict.exit_status for verdict in verdicts] == [1, 1, 2, 1]
