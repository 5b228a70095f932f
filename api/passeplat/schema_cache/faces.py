"""Columns of relations and views → what each relation shows of which table: its faces.

A table has one face: itself. A view has one for each table it takes columns of unchanged, be it
through other views; keys of that table are keys of the view where all their columns are shown.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from passeplat.names import QualifiedName
from passeplat.schema_cache.rows import ColumnRow, ViewColumnRow

_Origins = Mapping[int, Mapping[int, tuple[int, int]]]
"""Of a view's column: the relation directly under it, and the column there."""


@dataclass(frozen=True, slots=True)
class Face:
    relation: QualifiedName
    table: int  # the oid of the table shown
    # By number in the table: the names of the column here. A view may show a column twice.
    names: Mapping[int, tuple[str, ...]]

    def spellings(self, columns: Sequence[int]) -> Iterator[tuple[str, ...]]:
        """Every way to name these columns of the table here; none if one of them is not shown."""
        return product(*(self.names.get(number, ()) for number in columns))


def origins(rows: Iterable[ViewColumnRow]) -> _Origins:
    found: defaultdict[int, dict[int, tuple[int, int]]] = defaultdict(dict)
    for row in rows:
        found[row.view][row.column] = (row.relation, row.relation_column)
    return found


def faces(
    oid: int, relation: QualifiedName, is_view: bool, columns: Sequence[ColumnRow], under: _Origins
) -> tuple[Face, ...]:
    if not is_view:
        return (Face(relation, oid, {c.number: (c.name,) for c in columns}),)
    shown: defaultdict[int, defaultdict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for column in columns:
        table, number = _trace(oid, column.number, under)
        shown[table][number].append(column.name)
    return tuple(
        Face(relation, table, {number: tuple(names) for number, names in numbers.items()})
        for table, numbers in sorted(shown.items())
        if table != oid
    )


def _trace(view: int, column: int, under: _Origins) -> tuple[int, int]:
    """Where a view's column comes from; itself if it is an expression, or a view of itself."""
    place, seen = (view, column), {(view, column)}
    while (below := under.get(place[0], {}).get(place[1])) is not None:
        if below in seen:
            return view, column
        seen.add(below)
        place = below
    return place


def primary_key(shown: Iterable[Face], keys: Mapping[int, Sequence[int]]) -> tuple[str, ...]:
    """The primary keys of all tables shown, as far as all their columns are."""
    names: dict[str, None] = {}
    for face in shown:
        for spelling in face.spellings(keys.get(face.table, ())):
            names.update(dict.fromkeys(spelling))
            break
    return tuple(names)
