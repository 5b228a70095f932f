"""The body of a request: bytes in, Body out; PGRST102 if it cannot be what its type says.

PostgreSQL is the one who unpacks JSON. Here it is only looked at for its objects' keys, one object
at a time, so that memory does not grow with the number of rows. Nothing else decodes JSON.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any, TypeAlias
from urllib.parse import unquote_to_bytes

import orjson

from passeplat.errors import InvalidBody
from passeplat.request.limits import MAX_FIELDS, MAX_JSON_DEPTH, MAX_ROWS, MAX_VALUES
from passeplat.request.model import (
    Action,
    Body,
    FormBody,
    JsonBody,
    MediaType,
    RawBody,
    RawJsonBody,
)
from passeplat.request.scan import WINDOW, scan_object
from passeplat.request.tabular import read_csv

_PIECE = 64 * 1024  # bytes
_INVALID = "Empty or invalid json"
NOT_UNIFORM = "All object keys must match"

_TAKES_BODY = frozenset({Action.INSERT, Action.UPDATE, Action.UPSERT, Action.CALL})
_TAKES_COLUMNS = frozenset({Action.INSERT, Action.UPDATE, Action.CALL})

_STRING = rb'"(?:[^"\\]++|\\.)*+"'


def _balanced(depth: int) -> bytes:
    """What may stand between the braces of an object that holds `depth` more levels."""
    inside = rb'(?:[^"{}\[\]]++|' + _STRING + rb")*+"
    for _ in range(depth):
        inside = rb'(?:[^"{}\[\]]++|' + _STRING + rb"|[{\[]" + inside + rb"[}\]])*+"
    return inside


_SPACE = rb"[ \t\r\n]*+"
_OBJECT = _SPACE + rb"(\{" + _balanced(MAX_JSON_DEPTH) + rb"\})" + _SPACE
_START = re.compile(_SPACE + rb"([{\[]?)")
_EMPTY_ARRAY = re.compile(_SPACE + rb"\[" + _SPACE + rb"\]" + _SPACE)
_BLANK = re.compile(_SPACE)
_AFTER = re.compile(_SPACE + rb"([,\]])")
_STRINGS = re.compile(_STRING, re.DOTALL)


@cache
def _object_before(end: bytes) -> re.Pattern[bytes]:
    """Compiled when it is needed: that takes 5 ms."""
    return re.compile(_OBJECT + end, re.DOTALL)


_Reader: TypeAlias = Callable[[bytes, Action], Body]


def parse_body(
    action: Action, content_type: MediaType, columns: tuple[str, ...] | None, raw: bytes
) -> Body | None:
    """None if the action has no use for a body.

    Writes and calls take JSON, NDJSON, CSV and forms, calls also text, XML and bytes.
    """
    if action not in _TAKES_BODY:
        return None
    reader = _READERS.get(content_type.name)
    if reader is None and action is Action.CALL:
        reader = _CALL_READERS.get(content_type.name)
    if reader is None:
        raise InvalidBody(f"Content-Type not acceptable: {content_type.name}")
    if content_type.name == "application/x-ndjson":
        raw = _as_array(raw)
    if reader is _read_json and columns is not None and action in _TAKES_COLUMNS:
        return RawJsonBody(_filled(raw, action))
    return reader(raw, action)


def _as_array(raw: bytes) -> bytes:
    """Of lines that each are an object."""
    return b"[" + b",".join(line for line in raw.split(b"\n") if line.strip()) + b"]"


def _filled(raw: bytes, action: Action) -> bytes:
    """Calling without a body is calling without arguments."""
    if not _BLANK.fullmatch(raw):
        return raw
    if action is Action.CALL:
        return b"{}"
    raise InvalidBody(_INVALID)


def _read_json(raw: bytes, action: Action) -> JsonBody:
    raw = _filled(raw, action)
    start = _START.match(raw)
    position = start.end() if start else 0
    match start[1] if start else b"":
        case b"{":
            return JsonBody(raw, _keys_of_object(raw, position - 1), is_array=False)
        case b"[":
            return JsonBody(raw, _keys_of_array(raw, position), is_array=True)
        case _:
            _decoded(raw)  # a scalar holds no row: PostgREST takes it for an empty array
            return JsonBody(b"[]", (), is_array=True)


def _decoded(raw: bytes) -> Any:
    if len(raw) > WINDOW and _weight(raw) > MAX_VALUES:
        raise InvalidBody("The JSON has too many values in one object")
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise InvalidBody(_INVALID) from None


def _weight(raw: bytes) -> int:
    outside = _STRINGS.sub(b"", raw)
    return sum(map(outside.count, (b",", b"[", b"{")))


def _keys_of_object(raw: bytes, start: int) -> tuple[str, ...]:
    if len(raw) > WINDOW:
        keys, end = scan_object(raw, start)
        return _keys_at_end(raw, end, keys)
    if _object_before(rb"\Z").match(raw) is None:
        raise InvalidBody(_INVALID)
    return tuple(_decoded(raw))


def _keys_of_array(raw: bytes, position: int) -> tuple[str, ...]:
    if _EMPTY_ARRAY.fullmatch(raw):
        return ()
    keys: tuple[str, ...] | None = None
    for _ in range(MAX_ROWS):
        found, position, mark = _element(raw, position)
        keys = found if keys is None else keys
        if found != keys and set(found) != set(keys):
            raise InvalidBody(NOT_UNIFORM)
        if mark == b"]":
            return _keys_at_end(raw, position, keys)
    raise InvalidBody(f"The JSON has more than {MAX_ROWS} rows")


def _element(raw: bytes, position: int) -> tuple[tuple[str, ...], int, bytes]:
    """The keys of an object in an array, where the next begins, and what stood in between."""
    if found := _object_before(rb"([,\]])").match(raw, position, position + WINDOW):
        element = _decoded(raw[found.start(1) : found.end(1)])
        return tuple(element), found.end(), found[2]
    start = _BLANK.match(raw, position)
    at = start.end() if start else position
    if len(raw) - at <= WINDOW or raw[at : at + 1] != b"{":
        raise _not_an_object(raw)
    keys, end = scan_object(raw, at)
    after = _AFTER.match(raw, end)
    if after is None:
        raise InvalidBody(_INVALID)
    return keys, after.end(), after[1]


def _keys_at_end(raw: bytes, position: int, keys: Iterable[str]) -> tuple[str, ...]:
    if not _BLANK.fullmatch(raw, position):
        raise InvalidBody(_INVALID)
    return tuple(keys)


def _not_an_object(raw: bytes) -> InvalidBody:
    _decoded(raw)
    return InvalidBody(NOT_UNIFORM)


def _read_csv(raw: bytes, _: Action) -> JsonBody:
    keys, rows = read_csv(raw)
    return JsonBody(rows, keys, is_array=True)


def _read_form(raw: bytes, action: Action) -> Body:
    text = raw.decode("utf-8", "replace")
    if text.count("&") >= MAX_FIELDS:
        raise InvalidBody("The form has too many fields")
    parts = (part.partition("=") for part in text.split("&") if part)
    pairs = tuple((_form_text(key), _form_text(value)) for key, _, value in parts)
    if action is Action.CALL:
        return FormBody(pairs)
    return JsonBody(orjson.dumps(dict(pairs)), tuple(dict(pairs)), is_array=False)


def _form_text(text: str) -> str:
    if "%" not in text:
        return text.replace("+", " ")
    pieces = _pieces(text.replace("+", " ").encode())
    return b"".join(map(unquote_to_bytes, pieces)).decode("utf-8", "replace")


def _pieces(data: bytes) -> Iterator[bytes]:
    """Short ones, for what is unquoted takes many times its length; no escape is cut in two."""
    position = 0
    while position < len(data):
        end = position + _PIECE
        cut = data.rfind(b"%", end - 2, end)
        end = cut if cut >= 0 else end
        yield data[position:end]
        position = end


def _read_raw(raw: bytes, _: Action) -> RawBody:
    return RawBody(raw)


_READERS: Mapping[str, _Reader] = {
    "application/json": _read_json,
    "application/x-ndjson": _read_json,
    "text/csv": _read_csv,
    "application/x-www-form-urlencoded": _read_form,
}
_CALL_READERS: Mapping[str, _Reader] = {
    "text/plain": _read_raw,
    "text/xml": _read_raw,
    "application/octet-stream": _read_raw,
}
