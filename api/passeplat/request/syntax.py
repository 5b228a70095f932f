"""A reader and a text become a value, or the PGRST100 that says where the text went wrong.

The grammar that explains it is imported for the first text that is refused.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from typing import Literal, TypeAlias, TypeVar

from passeplat.errors import QueryStringError
from passeplat.request.limits import MAX_DEPTH, MAX_EXPLAINED

_TAB = 8
Value = TypeVar("Value")
Syntax: TypeAlias = Literal["SELECT", "NAMES", "TREE_PATH", "FILTER", "LOGIC", "ORDER"]
"""A node of the grammar, by its name."""


class Mismatch(Exception):
    """The text cannot go on like this at `position`. Never leaves this folder."""

    def __init__(self, position: int) -> None:
        super().__init__(position)
        self.position = position


def read(what: str, syntax: Syntax, reader: Callable[[str], Value], text: str, shown: str) -> Value:
    """What the reader makes of the text.

    `what` and `shown` go into the message: what it should have been, and what the client sent.
    """
    try:
        return reader(text)
    except Mismatch as mismatch:
        raise _error(what, syntax, text, shown, mismatch.position) from None


def match(pattern: re.Pattern[str], text: str, position: int) -> re.Match[str]:
    """What the pattern finds there; a Mismatch if it finds nothing."""
    found = pattern.match(text, position)
    if found is None:
        raise Mismatch(position)
    return found


def too_many(what: str, limit: int) -> QueryStringError:
    return QueryStringError(
        f"The query string has too many {what}", f"At most {limit} are accepted"
    )


def too_deep(what: str) -> QueryStringError:
    return QueryStringError(
        f"The query string nests {what} too deeply", f"At most {MAX_DEPTH} levels are accepted"
    )


def _error(what: str, syntax: Syntax, text: str, shown: str, position: int) -> QueryStringError:
    place, sentence = _failure(syntax, text, position)
    where = _place(text, place)
    shown = shown if len(shown) <= MAX_EXPLAINED else shown[:MAX_EXPLAINED] + "…"
    return QueryStringError(f'"failed to parse {what} ({shown})" ({where})', sentence)


def _failure(syntax: Syntax, text: str, position: int) -> tuple[int, str]:
    """Where it is, and what it is called."""
    from passeplat.request import explain, grammar  # noqa: PLC0415

    failure = explain.Failure(position, text[position : position + 1])
    if len(text) <= MAX_EXPLAINED:
        with suppress(RecursionError):  # the readers do not recurse: they may refuse what is deeper
            failure = explain.explain(getattr(grammar, syntax), text)
    return failure.position, failure.sentence()


def _place(text: str, position: int) -> str:
    line, column = 1, 1
    for character in text[:position]:
        match character:
            case "\n":
                line, column = line + 1, 1
            case "\t":
                column += _TAB - (column - 1) % _TAB
            case _:
                column += 1
    return f"line {line}, column {column}"
