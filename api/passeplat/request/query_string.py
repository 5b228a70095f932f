"""The query string: bytes in, QueryString out; PGRST100 if it is not the grammar's.

docs/reference/query-string.md describes the language for those who write it.
"""

import re
from collections import defaultdict
from collections.abc import Mapping
from operator import itemgetter
from typing import TypeAlias
from urllib.parse import quote, unquote

from passeplat.errors import QueryStringError
from passeplat.request.fields import read_names, read_relations, read_tree_path
from passeplat.request.filters import read_filter
from passeplat.request.limits import MAX_PARAMETERS
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
from passeplat.request.syntax import Mismatch, read, too_many

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
_ESCAPED = re.compile(r"[\w.~%-]*+", re.ASCII)
_OFTEN_ESCAPED = tuple((character, quote(character)) for character in "%,():*! ")  # % comes first


def parse_query_string(query: bytes, *, with_arguments: bool = False) -> QueryString:
    """What the client asked for after the `?`.

    `with_arguments`: a function is called by GET, so what does not read as a filter is an argument.
    """
    pairs = split_pairs(query)
    given: defaultdict[str, list[_Pair]] = defaultdict(list)
    for key, value in pairs:
        if value is not None:
            given[kind_of(key)].append((key, value))
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


def split_pairs(query: bytes) -> list[tuple[str, str | None]]:
    text = query.decode("utf-8", "replace")
    if text.count("&") >= MAX_PARAMETERS:
        raise too_many("parameters", MAX_PARAMETERS)
    parts = [part.partition("=") for part in text.split("&") if part]
    return [(decoded(key), decoded(value) if equals else None) for key, equals, value in parts]


def decoded(text: str) -> str:
    if "+" in text:
        text = text.replace("+", " ")
    return unquote(text, "utf-8", "replace") if "%" in text else text


def kind_of(key: str) -> str:
    kind = _RESERVED_ANYWHERE.get(key)
    if kind is None and "." in key:
        kind = _RESERVED_BELOW.get(key.rpartition(".")[2])
    return kind or "filter"


def _select(pairs: list[_Pair]) -> tuple[SelectItem, ...]:
    if not pairs:
        return EVERYTHING
    text = pairs[0][1]
    return read("select parameter", "SELECT", read_select, text, text)


def _names(what: str, pairs: list[_Pair]) -> tuple[str, ...] | None:
    if not pairs:
        return None
    text = pairs[0][1]
    return read(what, "NAMES", read_names, text, text)


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
    path, field = read("tree path", "TREE_PATH", read_tree_path, key, key)
    operation, negated = read("filter", "FILTER", read_filter, value, value)
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
    return path, read("logic tree", "LOGIC", read_logic, operator + value, value)


def _owner(key: str) -> tuple[EmbedPath, str]:
    """`rel.rel2.order`: the path it belongs to and its last word."""
    if "." not in key:
        return (), key
    relations, _, word = key.rpartition(".")
    return read("tree path", "TREE_PATH", read_relations, relations, key), word


def _orders(pairs: list[_Pair]) -> tuple[tuple[EmbedPath, tuple[OrderTerm, ...]], ...]:
    orders: dict[EmbedPath, tuple[OrderTerm, ...]] = {}
    for key, value in pairs:
        terms = read("order", "ORDER", read_order, value, value)
        orders.setdefault(_owner(key)[0], terms)
    return tuple(orders.items())


def _ranges(limits: list[_Pair], offsets: list[_Pair]) -> tuple[tuple[EmbedPath, Range], ...]:
    """Of several limits of one level the last counts; what is not an integer is ignored."""
    if not limits and not offsets:
        return ()
    limit = {_owner(key)[0]: read_integer(value) for key, value in limits}
    offset = {_owner(key)[0]: read_integer(value) for key, value in offsets}
    return tuple(
        (path, Range(max(0, offset.get(path) or 0), limit.get(path))) for path in limit | offset
    )


def _canonical(pairs: list[tuple[str, str | None]]) -> str:
    ordered = sorted(pairs, key=itemgetter(0))
    return "&".join([f"{encoded(key)}={encoded(value or '')}" for key, value in ordered])


def encoded(text: str) -> str:
    """`quote`, in a third of its time for what query strings are made of."""
    if _UNRESERVED.fullmatch(text):
        return text
    for character, escape in _OFTEN_ESCAPED:
        text = text.replace(character, escape)
    return text if _ESCAPED.fullmatch(text) else quote(text, safe="%")
