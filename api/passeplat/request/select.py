"""`select=`: text in, a tree of columns and embeds out."""

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias, cast

from passeplat.errors import QueryStringError
from passeplat.request.fields import field_of, name_of
from passeplat.request.limits import MAX_DEPTH, MAX_ITEMS
from passeplat.request.model import Aggregate, Embed, Field, SelectField, SelectItem
from passeplat.request.patterns import ANY_NAME, IDENTIFIER, PATH, WORD
from passeplat.request.syntax import Mismatch, match, too_deep, too_many

EVERYTHING: tuple[SelectItem, ...] = (SelectField(Field("*")),)

# What SQL spells in several words. A cast is written into the statement as it is, for `int` and the
# like are grammar and no names: so it is one word, or one of these.
TYPES_OF_SEVERAL_WORDS = frozenset(
    {
        "bit varying",
        "character varying",
        "double precision",
        "national character",
        "national character varying",
        "time with time zone",
        "time without time zone",
        "timestamp with time zone",
        "timestamp without time zone",
    }
)

_JOINS: Mapping[str, Literal["inner", "left"]] = {"inner": "inner", "left": "left"}

_S = r"[ \t]*+"
_MARK = rf"{_S}(?:([,)])|\Z)"
_ALIAS = rf"(?:({ANY_NAME}):(?!:){_S})?"
_CAST = rf"(?:::({IDENTIFIER}))?"
_PARAMETER = rf"(?:!({ANY_NAME}){_S})?"

_PLAIN = re.compile(rf"{_S}(?:({WORD}):)?({WORD}|\*)(?:!({WORD}))?{_S}(?:([,()])|\Z)", re.ASCII)
_EMBED = re.compile(
    rf"{_S}(?:(\.\.\.)|{_ALIAS})(?! *count *\()({ANY_NAME}){_S}{_PARAMETER}{_PARAMETER}\(",
    re.DOTALL,
)
_COUNT = re.compile(rf"{_S}{_ALIAS}count\(\){_CAST}{_MARK}", re.DOTALL)
_FIELD = re.compile(
    rf"{_S}{_ALIAS}({ANY_NAME})({PATH}){_S}{_CAST}(?:\.(sum|avg|count|max|min)\(\))?{_CAST}{_MARK}",
    re.DOTALL,
)
_AFTER_EMBED = re.compile(_MARK)
_EMPTY = re.compile(rf"{_S}\)")
_ONE_WORD = re.compile(r"[^\W\d][\w$]*+")


class _Head(NamedTuple):
    """What stands before the parenthesis of an embed."""

    target: str
    alias: str | None = None
    hint: str | None = None
    join: Literal["inner", "left"] | None = None
    spread: bool = False

    def embed(self, select: tuple[SelectItem, ...]) -> Embed:
        return Embed(self.target, select, self.alias, self.hint, self.join, self.spread)


_Mark: TypeAlias = str | None  # what followed: `,` or `)` or `(`, None at the end
_Item: TypeAlias = tuple[SelectField | _Head, _Mark, int]


def read_select(text: str) -> tuple[SelectItem, ...]:
    """The tree of a whole `select=`; an empty one means everything, as in PostgREST."""
    if not text.strip():
        return EVERYTHING
    if text.count(",") >= MAX_ITEMS:
        raise too_many("selected items", MAX_ITEMS)
    items: list[SelectItem] = []
    opened: list[tuple[_Head, list[SelectItem]]] = []
    mark: _Mark = ","
    position = 0
    while mark:
        item, mark, position = _read_item(text, position)
        if isinstance(item, SelectField):
            items.append(item)
        else:
            opened.append((item, items))
            items = []
            mark, position = _enter(text, position, len(opened))
        while mark == ")":
            items = _close(opened, items, position)
            after = match(_AFTER_EMBED, text, position)
            mark, position = after[1], after.end()
    if opened:
        raise Mismatch(position)
    return tuple(items)


def _enter(text: str, position: int, depth: int) -> tuple[_Mark, int]:
    if depth > MAX_DEPTH:
        raise too_deep("embeds")
    empty = _EMPTY.match(text, position)
    return (")", empty.end()) if empty else ("(", position)


def _close(
    opened: list[tuple[_Head, list[SelectItem]]], items: list[SelectItem], position: int
) -> list[SelectItem]:
    if not opened:
        raise Mismatch(position - 1)
    head, siblings = opened.pop()
    siblings.append(head.embed(tuple(items)))
    return siblings


def _read_item(text: str, position: int) -> _Item:
    """What most items are, at a third of the cost of the general patterns."""
    found = _PLAIN.match(text, position)
    if found is None:
        return _read_general_item(text, position)
    alias, name, parameter, mark = found.groups()
    if mark == "(" and name not in {"*", "count"}:
        join = _JOINS.get(parameter)
        return _Head(name, alias, None if join else parameter, join), mark, found.end()
    if mark == "(" or parameter or (alias and name == "*"):
        return _read_general_item(text, position)
    return SelectField(Field(name), alias), mark, found.end()


def _read_general_item(text: str, position: int) -> _Item:
    if found := _EMBED.match(text, position):
        return _head(found), "(", found.end()
    if found := _FIELD.match(text, position):
        return _select_field(found), found[7], found.end()
    found = match(_COUNT, text, position)
    alias, aggregate_cast, mark = found.groups()
    item = SelectField(Field("*"), _alias(alias), None, "count", _type(aggregate_cast))
    return item, mark, found.end()


def _alias(text: str | None) -> str | None:
    return name_of(text) if text else None


def _head(found: re.Match[str]) -> _Head:
    spread, alias, target, *parameters = found.groups()
    hint: str | None = None
    join: Literal["inner", "left"] | None = None
    for parameter in filter(None, parameters):
        if word := _JOINS.get(parameter.strip(" ")):
            join = join or word
        else:
            hint = hint or name_of(parameter)
    return _Head(name_of(target), _alias(alias), hint, join, spread is not None)


def _select_field(found: re.Match[str]) -> SelectField:
    alias, name, path, type_, aggregate, aggregate_type, _ = found.groups()
    return SelectField(
        field_of(name, path),
        _alias(alias),
        _type(type_),
        cast("Aggregate | None", aggregate),
        _type(aggregate_type),
    )


def _type(text: str | None) -> str | None:
    if text is None:
        return None
    name = " ".join(text.split())
    if not _ONE_WORD.fullmatch(name) and name.lower() not in TYPES_OF_SEVERAL_WORDS:
        raise QueryStringError(
            f"'{name}' cannot be cast to",
            "A cast is to a type of one word, or to one that SQL itself spells in several",
        )
    return name
