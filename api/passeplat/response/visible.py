"""What a role may know of a schema: privileges and SchemaCache in, relations and functions out.

Nothing is shown by the name of something hidden: a column the role may not use is left out, and so
is a foreign key to a relation or column it may not use.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import orjson

from passeplat.schema_cache.model import Relationship, Routine, SchemaCache, Table


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """Where a column points, in the same schema."""

    table: str
    column: str


@dataclass(frozen=True, slots=True)
class Visible:
    tables: tuple[Table, ...]  # by name, each with the columns that may be seen
    routines: tuple[Routine, ...]  # by name, overloads together
    foreign_keys: Mapping[tuple[str, str], ForeignKey]  # by (table, column)


@dataclass(frozen=True, slots=True)
class _Privileges:
    relations: Mapping[str, list[str] | None]  # columns by relation; None: all of them
    routines: frozenset[tuple[str, tuple[str, ...]]]  # (name, types of the arguments)


def visible(schema: str, privileges: bytes, cache: SchemaCache) -> Visible:
    """`privileges` is what query/document.sql answers."""
    granted = _read(privileges)
    tables = {table.name.name: table for table in _tables(schema, granted, cache)}
    return Visible(
        tables=tuple(tables.values()),
        routines=tuple(_routines(schema, granted, cache)),
        foreign_keys=dict(_foreign_keys(tables, cache)),
    )


def _read(privileges: bytes) -> _Privileges:
    found = orjson.loads(privileges)
    routines = found["routines"] or ()
    return _Privileges(
        relations=found["relations"] or {},
        routines=frozenset((name, tuple(types)) for name, types in routines),
    )


def _tables(schema: str, granted: _Privileges, cache: SchemaCache) -> Iterator[Table]:
    for name in sorted(cache.tables):
        if name.schema != schema or name.name not in granted.relations:
            continue
        table, columns = cache.tables[name], granted.relations[name.name]
        if columns is None:
            yield table
        else:
            kept = {key: column for key, column in table.columns.items() if key in columns}
            yield replace(table, columns=kept)


def _routines(schema: str, granted: _Privileges, cache: SchemaCache) -> Iterator[Routine]:
    for name in sorted(cache.routines):
        if name.schema != schema:
            continue
        for each in cache.routines[name]:
            if _signature(each) in granted.routines:
                yield each


def _signature(routine: Routine) -> tuple[str, tuple[str, ...]]:
    return routine.name.name, tuple(each.type for each in routine.parameters)


def _foreign_keys(
    tables: Mapping[str, Table], cache: SchemaCache
) -> Iterator[tuple[tuple[str, str], ForeignKey]]:
    """The last pair of a key wins in a dict, so the best comes last: a table rather than a view."""
    for table in tables.values():
        candidates = cache.relationships.get((table.name, table.name.schema), ())
        found = [
            each for each in candidates if isinstance(each, Relationship) and _points(each, tables)
        ]
        for each in sorted(found, key=_preference, reverse=True):
            [(column, foreign_column)] = each.columns
            key = ForeignKey(each.foreign_table.name, foreign_column)
            yield (table.name.name, column), key


def _points(relationship: Relationship, tables: Mapping[str, Table]) -> bool:
    """A foreign key of one column whose both ends may be seen."""
    if not relationship.to_one or relationship.is_parent or len(relationship.columns) != 1:
        return False
    [(column, foreign_column)] = relationship.columns
    source = tables.get(relationship.table.name)
    target = tables.get(relationship.foreign_table.name)
    if source is None or target is None:
        return False
    return column in source.columns and foreign_column in target.columns


def _preference(relationship: Relationship) -> tuple[bool, str]:
    return relationship.foreign_table_is_view, relationship.foreign_table.name
