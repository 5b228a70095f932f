"""What a request says about one level of the tree of embeds: filters, order and range by path."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from passeplat.errors import NotEmbedded
from passeplat.request.model import (
    ApiRequest,
    Condition,
    Embed,
    EmbedPath,
    OrderTerm,
    Range,
    SelectItem,
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Scope:
    conditions: tuple[tuple[EmbedPath, Condition], ...] = ()
    order: tuple[tuple[EmbedPath, tuple[OrderTerm, ...]], ...] = ()
    ranges: tuple[tuple[EmbedPath, Range], ...] = ()

    @property
    def conditions_here(self) -> list[Condition]:
        return [condition for path, condition in self.conditions if not path]

    @property
    def order_here(self) -> tuple[OrderTerm, ...]:
        return next((terms for path, terms in self.order if not path), ())

    @property
    def range_here(self) -> Range:
        return next((each for path, each in self.ranges if not path), Range())

    def below(self, belongs: Callable[[str], bool]) -> "Scope":
        """What was said about the embed whose name `belongs`, seen from there."""
        return Scope(
            _below(self.conditions, belongs),
            _below(self.order, belongs),
            _below(self.ranges, belongs),
        )

    def paths(self) -> Iterable[EmbedPath]:
        for path, _ in (*self.conditions, *self.order, *self.ranges):
            yield path


def _below(
    items: tuple[tuple[EmbedPath, T], ...], belongs: Callable[[str], bool]
) -> tuple[tuple[EmbedPath, T], ...]:
    return tuple((path[1:], item) for path, item in items if path and belongs(path[0]))


def request_scope(request: ApiRequest) -> Scope:
    below = tuple((path, each) for path, each in request.query.ranges if path)
    return Scope(request.query.conditions, request.query.order, (((), request.range), *below))


def without_root_filters(scope: Scope) -> Scope:
    """For writes: their own statement filters, what is read back is all of it."""
    conditions = tuple((path, each) for path, each in scope.conditions if path)
    ranges = tuple((path, each) for path, each in scope.ranges if path)
    return Scope(conditions, scope.order, ranges)


def embeds_of(items: Sequence[SelectItem]) -> list[Embed]:
    return [item for item in items if isinstance(item, Embed)]


def name_of(embed: Embed) -> str:
    return embed.alias or embed.target


def find_embed(embeds: Sequence[Embed], name: str, *, legacy: bool) -> Embed:
    """By alias, or by name where there is none; `legacy` finds aliased embeds by name too."""
    for embed in embeds:
        if name_of(embed) == name:
            return embed
    for embed in embeds:
        if embed.target == name and embed.alias is not None:
            if legacy:
                return embed
            raise NotEmbedded(
                name,
                f"'{name}' is aliased as '{embed.alias}'",
                f"Use '{embed.alias}' instead of '{name}'.",
            )
    raise NotEmbedded(name)


def legacy_names(request: ApiRequest) -> tuple[tuple[str, str], ...]:
    """(name, alias) of each embed that a filter, order or range found by name despite an alias."""
    scope = request_scope(request)
    found = _legacy(scope, request.query.select)
    return tuple(dict.fromkeys(found))


def _legacy(scope: Scope, items: Sequence[SelectItem]) -> list[tuple[str, str]]:
    embeds = embeds_of(items)
    named: list[tuple[str, str]] = []
    for name in dict.fromkeys(path[0] for path in scope.paths() if path):
        embed = find_embed(embeds, name, legacy=True)
        if name_of(embed) != name:
            named.append((name, name_of(embed)))
        named += _legacy(scope.below(lambda each, name=name: each == name), embed.select)  # type: ignore[misc]
    return named
