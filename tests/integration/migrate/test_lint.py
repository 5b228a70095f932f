"""What of row level security is open is found; what is meant so is not told."""

import os
from pathlib import Path

import asyncpg
import pytest

from passeplat.migrate.lint import (
    RULES,
    Acceptance,
    Finding,
    acceptances,
    lint,
    malformed,
    needless,
    open_findings,
    render_finding,
)
from passeplat.migrate.model import Sources, SqlFile

pytestmark = pytest.mark.anyio

ROLE = f"lint_{os.getpid()}"
SAFE = f"""
create schema app; create schema api;
alter default privileges revoke execute on functions from public;
create table app.things (id integer, owner text);
alter table app.things enable row level security;
create policy own on app.things using (owner = current_user) with check (owner = current_user);
create policy seen on app.things for select using (true);
grant select, insert on app.things to {ROLE};
create view api.things with (security_invoker = true) as select * from app.things;
grant select, insert on api.things to {ROLE};
create table app.log (line text);
create function app.rank() returns integer security definer set search_path = '' return 1;
create function app.touch() returns trigger language plpgsql security definer as
  'begin return new; end';
"""
OPEN = {
    "table_without_row_security": (
        """create table app.open (id integer); grant select on app.open to {role};
        create view api.open with (security_invoker = on) as select * from app.open""",
        "app.open",
    ),
    "view_without_security_invoker": (
        "create view api.all as select * from app.things",
        "api.all",
    ),
    "materialized_view_exposed": (
        """create materialized view api.kept as select * from app.things;
        grant select on api.kept to {role}""",
        "api.kept",
    ),
    "foreign_table_exposed": (
        """create foreign data wrapper w; create server s foreign data wrapper w;
        create foreign table api.far (x int) server s; grant select on api.far to {role}""",
        "api.far",
    ),
    "policy_without_row_security": (
        """alter table app.log enable row level security;
        create policy p on app.log for select using (line <> '');
        alter table app.log disable row level security""",
        "p on app.log",
    ),
    "policy_without_check": (
        "create policy p on app.things for update using (id > 0)",
        "p on app.things",
    ),
    "policy_lets_everything_through": (
        "create policy p on app.things for insert with check (true)",
        "p on app.things",
    ),
    "security_definer_without_search_path": (
        "create function app.f(x integer) returns integer security definer return 1",
        "app.f(x integer)",
    ),
    "security_definer_for_everyone": (
        """create function app.f() returns integer security definer set search_path = '' return 1;
        grant execute on function app.f to public""",
        "app.f()",
    ),
}


async def test_every_rule_finds_what_it_is_for_and_nothing_else(database: str) -> None:
    assert OPEN.keys() == RULES.keys()
    connection = await asyncpg.connect(database)
    try:
        await connection.execute(f"create role {ROLE}; {SAFE}")
        assert await lint(connection, ["api"]) == ()
        for rule, (sql, subject) in OPEN.items():
            await connection.execute("begin; " + sql.format(role=ROLE))
            assert await lint(connection, ["api"]) == (Finding(rule, subject),)
            await connection.execute("rollback")
    finally:
        await connection.execute(f"drop owned by {ROLE}; drop role {ROLE}")
        await connection.close()


def test_what_is_accepted_is_not_told() -> None:
    text = "select 1;\n-- @accept policy_without_check p on app.t: seen by all\n"
    found = Finding("policy_without_check", "p on app.t")
    accepted = acceptances(Sources(None, (SqlFile("db/t.sql", text),), None, ()))
    assert accepted == (Acceptance(found, "db/t.sql", 2),)
    assert open_findings([found], accepted) == ()
    assert needless([found], accepted) == ()
    assert needless([], accepted) == accepted


@pytest.mark.parametrize(
    "text", ["-- @accept policy_without_check app.t", "-- @accept no_such_rule app.t: because"]
)
def test_a_reason_and_a_rule_are_asked_for(text: str) -> None:
    sources = Sources(None, (SqlFile("db/t.sql", f"\n{text}\n"),), None, ())
    assert list(malformed(sources)) == ["db/t.sql:2"]


def test_every_rule_is_in_the_reference() -> None:
    page = Path(__file__).parents[3] / "docs/reference/row-level-security.md"
    assert all(f"\n## {rule}\n" in page.read_text() for rule in RULES)


def test_a_finding_says_why_and_what_to_do() -> None:
    name, why, remedy = render_finding(Finding("policy_without_row_security", "p on app.t"))
    assert name == "policy_without_row_security  p on app.t"
    assert (why[:7], remedy[:7]) == ("  why: ", "  do:  ")
