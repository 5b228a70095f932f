"""CSV: bytes in, the rows of an array of JSON objects out.

https://www.rfc-editor.org/rfc/rfc4180: the first line names the columns. An unquoted NULL is null,
an empty cell is the empty text. Lines without a character are not rows.
"""

import re
from collections.abc import Iterator

import orjson

from passeplat.errors import InvalidBody

_LINES = re.compile(r"\r\n|\n|\r")
_CELL = re.compile(r'(?:"((?:[^"]++|"")*+)"|([^",\r\n]*+))(,|\r\n|\n|\r|\Z)')
_NULL = "NULL"

_Row = list[str | None]


def read_csv(raw: bytes) -> tuple[tuple[str, ...], bytes]:
    """The columns, and the rows as one JSON text. Raises InvalidBody on what is no table."""
    rows = _rows(_decoded(raw))
    header = next(rows, None)
    if header is None:
        raise InvalidBody("Empty CSV")
    columns = tuple("NULL" if name is None else name for name in header)
    objects = [_object(columns, row) for row in rows]
    return tuple(dict.fromkeys(columns)), b"[" + b",".join(objects) + b"]"


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise InvalidBody("The CSV is not encoded in UTF-8") from None


def _object(columns: tuple[str, ...], row: _Row) -> bytes:
    if len(row) != len(columns):
        raise InvalidBody("All lines must have same number of fields")
    return orjson.dumps(dict(zip(columns, row, strict=True)))


def _rows(text: str) -> Iterator[_Row]:
    if '"' in text:
        yield from _quoted_rows(text)
        return
    for line in _LINES.split(text):
        if line:
            yield [None if cell == _NULL else cell for cell in line.split(",")]


def _quoted_rows(text: str) -> Iterator[_Row]:
    row: _Row = []
    position = 0
    while position < len(text) or row:
        found = _CELL.match(text, position)
        if found is None:
            raise InvalidBody(f"The CSV cannot be read from character {position + 1} on")
        row.append(_value(found))
        position = found.end()
        if found[3] != ",":
            if row != [""] or found[1] is not None:
                yield row
            row = []


def _value(found: re.Match[str]) -> str | None:
    quoted, plain = found[1], found[2]
    if quoted is not None:
        return str(quoted).replace('""', '"')
    return None if plain == _NULL else str(plain)
