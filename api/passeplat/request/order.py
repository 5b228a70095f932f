"""`order=`: text in, terms out."""

import re
from collections.abc import Mapping
from typing import Literal

from passeplat.request.fields import field_of, name_of
from passeplat.request.limits import MAX_ITEMS
from passeplat.request.model import Field, OrderTerm
from passeplat.request.patterns import ANY_NAME, PATH, WORD
from passeplat.request.syntax import match, too_many

_DIRECTIONS: Mapping[str | None, Literal["asc", "desc"] | None] = {
    "asc": "asc",
    "desc": "desc",
    None: None,
}
_NULLS: Mapping[str | None, Literal["first", "last"] | None] = {
    "first": "first",
    "last": "last",
    None: None,
}
_S = r"[ \t]*+"
_SORT = rf"(?:\.(asc|desc))?(?:\.nulls(first|last))?{_S}(?:,|\Z)"
_PLAIN = re.compile(rf"{_S}({WORD}){_SORT}", re.ASCII)
_TERM = re.compile(rf"{_S}({ANY_NAME})({PATH}){_S}{_SORT}", re.DOTALL)
_RELATED = re.compile(rf"{_S}({ANY_NAME})\({_S}({ANY_NAME})({PATH}){_S}\){_SORT}", re.DOTALL)


def read_order(text: str) -> tuple[OrderTerm, ...]:
    if text.count(",") >= MAX_ITEMS:
        raise too_many("terms to order by", MAX_ITEMS)
    terms: list[OrderTerm] = []
    position = 0
    more = True
    while more:
        term, end = _read_term(text, position)
        terms.append(term)
        more = text[position:end].endswith(",")
        position = end
    return tuple(terms)


def _read_term(text: str, position: int) -> tuple[OrderTerm, int]:
    if found := _PLAIN.match(text, position):
        name, direction, nulls = found.groups()
        return _term(Field(name), None, direction, nulls), found.end()
    if found := _TERM.match(text, position):
        name, path, direction, nulls = found.groups()
        return _term(field_of(name, path), None, direction, nulls), found.end()
    found = match(_RELATED, text, position)
    relation, name, path, direction, nulls = found.groups()
    return _term(field_of(name, path), name_of(relation), direction, nulls), found.end()


def _term(
    field: Field, relation: str | None, direction: str | None, nulls: str | None
) -> OrderTerm:
    return OrderTerm(field, relation, _DIRECTIONS[direction], _NULLS[nulls])
