"""CSV: bytes in, the columns and one JSON array of objects out.

https://www.rfc-editor.org/rfc/rfc4180: the first line names the columns. NULL is null, quoted or
not; an empty cell is the empty text. Lines without a character are not rows.
"""

import re
from collections.abc import Iterator

import orjson

from passeplat.errors import InvalidBody
from passeplat.request.limits import MAX_ROWS

_LINE = re.compile(r"[^\r\n]++")
_CELL = re.compile(r'(?:"((?:[^"]++|"")*+)"|([^",\r\n]*+))(,|\r\n|\n|\r|\Z)')
_BREAKS = re.compile(r"[\r\n]*+")
_NULL = "NULL"


def read_csv(raw: bytes) -> tuple[tuple[str, ...], bytes]:
    """The columns, and the rows as one JSON text. Raises InvalidBody on what is no table."""
    rows = _rows(_decoded(raw))
    columns = next(rows, [])
    if not columns:
        raise InvalidBody("Empty CSV")
    array = bytearray(b"[")
    for number, row in enumerate(rows):
        if number:
            array += b","
        array += _object(columns, row)
        if number >= MAX_ROWS:
            raise InvalidBody(f"The CSV has more than {MAX_ROWS} rows")
    array += b"]"
    return tuple(dict.fromkeys(columns)), bytes(array)


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise InvalidBody("The CSV is not encoded in UTF-8") from None


def _object(columns: list[str], row: list[str]) -> bytes:
    if len(row) != len(columns):
        raise InvalidBody("All lines must have same number of fields")
    cells = (None if cell == _NULL else cell for cell in row)
    return orjson.dumps(dict(zip(columns, cells, strict=True)))


def _rows(text: str) -> Iterator[list[str]]:
    if '"' in text:
        return _quoted_rows(text)
    return (found[0].split(",") for found in _LINE.finditer(text))


def _quoted_rows(text: str) -> Iterator[list[str]]:
    """Cells in quotes may hold commas, line breaks, and quotes written twice."""
    position = _after_breaks(text, 0)
    while position < len(text):
        row, mark = [], ","
        while mark == ",":
            found = _CELL.match(text, position)
            if found is None:
                raise InvalidBody(f"The CSV cannot be read from character {position + 1} on")
            quoted, plain, mark = found.groups()
            row.append(plain if quoted is None else quoted.replace('""', '"'))
            position = found.end()
        yield row
        position = _after_breaks(text, position)


def _after_breaks(text: str, position: int) -> int:
    found = _BREAKS.match(text, position)
    return found.end() if found else position
