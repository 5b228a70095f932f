"""What views show of the tables beneath them → the columns that an insert through a view must give
and cannot, for the view does not show them: nobody can insert through it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

import asyncpg

from passeplat.names import QualifiedName
from passeplat.schema_cache.faces import origins
from passeplat.schema_cache.rows import ViewColumnRow

_Place = tuple[int, int]  # relation and column, by number


def hidden_columns(
    views: Iterable[asyncpg.Record],
    shown: Iterable[ViewColumnRow],
    required: Iterable[asyncpg.Record],
) -> Mapping[QualifiedName, tuple[str, ...]]:
    """By view, where there are any."""
    under = origins(shown)
    needs: defaultdict[int, dict[int, str]] = defaultdict(dict)
    for row in required:
        needs[row["table"]][row["number"]] = row["name"]
    found = {
        QualifiedName(view["schema"], view["name"]): tuple(_hidden(view["oid"], under, needs))
        for view in views
    }
    return {view: names for view, names in found.items() if names}


def _hidden(
    view: int,
    under: Mapping[int, Mapping[int, _Place]],
    needs: Mapping[int, Mapping[int, str]],
) -> Iterator[str]:
    bottoms = {_bottom((view, column), under) for column in under.get(view, {})}
    for table in sorted({table for table, _ in bottoms}):
        for number, name in needs.get(table, {}).items():
            if (table, number) not in bottoms:
                yield name


def _bottom(place: _Place, under: Mapping[int, Mapping[int, _Place]]) -> _Place:
    seen = {place}
    while (below := under.get(place[0], {}).get(place[1])) is not None and below not in seen:
        seen.add(below)
        place = below
    return place
