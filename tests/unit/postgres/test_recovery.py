"""Which errors are worth another attempt, and when."""

from itertools import islice

import pytest

from passeplat.errors import ConnectionFailed, ConnectionLost, DatabaseError
from passeplat.postgres.connect import ConnectionImpossible
from passeplat.postgres.recovery import delays, is_fatal


def test_the_wait_doubles_up_to_half_a_minute_and_goes_on() -> None:
    assert list(islice(delays(), 8)) == [1, 2, 4, 8, 16, 32, 32, 32]


@pytest.mark.parametrize("code", ["28P01", "28000", "42P05", "08P01"])
def test_what_will_not_go_away_is_fatal(code: str) -> None:
    assert is_fatal(DatabaseError({"C": code}))


def test_a_connection_that_is_impossible_is_fatal() -> None:
    assert is_fatal(ConnectionImpossible("wrong password"))


@pytest.mark.parametrize(
    "error", [ConnectionFailed(), ConnectionLost(), DatabaseError({"C": "57P03"}), OSError()]
)
def test_what_may_go_away_is_not(error: Exception) -> None:
    assert not is_fatal(error)
