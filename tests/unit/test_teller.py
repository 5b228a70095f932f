"""What is said while migrations are applied, into a pipe."""

import pytest

from passeplat.cli.terminal import Teller
from passeplat.migrate.progress import Began, Done, Locked, Note, Queued, Slow


def test_what_was_applied_is_all_of_the_output(capsys: pytest.CaptureFixture[str]) -> None:
    with Teller() as teller:
        for event in (Queued(), Began("a", 3, 0), Note("so it is"), Done("a", 0.1)):
            teller.tell(event)
    shown = capsys.readouterr()
    assert shown.out == "Applied a.\n"
    assert shown.err == "Another process migrates this database: waiting for it\nso it is\n"


def test_what_takes_long_is_told_ever_more_rarely(capsys: pytest.CaptureFixture[str]) -> None:
    with Teller() as teller:
        for second in range(1, 40):
            teller.tell(Slow(7, "create index i", float(second), 12.5, ()))
    lines = capsys.readouterr().err.splitlines()
    assert lines == [f"  line 7: create index i  12 %, {seconds} s" for seconds in (8, 16, 32)]


def test_who_has_the_lock_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with Teller() as teller:
        teller.tell(Began("a", 3, 1))
        teller.tell(Locked(2, "alter table t", 0.5, ("process 1, app",)))
    assert capsys.readouterr().err.splitlines() == [
        "a was interrupted after 1 of 3 statements",
        "  line 2: no lock for alter table t, held by process 1, app; again in 0.5 s",
    ]
