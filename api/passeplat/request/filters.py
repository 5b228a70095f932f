"""`column=operator.value`: text in, an operation out; `logic` reads the same with other values."""

import re
from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias, cast

from passeplat.request.fields import unquoted
from passeplat.request.model import Compare, FullText, In, Is, IsDistinct, Operation, Quantifier
from passeplat.request.patterns import IDENTIFIER, QUOTED
from passeplat.request.syntax import Mismatch, match

COMPARISONS = frozenset({"neq", "cs", "cd", "ov", "sl", "sr", "nxr", "nxl", "adj"})
QUANTIFIABLE = frozenset({"eq", "gt", "gte", "lt", "lte", "like", "ilike", "match", "imatch"})
FULL_TEXT = frozenset({"fts", "plfts", "phfts", "wfts"})

_PLAIN = COMPARISONS | QUANTIFIABLE
_S = r"[ \t]*+"
_OPERATOR = re.compile(rf"(not\.)?([a-z]++)(?:\(({IDENTIFIER})\))?\.")
_ELEMENT = rf"(?>{QUOTED}(?=[,)]|\Z)|[^,)]*+)"
_LIST = re.compile(rf"{_S}\({_S}({_ELEMENT}(?:,{_ELEMENT})*+)\){_S}", re.DOTALL)
_ELEMENTS = re.compile(rf"(?:\A|,)(?:({QUOTED})(?=,|\Z)|([^,]*+))", re.DOTALL)
_IS = re.compile(r"null|not_null|true|false|unknown", re.IGNORECASE | re.ASCII)

ReadValue: TypeAlias = Callable[[str, int], tuple[str, int]]
"""Takes the text and a position, gives the value there and the position after it."""

_Reader: TypeAlias = Callable[[str, str | None, str, int, ReadValue], tuple[Operation, int]]


def read_filter(text: str) -> tuple[Operation, bool]:
    """The operation of a filter on its own, and whether it is negated: its value is the rest."""
    operator, dot, value = text.partition(".")
    if dot and operator in _PLAIN:
        return Compare(operator, value), False
    operation, negated, end = read_operation(text, 0, _rest)
    if end != len(text):
        raise Mismatch(end)
    return operation, negated


def read_operation(text: str, position: int, read_value: ReadValue) -> tuple[Operation, bool, int]:
    found = match(_OPERATOR, text, position)
    negation, operator, argument = found.groups()
    reader = _READERS.get(operator)
    if reader is None:
        raise Mismatch(position)
    operation, end = reader(operator, argument, text, found.end(), read_value)
    return operation, negation is not None, end


def _rest(text: str, position: int) -> tuple[str, int]:
    return text[position:], len(text)


def _no_argument(argument: str | None, position: int) -> None:
    if argument is not None:
        raise Mismatch(position)


def _read_comparison(
    operator: str, argument: str | None, text: str, position: int, read_value: ReadValue
) -> tuple[Operation, int]:
    _no_argument(argument, position)
    value, end = read_value(text, position)
    return Compare(operator, value), end


def _read_quantifiable(
    operator: str, argument: str | None, text: str, position: int, read_value: ReadValue
) -> tuple[Operation, int]:
    if argument not in {None, "any", "all"}:
        raise Mismatch(position)
    value, end = read_value(text, position)
    return Compare(operator, value, cast("Quantifier | None", argument)), end


def _read_full_text(
    operator: str, argument: str | None, text: str, position: int, read_value: ReadValue
) -> tuple[Operation, int]:
    value, end = read_value(text, position)
    name = cast("Literal['fts', 'plfts', 'phfts', 'wfts']", operator)
    return FullText(name, value, argument.strip(" ") if argument else None), end


def _read_distinct(
    _: str, argument: str | None, text: str, position: int, read_value: ReadValue
) -> tuple[Operation, int]:
    _no_argument(argument, position)
    value, end = read_value(text, position)
    return IsDistinct(value), end


def _read_is(
    _: str, argument: str | None, text: str, position: int, __: ReadValue
) -> tuple[Operation, int]:
    _no_argument(argument, position)
    found = match(_IS, text, position)
    value = cast("Literal['null', 'not_null', 'true', 'false', 'unknown']", found[0].lower())
    return Is(value), found.end()


def _read_in(
    _: str, argument: str | None, text: str, position: int, __: ReadValue
) -> tuple[Operation, int]:
    _no_argument(argument, position)
    found = match(_LIST, text, position)
    return In(_values(found[1])), found.end()


def _values(text: str) -> tuple[str, ...]:
    """Elements in quotes may hold commas and parentheses. Nothing at all is no element."""
    if '"' not in text:
        return tuple(text.split(",")) if text else ()
    found = (element.groups() for element in _ELEMENTS.finditer(text))
    return tuple(unquoted(quoted) if quoted else plain for quoted, plain in found)


_READERS: Mapping[str, _Reader] = {
    **dict.fromkeys(COMPARISONS, _read_comparison),
    **dict.fromkeys(QUANTIFIABLE, _read_quantifiable),
    **dict.fromkeys(FULL_TEXT, _read_full_text),
    "in": _read_in,
    "is": _read_is,
    "isdistinct": _read_distinct,
}
