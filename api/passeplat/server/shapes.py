"""The shape cache: a request that looks like one before it is not parsed, resolved and built again.

Nothing of a value, a token or a person is kept: not in a key, not in what is found by it. The cache
belongs to one configuration and one schema cache, and is made anew with either.
"""

from dataclasses import dataclass, field, replace
from secrets import token_hex
from typing import NamedTuple, TypeAlias

from passeplat.claims.sieve import Counts, Sieve
from passeplat.config import Config
from passeplat.errors import ApiError, DatabaseError, InvalidBody
from passeplat.query.template import Value
from passeplat.request.body import parse_body
from passeplat.request.filters import read_filter
from passeplat.request.model import ApiRequest, Body, In
from passeplat.request.parse import parse
from passeplat.request.query_string import decoded
from passeplat.request.shape import Pieces, has_other_values, joined, split, takes_list
from passeplat.request.syntax import Mismatch
from passeplat.schema_cache.model import SchemaCache
from passeplat.server.shape import BodyShape, Marking, Shape, body_shape, body_value, make_shape

Deciding: TypeAlias = tuple[tuple[bytes, bytes], ...]
Key: TypeAlias = tuple[str, bytes, Pieces, Deciding, str]
"""Method, path, pieces of the query string, headers that decide, role."""

MAX_SHAPES = 500
_MOST_VALUES = 50
_LONGEST_KEY = 4096  # bytes
_MOST_BODIES = 50  # shapes of bodies of one key


@dataclass(frozen=True, slots=True)
class _Family:
    """What has one key: its members differ by their bodies."""

    request: ApiRequest | None  # with marks; None if requests like this have no shape
    marking: Marking
    shapes: dict[BodyShape, Shape | None] = field(default_factory=dict)


class Match(NamedTuple):
    """A request that has a shape, with its values."""

    shape: Shape
    texts: list[str]  # as they stood in the query string, decoded
    values: list[Value]  # as parameters are made of them, the body last


class Shapes:
    def __init__(self, config: Config, cache: SchemaCache, limit: int = MAX_SHAPES) -> None:
        self.config = config
        self.cache = cache
        self._token = f"mark{token_hex(12)}"
        self._families: Sieve[_Family] = Sieve(limit, Counts())

    def __len__(self) -> int:
        return len(self._families)

    def match(  # noqa: PLR0913, PLR0917 - the parts of a request
        self, method: str, raw_path: bytes, query: bytes, headers: Deciding, role: str, body: bytes
    ) -> Match | None:
        """None if it must be parsed: it has no shape, or is faulty. `headers`: those that have a
        say in what is done (request.shape.deciding)."""
        pieces, raw = split(raw_path, query, method)
        key = (method, raw_path, pieces, headers, role)
        family = self._families.get(key) or self._new_family(key, len(raw), body)
        if family.request is None:
            return None
        try:
            read = read_body(family.request, body)
        except InvalidBody:
            return None  # of several faults another may come first
        kind = body_shape(read)
        if kind not in family.shapes:
            self._add_shape(family, replace(family.request, body=read), role)
        shape = family.shapes.get(kind)
        return None if shape is None else _filled(shape, pieces, raw, read)

    def _new_family(self, key: Key, number: int, body: bytes) -> _Family:
        marks = tuple(f"{self._token}x{position}x*" for position in range(number))
        written = tuple(
            f"({mark})" if takes_list(key[2], position) else mark
            for position, mark in enumerate(marks)
        )
        marking = Marking(marks, written, f"{self._token}xbodyx*")
        if number > _MOST_VALUES or _length(key) > _LONGEST_KEY:
            return _Family(None, marking)
        family = _Family(self._parse(key, marking, body), marking)
        self._families.put(key, family)
        return family

    def _parse(self, key: Key, marking: Marking, body: bytes) -> ApiRequest | None:
        method, raw_path, pieces, headers, _ = key
        query = joined(pieces, [each.encode() for each in marking.written])
        try:
            if has_other_values(query, marking.marks):
                return None
            return replace(parse(method, raw_path, query, headers, body, self.config), body=None)
        except (ApiError, DatabaseError):
            return None

    def _add_shape(self, family: _Family, request: ApiRequest, role: str) -> None:
        if len(family.shapes) >= _MOST_BODIES:
            family.shapes.clear()
        try:
            made = make_shape(request, family.marking, role, self.config, self.cache)
        except (ApiError, DatabaseError):
            made = None
        family.shapes[body_shape(request.body)] = made


def _filled(shape: Shape, pieces: Pieces, raw: list[bytes], body: Body | None) -> Match | None:
    texts = [decoded(each.decode("utf-8", "replace")) for each in raw]
    try:
        values: list[Value] = [
            _elements(text) if takes_list(pieces, position) else text
            for position, text in enumerate(texts)
        ]
    except Mismatch:
        return None
    values += body_value(body)
    return Match(shape, texts, values)


def read_body(request: ApiRequest, body: bytes) -> Body | None:
    """As `parse` reads it."""
    return parse_body(request.action, request.content_type, request.query.columns, body)


def _elements(text: str) -> tuple[str, ...]:
    operation, _ = read_filter(f"in.{text}")
    assert isinstance(operation, In)  # noqa: S101 - `in.` is read as nothing else
    return operation.values


def _length(key: Key) -> int:
    _, raw_path, pieces, headers, _ = key
    return len(raw_path) + sum(map(len, pieces)) + sum(len(value) for _, value in headers)
