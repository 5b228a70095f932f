"""A reader and a text become a value, or the PGRST100 that says where the text went wrong."""

from collections.abc import Callable
from typing import TypeVar

from passeplat.errors import QueryStringError
from passeplat.request.explain import Failure, explain
from passeplat.request.grammar import Node

MAX_EXPLAINED = 4_096  # characters: longer texts are refused without saying what was expected
MAX_DEPTH = 32  # of embeds and of parentheses in logic
MAX_PARAMETERS = 1_000
MAX_ITEMS = 2_000  # of one select, order or logic tree; PostgreSQL returns at most 1,664 columns

_TAB = 8
Value = TypeVar("Value")


class Mismatch(Exception):
    """The text cannot go on like this at `position`. Never leaves this folder."""

    def __init__(self, position: int) -> None:
        super().__init__(position)
        self.position = position


def read(what: str, node: Node, reader: Callable[[str], Value], text: str, shown: str) -> Value:
    """What the reader makes of the text.

    `what` and `shown` go into the message: what it should have been, and what the client sent.
    """
    try:
        return reader(text)
    except Mismatch as mismatch:
        raise _error(what, node, text, shown, mismatch.position) from None


def too_many(what: str, limit: int) -> QueryStringError:
    return QueryStringError(
        f"The query string has too many {what}", f"At most {limit} are accepted"
    )


def too_deep(what: str) -> QueryStringError:
    return QueryStringError(
        f"The query string nests {what} too deeply", f"At most {MAX_DEPTH} levels are accepted"
    )


def _error(what: str, node: Node, text: str, shown: str, position: int) -> QueryStringError:
    if len(text) <= MAX_EXPLAINED:
        failure = explain(node, text)
    else:
        failure = Failure(position, text[position : position + 1])
        shown = shown[:MAX_EXPLAINED] + "…"
    where = _place(text, failure.position)
    return QueryStringError(f'"failed to parse {what} ({shown})" ({where})', failure.sentence())


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
