"""Messages of PostgreSQL's protocol 3.0: statements and values become bytes to send, received
bytes become messages, rows and error fields. No input or output happens here.

https://www.postgresql.org/docs/current/protocol-message-formats.html
"""

from collections.abc import Iterator
from struct import Struct, error

from passeplat.errors import DatabaseError, InvalidIdentifier
from passeplat.postgres.model import Row

DATA_ROW = ord("D")
ERROR_RESPONSE = ord("E")
READY_FOR_QUERY = ord("Z")
PARSE_COMPLETE = ord("1")
BIND_COMPLETE = ord("2")
CLOSE_COMPLETE = ord("3")
COMMAND_COMPLETE = ord("C")
EMPTY_QUERY_RESPONSE = ord("I")
NOTICE_RESPONSE = ord("N")
NOTIFICATION_RESPONSE = ord("A")
PARAMETER_STATUS = ord("S")

IDLE = ord("I")
IN_TRANSACTION = ord("T")
FAILED_TRANSACTION = ord("E")

SYNC = b"S\0\0\0\4"
TERMINATE = b"X\0\0\0\4"

_MAX_PARAMETERS = 65535
_HEADER = 5  # one byte of kind, four of length; the length counts itself but not the kind
_ROW_HEADER = _HEADER + 6  # of a row with one column: the number of columns, its length
_NULL = b"\xff\xff\xff\xff"
_TEXT_PARAMETERS = b"\0\0"  # no format codes: all text
_BINARY_RESULTS = b"\0\1\0\1"  # one format code for all columns
_BOUND = b"2\0\0\0\4"
_READY = b"Z\0\0\0\5I"  # and not in a transaction
_EXECUTE = b"E\0\0\0\x09\0\0\0\0\0"  # the unnamed portal, all rows

_length = Struct("!I")
_signed = Struct("!i")
_count = Struct("!H")


def _message(kind: bytes, body: bytes) -> bytes:
    return kind + _length.pack(len(body) + 4) + body


def parse(name: bytes, sql: str) -> bytes:
    """Prepare `sql` as `name`; the types of its parameters are left to the server."""
    if "\0" in sql:
        raise InvalidIdentifier  # it would end the text early; only a name can have brought it
    return _message(b"P", name + b"\0" + sql.encode() + b"\0\0\0")


def bind_execute(name: bytes, params: tuple[bytes | None, ...] = ()) -> list[bytes]:
    """Run the prepared statement `name`: in pieces, so that a large value is copied once, when it
    is sent."""
    parts = [b"\0", name, b"\0", _TEXT_PARAMETERS, _number(len(params))]
    for param in params:
        if param is None:
            parts.append(_NULL)
        else:
            parts += (_length.pack(len(param)), param)
    parts.append(_BINARY_RESULTS)
    return [b"B", _length.pack(sum(map(len, parts)) + 4), *parts, _EXECUTE]


def packed(*params: bytes | None) -> bytes:
    """As they stand in a Bind, one after the other."""
    return b"".join(
        [_NULL if param is None else _length.pack(len(param)) + param for param in params]
    )


def arguments(number: int, *parts: bytes) -> bytes:
    """What follows the name of its statement in a Bind. `parts`: values, `packed`; so many."""
    return b"".join((_TEXT_PARAMETERS, _number(number), *parts, _BINARY_RESULTS))


def bound(name: bytes, given: bytes) -> bytes:
    """As `bind_execute`, of `arguments` that are ready."""
    size = _length.pack(len(name) + len(given) + 6)
    return b"".join((b"B", size, b"\0", name, b"\0", given, _EXECUTE))


def _number(of_parameters: int) -> bytes:
    if of_parameters > _MAX_PARAMETERS:
        message = f"a statement takes at most {_MAX_PARAMETERS} parameters, not {of_parameters}"
        raise DatabaseError({"S": "ERROR", "C": "54023", "M": message})
    return _count.pack(of_parameters)


def parse_execute(sql: str) -> bytes:
    """Run a statement without parameters, leaving no name behind."""
    return b"".join((parse(b"", sql), *bind_execute(b"")))


def close(name: bytes) -> bytes:
    """Drop a prepared statement; one that does not exist is no error."""
    return _message(b"C", b"S" + name + b"\0")


def row(buffer: bytes, start: int) -> Row:
    """The columns of the DataRow whose body begins at `start`."""
    values: list[bytes | None] = []
    position = start + 2
    for _ in range(_count.unpack_from(buffer, start)[0]):
        size = _signed.unpack_from(buffer, position)[0]
        position += 4
        if size < 0:
            values.append(None)
        else:
            values.append(buffer[position : position + size])
            position += size
    return tuple(values)


def take_answer(buffer: bytes, position: int, number: int) -> tuple[list[list[int]], int] | None:
    """Where the rows begin of each of so many prepared statements, and where their answer ends.
    None if it is not there as a whole, or if anything else is."""
    answers = []
    try:
        for _ in range(number):
            if not buffer.startswith(_BOUND, position):
                return None
            position += len(_BOUND)
            rows = []
            while buffer[position] == DATA_ROW:
                rows.append(position + _HEADER)
                position += 1 + _length.unpack_from(buffer, position + 1)[0]
            if buffer[position] != COMMAND_COMPLETE:
                return None
            position += 1 + _length.unpack_from(buffer, position + 1)[0]
            answers.append(rows)
    except (IndexError, error):
        return None
    return (answers, position + len(_READY)) if buffer.startswith(_READY, position) else None


def take_rows(buffer: bytes, position: int, rows: list[bytes]) -> int:
    """The only column of each DataRow that is complete, and where the last one ends."""
    size = len(buffer)
    while position + _ROW_HEADER <= size and buffer[position] == DATA_ROW:
        end = position + 1 + _length.unpack_from(buffer, position + 1)[0]
        if end > size:
            break
        rows.append(buffer[position + _ROW_HEADER : end])
        position = end
    return position


def fields(buffer: bytes, start: int, end: int) -> dict[str, str]:
    """The fields of an ErrorResponse or NoticeResponse, by letter."""
    parts = buffer[start:end].split(b"\0")
    return {chr(part[0]): part[1:].decode(errors="replace") for part in parts if part}


class Reader:
    """Cuts what arrives into messages, whatever the pieces it arrives in.

    Pieces of an unfinished message are joined once, when the last one is there: a value of 100 MB
    in pieces of 64 kB costs one copy, not a thousand.
    """

    def __init__(self) -> None:
        self.rows: list[bytes] | None = None  # where rows go that are streamed
        self._pieces: list[bytes] = []
        self._held = 0
        self._needed = 0

    def is_empty(self) -> bool:
        """Between two messages, of which none is streamed."""
        return not self._pieces and self.rows is None

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes, int, int]]:
        """Each message that is complete now: its kind, and the buffer, start, end of its body."""
        if self._pieces:
            self._hold(data)
            if self._held < self._needed:
                return
            data = b"".join(self._pieces)
            self._pieces.clear()
        position, size = 0, len(data)
        while size - position >= _HEADER:
            if self.rows is not None and data[position] == DATA_ROW:
                start, position = position, take_rows(data, position, self.rows)
                if position > start:
                    continue
            end = position + 1 + _length.unpack_from(data, position + 1)[0]
            if end > size:
                break
            yield data[position], data, position + _HEADER, end
            position = end
        if position < size:
            self._start(data[position:] if position else data)

    def _start(self, rest: bytes) -> None:
        self._held = 0
        self._needed = _HEADER
        self._hold(rest)
        if self._held >= _HEADER:
            self._needed = 1 + _length.unpack_from(rest, 1)[0]

    def _hold(self, piece: bytes) -> None:
        self._pieces.append(piece)
        self._held += len(piece)
