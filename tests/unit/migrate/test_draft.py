"""What becomes of a found migration before it is written."""

from datetime import UTC, datetime

import pytest

from passeplat.cli.check import exit_status
from passeplat.contract import Change
from passeplat.migrate.allowance import not_allowed
from passeplat.migrate.check import Verdict
from passeplat.migrate.data import DataStep, When
from passeplat.migrate.draft import for_any_role, mark_changes, stamp, with_data
from passeplat.migrate.model import Hazard, Identity, Migration, Phase, Step
from passeplat.names import QualifiedName

VIEW = Step("create view v1.todos as select 1;", Identity("VIEW", "v1", "todos"))
TABLE = Step("create table app.t ();", Identity("TABLE", "app", "t"))


def migration(*steps: Step) -> Migration:
    return Migration((Phase(steps),), "a", "b")


def change(name: str, *, is_breaking: bool = True) -> Change:
    return Change("v1", f"v1.{name}", "is gone", is_breaking, QualifiedName("v1", name))


def hazards(found: Migration) -> list[bool]:
    return [Hazard.BREAKS_API in step.hazards for phase in found.phases for step in phase.steps]


@pytest.mark.parametrize(
    ("now", "last", "expected"),
    [
        ((2026, 11, 22, 10, 15), "", "20261122T101500"),
        ((2026, 11, 22, 10, 15), "20261122T101459_x", "20261122T101500"),
        ((2026, 11, 22, 10, 15), "20261122T101500_x", "20261122T101501"),
        ((2026, 11, 22, 10, 15), "20270101T000000_clock_ahead", "20270101T000001"),
        ((2026, 11, 22, 10, 15), "by_hand", "20261122T101500"),
    ],
)
def test_a_file_comes_after_the_last(now: tuple[int, ...], last: str, expected: str) -> None:
    year, month, day, hour, minute = now
    assert stamp(datetime(year, month, day, hour, minute, tzinfo=UTC), last) == expected


def test_the_step_that_breaks_a_client_is_marked() -> None:
    assert hazards(mark_changes(migration(TABLE, VIEW), [change("todos")])) == [False, True]


def test_all_are_marked_if_it_cannot_be_told_which_breaks_it() -> None:
    assert hazards(mark_changes(migration(TABLE, VIEW), [change("other")])) == [True, True]


def test_what_is_additive_is_not_marked() -> None:
    found = mark_changes(migration(VIEW), [change("todos", is_breaking=False)])
    assert hazards(found) == [False]


def test_data_steps_surround_the_changes() -> None:
    steps = (
        DataStep(When.AFTER, "update app.t set x = 1;", "db/t.sql", 3),
        DataStep(When.BEFORE, "delete from app.t;", "db/t.sql", 1),
    )
    [phase] = with_data(migration(TABLE), steps).phases
    assert [step.identity.kind for step in phase.steps] == ["DATA", "TABLE", "DATA"]
    assert "delete" in phase.steps[0].sql


def test_a_role_that_is_there_is_no_error() -> None:
    role = Step('create role "a" nologin;', Identity("ROLE", "", "a"))
    [phase] = for_any_role(migration(role, TABLE), "postgres").phases
    assert "exception when duplicate_object" in phase.steps[0].sql
    assert phase.steps[1] == TABLE


@pytest.mark.parametrize(
    ("kind", "sql", "expected"),
    [
        ("ACL", "GRANT ALL ON TABLE a.t TO postgres;", "GRANT ALL ON TABLE a.t TO CURRENT_USER;"),
        (
            "DEFAULT ACL",
            "ALTER DEFAULT PRIVILEGES FOR ROLE postgres REVOKE ALL ON FUNCTIONS FROM PUBLIC;",
            "ALTER DEFAULT PRIVILEGES FOR ROLE CURRENT_USER REVOKE ALL ON FUNCTIONS FROM PUBLIC;",
        ),
        ("TABLE", 'ALTER TABLE a.t OWNER TO "postgres";', "ALTER TABLE a.t OWNER TO CURRENT_USER;"),
        ("VIEW", "create view a.v as select 'postgres';", "create view a.v as select 'postgres';"),
    ],
)
def test_whoever_applies_it_takes_the_place_of_who_made_it(
    kind: str, sql: str, expected: str
) -> None:
    [phase] = for_any_role(migration(Step(sql, Identity(kind, "a", "x"))), "postgres").phases
    assert [step.sql for step in phase.steps] == [expected]


def test_a_lock_need_not_be_allowed() -> None:
    found = {Hazard.ACQUIRES_ACCESS_EXCLUSIVE_LOCK, Hazard.DELETES_DATA, Hazard.BREAKS_API}
    assert not_allowed(found, {Hazard.BREAKS_API}) == {Hazard.DELETES_DATA}


@pytest.mark.parametrize(("statuses", "expected"), [([], 0), ([2], 2), ([1], 1), ([2, 1], 1)])
def test_a_fault_weighs_more_than_a_hazard(statuses: list[int], expected: int) -> None:
    verdicts = [Verdict("fine", ()), *(Verdict("", ("x",), status) for status in statuses)]
    assert exit_status(verdicts) == expected
