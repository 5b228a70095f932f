"""How much a query string asks for: beyond the settings it is refused with a 4xx."""

from collections.abc import Iterator
from typing import TypeAlias, assert_never

from passeplat.config import Config
from passeplat.errors import QueryStringError, UrlTooLong
from passeplat.request.model import (
    Condition,
    Embed,
    Filter,
    Logic,
    OrderTerm,
    QueryString,
    SelectField,
    SelectItem,
)

_Part: TypeAlias = SelectItem | Condition | OrderTerm


def check_url(raw_path: bytes, query_string: bytes, config: Config) -> None:
    """Raises UrlTooLong."""
    if len(raw_path) + len(query_string) > config.server_max_url:
        raise UrlTooLong(config.server_max_url)


def check_query(query: QueryString, config: Config) -> None:
    """Raises QueryStringError."""
    embeds = 0
    for items, (part, depth) in enumerate(_parts(query), 1):
        embeds += isinstance(part, Embed)
        if depth > config.url_max_depth:
            raise _refusal("nests too deeply", config.url_max_depth, "levels", "url-max-depth")
        if embeds > config.url_max_embeds:
            raise _refusal("has too many embeds", config.url_max_embeds, "embeds", "url-max-embeds")
        if items > config.url_max_items:
            parts = "fields, embeds, filters and terms to order by"
            raise _refusal("asks for too much", config.url_max_items, parts, "url-max-items")


def _refusal(fault: str, limit: int, what: str, setting: str) -> QueryStringError:
    return QueryStringError(
        f"The query string {fault}",
        f"At most {limit} {what} are accepted",
        f"Ask in several requests, or raise the setting {setting}",
    )


def _parts(query: QueryString) -> Iterator[tuple[_Part, int]]:
    """Each part of the query at any level, with the depth it reaches by itself."""
    parts: list[tuple[_Part, int]] = [(item, 0) for item in query.select]
    parts += [(condition, len(path)) for path, condition in query.conditions]
    parts += [(term, len(path)) for path, terms in query.order for term in terms]
    while parts:
        part, above = parts.pop()
        yield part, above + _own_depth(part)
        parts += [(inner, above + 1) for inner in _inside(part)]


def _own_depth(part: _Part) -> int:
    match part:
        case Embed() | Logic():
            return 1
        case SelectField(field) | Filter(field) | OrderTerm(field):
            return len(field.path)
        case _:
            assert_never(part)


def _inside(part: _Part) -> tuple[SelectItem, ...] | tuple[Condition, ...]:
    match part:
        case Embed(select=inner) | Logic(conditions=inner):
            return inner
        case _:
            return ()
