"""The body of a request: bytes in, Body out; PGRST102 if it cannot be what its type says.

PostgreSQL is the one who unpacks JSON. Here it is only looked at for its objects' keys, one object
at a time, so that memory does not grow with the number of rows. Nothing else decodes JSON.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias
from urllib.parse import unquote_plus

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
from passeplat.request.tabular import read_csv

_WEIGHED = 1024 * 1024  # bytes: a shorter object cannot hold too many values to matter
_INVALID = "Empty or invalid json"
_NOT_UNIFORM = "All object keys must match"

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
_ONLY_OBJECT = re.compile(_OBJECT + rb"\Z", re.DOTALL)
_ELEMENT = re.compile(_OBJECT + rb"([,\]])", re.DOTALL)
_START = re.compile(_SPACE + rb"([{\[]?)")
_EMPTY_ARRAY = re.compile(_SPACE + rb"\[" + _SPACE + rb"\]" + _SPACE)
_BLANK = re.compile(_SPACE)
_STRINGS = re.compile(_STRING, re.DOTALL)

_Reader: TypeAlias = Callable[[bytes, Action], Body]


def parse_body(
    action: Action, content_type: MediaType, columns: tuple[str, ...] | None, raw: bytes
) -> Body | None:
    """None if the action has no use for a body.

    Writes and calls take JSON, CSV and forms, calls also text, XML and bytes.
    """
    if action not in _TAKES_BODY:
        return None
    reader = _READERS.get(content_type.name)
    if reader is None and action is Action.CALL:
        reader = _CALL_READERS.get(content_type.name)
    if reader is None:
        raise InvalidBody(f"Content-Type not acceptable: {content_type.name}")
    if reader is _read_json and columns is not None and action in _TAKES_COLUMNS:
        return RawJsonBody(_filled(raw, action))
    return reader(raw, action)


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
    match start[1] if start else b"":
        case b"{":
            return JsonBody(raw, _keys_of_object(raw), is_array=False)
        case b"[":
            return JsonBody(raw, _keys_of_array(raw, start.end() if start else 0), is_array=True)
        case _:
            _decoded(raw)  # a scalar holds no row: PostgREST takes it for an empty array
            return JsonBody(b"[]", (), is_array=True)


def _decoded(raw: bytes | memoryview) -> Any:
    if len(raw) > _WEIGHED and _weight(bytes(raw)) > MAX_VALUES:
        raise InvalidBody("The JSON has too many values in one object")
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise InvalidBody(_INVALID) from None


def _weight(raw: bytes) -> int:
    outside = _STRINGS.sub(b"", raw)
    return sum(map(outside.count, (b",", b"[", b"{")))


def _keys_of_object(raw: bytes) -> tuple[str, ...]:
    if _ONLY_OBJECT.match(raw) is None:
        raise InvalidBody(_INVALID)
    return tuple(_decoded(raw))


def _keys_of_array(raw: bytes, position: int) -> tuple[str, ...]:
    if _EMPTY_ARRAY.fullmatch(raw):
        return ()
    view = memoryview(raw)
    keys = None
    for _ in range(MAX_ROWS):
        found = _ELEMENT.match(raw, position)
        if found is None:
            raise _not_an_object(raw)
        element = _decoded(view[found.start(1) : found.end(1)])
        keys = element.keys() if keys is None else keys
        if element.keys() != keys:
            raise InvalidBody(_NOT_UNIFORM)
        position = found.end()
        if found[2] == b"]":
            return _keys_at_end(raw, position, keys)
    raise InvalidBody(f"The JSON has more than {MAX_ROWS} rows")


def _keys_at_end(raw: bytes, position: int, keys: Iterable[str]) -> tuple[str, ...]:
    if not _BLANK.fullmatch(raw, position):
        raise InvalidBody(_INVALID)
    return tuple(keys)


def _not_an_object(raw: bytes) -> InvalidBody:
    _decoded(raw)
    return InvalidBody(_NOT_UNIFORM)


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
    return unquote_plus(text, "utf-8", "replace")


def _read_raw(raw: bytes, _: Action) -> RawBody:
    return RawBody(raw)


_READERS: Mapping[str, _Reader] = {
    "application/json": _read_json,
    "text/csv": _read_csv,
    "application/x-www-form-urlencoded": _read_form,
}
_CALL_READERS: Mapping[str, _Reader] = {
    "text/plain": _read_raw,
    "text/xml": _read_raw,
    "application/octet-stream": _read_raw,
}
