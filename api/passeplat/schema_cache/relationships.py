"""Foreign keys, faces and functions over rows → the relationships of each relation.

A foreign key is a way from every face of its table to every face of the table it references, and
back. Two of them from one relation, both within its primary key, make that relation a junction.
Many relations show a table that many reference, so all ways together may be far more than are ever
asked for: those of a relation are worked out when it is first asked for.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from passeplat.names import QualifiedName
from passeplat.schema_cache.faces import Face
from passeplat.schema_cache.model import (
    AnyRelationship,
    Cardinality,
    ComputedRelationship,
    Junction,
    Relationship,
    Table,
    Ways,
)
from passeplat.schema_cache.rows import ConstraintRow, RowFunctionRow

_HUB = 100  # foreign keys to a table
_MOST_OF_HUBS = 50_000  # relationships

Key = tuple[QualifiedName, str]
"""The relation, and the schema of the foreign relation."""

# The order PostgREST lists candidates in.
_RANK = {
    Cardinality.ONE_TO_MANY: 0,
    Cardinality.MANY_TO_ONE: 1,
    Cardinality.ONE_TO_ONE: 2,
    Cardinality.MANY_TO_MANY: 3,
}


@dataclass(frozen=True, slots=True)
class ForeignKey:
    name: str
    table: int  # oids
    columns: tuple[int, ...]
    foreign_table: int
    foreign_columns: tuple[int, ...]
    is_unique: bool  # at most one row references a given one


@dataclass(frozen=True, slots=True)
class Graph:
    """What relationships are worked out from: tables by oid are those that faces show."""

    tables: Mapping[QualifiedName, Table]
    faces_of: Mapping[QualifiedName, tuple[Face, ...]]
    faces_on: Mapping[int, Iterable[Face]]
    keys_from: Mapping[int, Sequence[ForeignKey]]
    keys_to: Mapping[int, Sequence[ForeignKey]]
    computed: Mapping[QualifiedName, tuple[ComputedRelationship, ...]]


class Relationships(Mapping[Key, Ways]):
    """Reads like a dict that holds every relationship; a relation's are made at the first look."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._made: dict[QualifiedName, Mapping[str, Ways]] = {}

    def __getitem__(self, key: Key) -> Ways:
        relation, schema = key
        return self._of(relation)[schema]

    def __iter__(self) -> Iterator[Key]:
        return ((table, schema) for table in self._graph.tables for schema in self._of(table))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def work_out_hubs(self) -> None:
        """Those of tables that many reference take long: better now than within a request."""
        left = _MOST_OF_HUBS
        for table, keys in self._graph.keys_to.items():
            if len(keys) < _HUB:
                continue
            for face in self._graph.faces_on[table]:
                for ways in self._of(face.relation).values():
                    left -= len(ways)
                    _ = ways.named
                if left <= 0:
                    return

    def parts(self) -> Iterator[list[Any]]:
        """What is within something long comes after it."""
        graph = self._graph
        for part in (graph.faces_of, graph.faces_on, graph.keys_from, graph.keys_to, self._made):
            yield list(part.values())
        yield from (list(keys) for keys in graph.keys_to.values() if len(keys) >= _HUB)
        for ways in (ways for made in self._made.values() for ways in made.values()):
            if len(ways) >= _HUB:
                yield list(ways.named.values())
                yield list(ways)

    def _of(self, relation: QualifiedName) -> Mapping[str, Ways]:
        if relation not in self._graph.tables:
            return {}
        if relation not in self._made:
            self._made[relation] = _by_schema(relationships_of(self._graph, relation))
        return self._made[relation]


def foreign_keys(rows: Iterable[ConstraintRow]) -> tuple[ForeignKey, ...]:
    rows = tuple(rows)
    unique = {(row.relation, frozenset(row.columns)) for row in rows if row.kind in "pu"}
    return tuple(
        ForeignKey(
            name=row.name,
            table=row.relation,
            columns=tuple(row.columns),
            foreign_table=row.foreign_relation,
            foreign_columns=tuple(row.foreign_columns or ()),
            is_unique=(row.relation, frozenset(row.columns)) in unique,
        )
        for row in rows
        if row.kind == "f"
    )


def graph(
    tables: Mapping[QualifiedName, Table],
    faces_of: Mapping[QualifiedName, tuple[Face, ...]],
    keys: Iterable[ForeignKey],
    row_functions: Iterable[RowFunctionRow],
) -> Graph:
    faces_on: defaultdict[int, list[Face]] = defaultdict(list)
    for face in (face for faces in faces_of.values() for face in faces):
        faces_on[face.table].append(face)
    keys_from: defaultdict[int, list[ForeignKey]] = defaultdict(list)
    keys_to: defaultdict[int, list[ForeignKey]] = defaultdict(list)
    for key in keys:
        if key.table in faces_on and key.foreign_table in faces_on:
            keys_from[key.table].append(key)
            keys_to[key.foreign_table].append(key)
    computed = _computed(row_functions)
    return Graph(tables, faces_of, dict(faces_on), dict(keys_from), dict(keys_to), computed)


def relationships_of(graph: Graph, relation: QualifiedName) -> Iterator[AnyRelationship]:
    """Those of one relation. A function takes the place of what was found of its name."""
    computed = graph.computed.get(relation, ())
    yield from computed
    taken = {QualifiedName(c.foreign_table.schema, c.function.name) for c in computed}
    found = (*_referrers(graph, relation), *_references(graph, relation), *_many(graph, relation))
    yield from sorted((r for r in found if r.foreign_table not in taken), key=_place)


def _references(graph: Graph, relation: QualifiedName) -> Iterator[Relationship]:
    """By the foreign keys of the relation: many-to-one or one-to-one."""
    for face in graph.faces_of[relation]:
        for key in graph.keys_from.get(face.table, ()):
            for there in graph.faces_on[key.foreign_table]:
                yield from _ways(graph, key, face, there)


def _referrers(graph: Graph, relation: QualifiedName) -> Iterator[Relationship]:
    """By foreign keys to the relation: one-to-many, or one-to-one as the parent."""
    for face in graph.faces_of[relation]:
        for key in graph.keys_to.get(face.table, ()):
            for there in graph.faces_on[key.table]:
                yield from map(_inverse, _ways(graph, key, there, face))


def _ways(graph: Graph, key: ForeignKey, here: Face, there: Face) -> Iterator[Relationship]:
    foreign_spellings = tuple(there.spellings(key.foreign_columns))
    for columns in here.spellings(key.columns):
        for foreign_columns in foreign_spellings:
            yield Relationship(
                table=here.relation,
                foreign_table=there.relation,
                cardinality=Cardinality.ONE_TO_ONE if key.is_unique else Cardinality.MANY_TO_ONE,
                constraint=key.name,
                columns=tuple(zip(columns, foreign_columns, strict=True)),
                table_is_view=graph.tables[here.relation].is_view,
                foreign_table_is_view=graph.tables[there.relation].is_view,
            )


def _inverse(way: Relationship) -> Relationship:
    is_parent = way.cardinality is Cardinality.ONE_TO_ONE
    return Relationship(
        table=way.foreign_table,
        foreign_table=way.table,
        cardinality=way.cardinality if is_parent else Cardinality.ONE_TO_MANY,
        constraint=way.constraint,
        columns=tuple((there, here) for here, there in way.columns),
        is_parent=is_parent,
        table_is_view=way.foreign_table_is_view,
        foreign_table_is_view=way.table_is_view,
    )


def _many(graph: Graph, relation: QualifiedName) -> Iterator[Relationship]:
    """Through every junction: two different foreign keys within its primary key."""
    for first in _referrers(graph, relation):
        middle = graph.tables[first.foreign_table]
        source_columns = first.columns
        if first.cardinality is not Cardinality.ONE_TO_MANY:
            continue
        if not {column for _, column in source_columns} <= set(middle.primary_key):
            continue
        for second in _references(graph, middle.name):
            if _leads_on(first, second, middle):
                yield _many_to_many(first, second)


def _leads_on(first: Relationship, second: Relationship, middle: Table) -> bool:
    return (
        second.cardinality is Cardinality.MANY_TO_ONE
        and second.constraint != first.constraint
        and {column for column, _ in second.columns} <= set(middle.primary_key)
    )


def _many_to_many(first: Relationship, second: Relationship) -> Relationship:
    return Relationship(
        table=first.table,
        foreign_table=second.foreign_table,
        cardinality=Cardinality.MANY_TO_MANY,
        constraint="",
        columns=(),
        junction=Junction(
            table=second.table,
            source_constraint=first.constraint,
            target_constraint=second.constraint,
            source_columns=first.columns,
            target_columns=tuple((there, here) for here, there in second.columns),
        ),
        table_is_view=first.table_is_view,
        foreign_table_is_view=second.foreign_table_is_view,
    )


def _place(found: Relationship) -> tuple[object, ...]:
    """Where a relationship stands among those of its relation."""
    names: tuple[object, ...] = (found.constraint, found.columns)
    if found.junction is not None:
        via = found.junction
        names = (
            via.table,
            via.source_constraint,
            via.target_constraint,
            via.source_columns,
            via.target_columns,
        )
    return found.foreign_table, _RANK[found.cardinality], *names


def _by_schema(found: Iterable[AnyRelationship]) -> Mapping[str, Ways]:
    schemas: defaultdict[str, list[AnyRelationship]] = defaultdict(list)
    for relationship in found:
        schemas[relationship.foreign_table.schema].append(relationship)
    return {schema: Ways(those) for schema, those in schemas.items()}


def _computed(
    rows: Iterable[RowFunctionRow],
) -> Mapping[QualifiedName, tuple[ComputedRelationship, ...]]:
    """By the relation whose rows are the argument. Of functions of one name in several schemas, the
    one that stands with the relation it returns counts."""
    by_name: defaultdict[QualifiedName, dict[tuple[str, str], ComputedRelationship]]
    by_name = defaultdict(dict)
    for row in rows:
        if row.is_inherited or row.target_schema is None or row.target_name is None:
            continue
        relation = QualifiedName(row.relation_schema, row.relation_name)
        place = (row.target_schema, row.name)
        if place not in by_name[relation] or row.schema == row.target_schema:
            by_name[relation][place] = ComputedRelationship(
                function=QualifiedName(row.schema, row.name),
                table=relation,
                foreign_table=QualifiedName(row.target_schema, row.target_name),
                to_one=row.to_one,
            )
    return {relation: tuple(found.values()) for relation, found in by_name.items()}
