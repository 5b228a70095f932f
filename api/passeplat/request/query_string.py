"""The query string: bytes in, QueryString out; PGRST100 if it is not the grammar's.

docs/reference/query-string.md describes the language for those who write it.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from operator import itemgetter
from typing import TypeAlias
from urllib.parse import quote, unquote

from passeplat.errors import QueryStringError
from passeplat.request import grammar
from passeplat.request.fields import read_names, read_relations, read_tree_path
from passeplat.request.filters import read_filter
from passeplat.request.logic import read_logic
from passeplat.request.model import (
    Condition,
    EmbedPath,
    Filter,
    Logic,
    OrderTerm,
    QueryString,
    Range,
    SelectItem,
)
from passeplat.request.order import read_order
from passeplat.request.ranges import read_integer
from passeplat.request.select import EVERYTHING, read_select
from passeplat.request.syntax import MAX_PARAMETERS, Mismatch, read, too_many

_Pair: TypeAlias = tuple[str, str]

_RESERVED: Mapping[str, str] = {
    "select": "select",
    "columns": "columns",
    "on_conflict": "on_conflict",
}
_RESERVED_BELOW: Mapping[str, str] = {  # also as the last word of a path: `rel.order`
    "order": "order",
    "limit": "limit",
    "offset": "offset",
    "and": "logic",
    "or": "logic",
}
_RESERVED_ANYWHERE = {**_RESERVED, **_RESERVED_BELOW}

_UNRESERVED = re.compile(r"[\w.~-]*+", re.ASCII)
_TO_ESCAPE = re.compile(r"[^\w.~-]", re.ASCII)
_ESCAPES = {chr(code): f"%{code:02X}" for code in range(128)}


def parse_query_string(query: bytes, *, with_arguments: bool = False) -> QueryString:
    """What the client asked for after the `?`.

    `with_arguments`: a function is called by GET, so what does not read as a filter is an argument.
    """
    pairs = _pairs(query)
    given: defaultdict[str, list[_Pair]] = defaultdict(list)
    for key, value in pairs:
        if value is not None:
            given[_kind(key)].append((key, value))
    filters, arguments = _filters(given["filter"], with_arguments=with_arguments)
    return QueryString(
        select=_select(given["select"]),
        conditions=(*filters, *map(_logic, given["logic"])),
        order=_orders(given["order"]) if given["order"] else (),
        ranges=_ranges(given["limit"], given["offset"]),
        columns=_names("columns parameter", given["columns"]),
        on_conflict=_names("on_conflict parameter", given["on_conflict"]),
        parameters=arguments,
        canonical=_canonical(pairs),
    )


def _pairs(query: bytes) -> list[tuple[str, str | None]]:
    text = query.decode("utf-8", "replace")
    if text.count("&") >= MAX_PARAMETERS:
        raise too_many("parameters", MAX_PARAMETERS)
    parts = [part.partition("=") for part in text.split("&") if part]
    return [(_decoded(key), _decoded(value) if equals else None) for key, equals, value in parts]


def _decoded(text: str) -> str:
    if "+" in text:
        text = text.replace("+", " ")
    return unquote(text, "utf-8", "replace") if "%" in text else text


def _kind(key: str) -> str:
    kind = _RESERVED_ANYWHERE.get(key)
    if kind is None and "." in key:
        kind = _RESERVED_BELOW.get(key.rpartition(".")[2])
    return kind or "filter"


def _select(pairs: list[_Pair]) -> tuple[SelectItem, ...]:
    if not pairs:
        return EVERYTHING
    text = pairs[0][1]
    return read("select parameter", grammar.SELECT, read_select, text, text)


def _names(what: str, pairs: list[_Pair]) -> tuple[str, ...] | None:
    if not pairs:
        return None
    text = pairs[0][1]
    return read(what, grammar.NAMES, read_names, text, text)


def _filters(
    pairs: list[_Pair], *, with_arguments: bool
) -> tuple[list[tuple[EmbedPath, Condition]], tuple[_Pair, ...]]:
    filters: list[tuple[EmbedPath, Condition]] = []
    arguments: list[_Pair] = []
    for key, value in pairs:
        if with_arguments and not _is_filter(value):
            arguments.append((_argument_name(key), value))
        else:
            filters.append(_filter(key, value))
    return filters, tuple(arguments)


def _is_filter(value: str) -> bool:
    try:
        read_filter(value)
    except Mismatch:
        return False
    return True


def _filter(key: str, value: str) -> tuple[EmbedPath, Filter]:
    path, field = read("tree path", grammar.TREE_PATH, read_tree_path, key, key)
    operation, negated = read("filter", grammar.FILTER, read_filter, value, value)
    return path, Filter(field, operation, negated)


def _argument_name(key: str) -> str:
    """A name may be quoted as a column's may; what is no name is taken as it is."""
    try:
        path, field = read_tree_path(key)
    except (Mismatch, QueryStringError):
        return key
    return key if path or field.path else field.name


def _logic(pair: _Pair) -> tuple[EmbedPath, Logic]:
    key, value = pair
    path, operator = _owner(key)
    if path[-1:] == ("not",):
        path, operator = path[:-1], f"not.{operator}"
    return path, read("logic tree", grammar.LOGIC, read_logic, operator + value, value)


def _owner(key: str) -> tuple[EmbedPath, str]:
    """`rel.rel2.order`: the path it belongs to and its last word."""
    relations, dot, word = key.rpartition(".")
    if not dot:
        return (), word
    return read("tree path", grammar.TREE_PATH, read_relations, relations, key), word


def _orders(pairs: list[_Pair]) -> tuple[tuple[EmbedPath, tuple[OrderTerm, ...]], ...]:
    orders: dict[EmbedPath, tuple[OrderTerm, ...]] = {}
    for key, value in pairs:
        terms = read("order", grammar.ORDER, read_order, value, value)
        orders.setdefault(_owner(key)[0], terms)
    return tuple(orders.items())


def _ranges(limits: list[_Pair], offsets: list[_Pair]) -> tuple[tuple[EmbedPath, Range], ...]:
    if not limits and not offsets:
        return ()
    limit = dict(_integers(limits))
    offset = dict(_integers(offsets))
    paths = dict.fromkeys((*limit, *offset))
    return tuple((path, Range(max(0, offset.get(path, 0)), limit.get(path))) for path in paths)


def _integers(pairs: list[_Pair]) -> Iterable[tuple[EmbedPath, int]]:
    """What is not an integer is ignored."""
    for key, value in pairs:
        number = read_integer(value)
        if number is not None:
            yield _owner(key)[0], number


def _canonical(pairs: list[tuple[str, str | None]]) -> str:
    ordered = sorted(pairs, key=itemgetter(0))
    return "&".join([f"{_encoded(key)}={_encoded(value or '')}" for key, value in ordered])


def _encoded(text: str) -> str:
    return text if _UNRESERVED.fullmatch(text) else _TO_ESCAPE.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    character = found[0]
    return _ESCAPES.get(character) or quote(character)
