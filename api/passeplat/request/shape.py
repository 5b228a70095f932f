"""What a request looks like without its values: requests of one shape become the same SQL.

A query string is cut at the values that can only become parameters: those of filters, and the
arguments of a function called by GET. Whatever is not certainly such a value stays in the shape,
which costs a place in a cache and is never wrong.
"""

import re
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from passeplat.request.filters import COMPARISONS, FULL_TEXT, QUANTIFIABLE
from passeplat.request.query_string import kind_of, split_pairs

Pieces: TypeAlias = tuple[bytes, ...]
"""A query string without its values: there is one between every two pieces."""

_DECIDING = frozenset(
    {b"accept", b"accept-profile", b"content-profile", b"content-type", b"prefer", b"range"}
)
_WORDS = "|".join(sorted(COMPARISONS | {"in", "isdistinct"}, key=len, reverse=True))
_QUANTIFIABLE = "|".join(sorted(QUANTIFIABLE, key=len, reverse=True))
_FULL_TEXT = "|".join(sorted(FULL_TEXT, key=len, reverse=True))
_OPERATOR = (
    rf"(?:not\.)?(?:(?:{_WORDS})|(?:{_QUANTIFIABLE})(?:\((?:any|all)\))?"
    rf"|(?:{_FULL_TEXT})(?:\([a-z_]{{1,63}}\))?)\."
)
_RESERVED = r"(?!(?:select|columns|on_conflict|order|limit|offset|and|or)=|[^=&]*\.[^=&.]*=)"
_NO_FILTER = r"(?![%a-z])|(?=[a-z]++(?![.(]|%2[8Ee]|%[67]))"  # a word, but none that a dot follows

_FILTER = re.compile(rf"((?:^|&)[^=&]*={_OPERATOR})([^&]*)".encode())
_FILTER_OR_ARGUMENT = re.compile(
    rf"((?:^|&)(?:[^=&]*={_OPERATOR}|{_RESERVED}[^=&]*=(?:{_NO_FILTER})))([^&]*)".encode()
)
_LIST = b"in."


def deciding(headers: Iterable[tuple[bytes, bytes]]) -> tuple[tuple[bytes, bytes], ...]:
    """The headers that have a say in what is done. Names are in lower case."""
    return tuple([header for header in headers if header[0] in _DECIDING])


def split(raw_path: bytes, query: bytes, method: str) -> tuple[Pieces, list[bytes]]:
    """The shape of a query string, and its values as they came."""
    if not query:
        return (b"",), []
    of_call = method in {"GET", "HEAD"} and b"rpc/" in raw_path
    parts = (_FILTER_OR_ARGUMENT if of_call else _FILTER).split(query)
    if len(parts) == 1:
        return (query,), []
    values = parts[2::3]
    del parts[2::3]
    return tuple(parts), values


def joined(pieces: Pieces, values: Sequence[bytes]) -> bytes:
    """The query string with these values. A piece that ends in an operator comes before its value:
    the pieces are rest, key and operator, rest, key and operator, …, rest."""
    parts = [pieces[0]]
    for position, value in enumerate(values):
        parts += (pieces[2 * position + 1], value, pieces[2 * position + 2])
    return b"".join(parts)


def takes_list(pieces: Pieces, position: int) -> bool:
    """Whether the value there is `(a,b,…)`."""
    return pieces[2 * position + 1].endswith((b"=in.", b".in."))


def has_other_values(query: bytes, marks: Sequence[str]) -> bool:
    """Whether something besides the marks may differ with every request, so that a cache would be
    filled with shapes that never come again."""
    return any(
        not (value is None or any(mark in value for mark in marks) or _is_shape(key, value))
        for key, value in split_pairs(query)
    )


def _is_shape(key: str, value: str) -> bool:
    kind = kind_of(key)
    if kind == "filter":
        return value.lower().startswith(("is.", "not.is."))
    return kind != "logic"
