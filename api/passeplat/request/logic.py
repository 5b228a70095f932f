"""`and=(…)`, `or=(…)`, `not.or=(…)`: text in, a tree of conditions out."""

import re
from typing import Literal, NamedTuple, TypeAlias, cast

from passeplat.request.fields import field_of, unquoted
from passeplat.request.filters import read_operation
from passeplat.request.limits import MAX_DEPTH, MAX_ITEMS
from passeplat.request.model import Condition, Field, Filter, Logic
from passeplat.request.patterns import ANY_NAME, PATH, QUOTED, WORD
from passeplat.request.syntax import Mismatch, match, too_deep, too_many

_S = r"[ \t]*+"
_GROUP = re.compile(rf"{_S}(not\.)?(and|or){_S}\({_S}")
_PLAIN = re.compile(rf"{_S}({WORD})\.", re.ASCII)
_FIELD = re.compile(rf"{_S}({ANY_NAME})({PATH}){_S}\.", re.DOTALL)
_MARK = re.compile(rf"{_S}([,)]){_S}")
_VALUE = re.compile(rf"({QUOTED})(?=[,)]|\Z)|(\{{[^{{}}]*+\}}|[^,)]*+)", re.DOTALL)


class _Group(NamedTuple):
    operator: Literal["and", "or"]
    negated: bool
    conditions: list[Condition]

    def closed(self) -> Logic:
        return Logic(self.operator, tuple(self.conditions), self.negated)


_Groups: TypeAlias = list[_Group]


def read_logic(text: str) -> Logic:
    """The tree of a whole parameter, written `or(…)`: the operator is put before the value."""
    groups: _Groups = []
    position = _open(text, 0, groups)
    if position is None:
        raise Mismatch(0)
    count = 0
    while True:
        if (inside := _open(text, position, groups)) is not None:
            position = inside
            continue
        if (count := count + 1) > MAX_ITEMS:
            raise too_many("conditions", MAX_ITEMS)
        condition, position = _read_condition(text, position)
        groups[-1].conditions.append(condition)
        closed, position = _close(text, position, groups)
        if closed:
            return closed


def _open(text: str, position: int, groups: _Groups) -> int | None:
    """Where a group's conditions begin, None if this is none."""
    found = _GROUP.match(text, position)
    if found is None:
        return None
    negation, operator = found.groups()
    groups.append(_Group(cast("Literal['and', 'or']", operator), negation is not None, []))
    if len(groups) > MAX_DEPTH:
        raise too_deep("logic")
    return found.end()


def _close(text: str, position: int, groups: _Groups) -> tuple[Logic | None, int]:
    """Close the groups that end here: the outermost if it did, and where the next begins."""
    while True:
        found = match(_MARK, text, position)
        position = found.end()
        if found[1] == ",":
            return None, position
        logic = groups.pop().closed()
        if not groups:
            return _whole(logic, text, position), position
        groups[-1].conditions.append(logic)


def _whole(logic: Logic, text: str, position: int) -> Logic:
    if position != len(text):
        raise Mismatch(position)
    return logic


def _read_condition(text: str, position: int) -> tuple[Filter, int]:
    field, position = _read_field(text, position)
    operation, negated, end = read_operation(text, position, _read_value)
    return Filter(field, operation, negated), end


def _read_field(text: str, position: int) -> tuple[Field, int]:
    if found := _PLAIN.match(text, position):
        return Field(found[1]), found.end()
    found = match(_FIELD, text, position)
    return field_of(found[1], found[2]), found.end()


def _read_value(text: str, position: int) -> tuple[str, int]:
    """A quoted text, an array `{a,b}`, or everything up to the next `,` or `)`."""
    found = match(_VALUE, text, position)
    quoted, plain = found.groups()
    return (unquoted(quoted) if quoted else plain), found.end()
