"""A long JSON object, not decoded: where it ends and which keys it has.

The text is passed over in short steps, so that a thread that does it leaves the others their turn.
Only what must be known is looked at: whether all of it is JSON is for PostgreSQL to say.
"""

import re

import orjson

from passeplat.errors import InvalidBody
from passeplat.request.limits import MAX_JSON_DEPTH, MAX_MARKS

WINDOW = 1024 * 1024  # bytes looked at in one step

_AT_TOP = re.compile(rb'["{}\[\],]')
_BELOW = re.compile(rb'["{}\[\]]')
_INSIDE = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)
_INVALID = "Empty or invalid json"
_OPENING, _CLOSING = frozenset(b"{["), frozenset(b"}]")


def scan_object(raw: bytes, start: int) -> tuple[tuple[str, ...], int]:
    """The keys of the object that opens at `start`, and where it ends. Raises InvalidBody."""
    keys: dict[str, None] = {}
    depth, position, takes_key = 1, start + 1, True
    for _ in range(MAX_MARKS):
        mark, begin = _next_mark(raw, position, _AT_TOP if depth == 1 else _BELOW)
        position = begin + 1
        if mark == ord('"'):
            position = _end_of_string(raw, position)
            if takes_key:
                keys[_key(raw[begin:position])] = None
        depth += (mark in _OPENING) - (mark in _CLOSING)
        if depth == 0:
            return tuple(keys), position
        if depth > MAX_JSON_DEPTH:
            raise InvalidBody(_INVALID)
        takes_key = depth == 1 and mark == ord(",")
    raise InvalidBody("The JSON has too many values in one object")


def _next_mark(raw: bytes, position: int, marks: re.Pattern[bytes]) -> tuple[int, int]:
    while position < len(raw):
        if found := marks.search(raw, position, position + WINDOW):
            return raw[found.start()], found.start()
        position += WINDOW
    raise InvalidBody(_INVALID)


def _end_of_string(raw: bytes, position: int) -> int:
    """`position` is after the opening quotation mark; what is returned, after the closing one."""
    while position < len(raw):
        found = _INSIDE.match(raw, position, position + WINDOW)
        position = found.end() if found else position
        if raw[position : position + 1] == b'"':
            return position + 1
        if position + 1 >= len(raw):
            break
    raise InvalidBody(_INVALID)


def _key(text: bytes) -> str:
    try:
        return str(orjson.loads(text))
    except orjson.JSONDecodeError:
        raise InvalidBody(_INVALID) from None
