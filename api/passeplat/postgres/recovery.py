"""Whether to try again and when: an error in, a yes or no and the seconds to wait out."""

from collections.abc import Iterator
from itertools import repeat

from passeplat.errors import DatabaseError
from passeplat.postgres.connect import ConnectionImpossible

_FATAL = frozenset(
    {
        "28000",  # the role may not log in
        "28P01",  # wrong password
        "42P05",  # a pooler gives our prepared statements to others: db-prepared-statements=false
        "08P01",  # a pooler in statement mode knows no transactions
    }
)
_LONGEST = 32


def is_fatal(error: Exception) -> bool:
    """True if the program had better end than try again."""
    match error:
        case ConnectionImpossible():
            return True
        case DatabaseError():
            return error.sqlstate in _FATAL
        case _:
            return False


def delays() -> Iterator[float]:
    """Seconds before each new attempt: 1, 2, 4, … 32, 32, for ever."""
    delay = 1
    while delay < _LONGEST:
        yield delay
        delay *= 2
    yield from repeat(_LONGEST)
