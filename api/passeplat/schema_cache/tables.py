"""Rows of relations, columns and types → Table values."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from sys import intern

from passeplat.names import QualifiedName
from passeplat.schema_cache.model import Column, Table
from passeplat.schema_cache.rows import ColumnRow, RelationRow, TypeRow

_UPDATE, _INSERT, _DELETE = 4, 8, 16

Types = Mapping[tuple[int, int], TypeRow]
"""By oid and type modifier."""


def by_relation(rows: Iterable[ColumnRow]) -> Mapping[int, Sequence[ColumnRow]]:
    """The columns of each relation in their order."""
    found: defaultdict[int, list[ColumnRow]] = defaultdict(list)
    for row in rows:
        found[row.relation].append(row)
    for columns in found.values():
        columns.sort(key=attrgetter("number"))
    return found


def table(
    row: RelationRow, columns: Sequence[ColumnRow], types: Types, primary_key: tuple[str, ...]
) -> Table:
    return Table(
        name=QualifiedName(intern(row.schema), row.name),
        columns={c.name: column(c, types[c.type, c.modifier]) for c in columns},
        primary_key=primary_key,
        is_view=row.is_view,
        insertable=bool(row.writable & _INSERT),
        updatable=bool(row.writable & _UPDATE),
        deletable=bool(row.writable & _DELETE),
        row_security=row.row_security,
        description=row.description,
        grantees=frozenset(row.grantees).union(*(c.grantees or () for c in columns)),
    )


def column(row: ColumnRow, of: TypeRow) -> Column:
    inherited = None if row.is_generated else of.default
    return Column(
        name=intern(row.name),
        type=of.base,
        nominal_type=of.nominal,
        nullable=not (row.required or of.required),
        default=inherited if row.default is None else row.default,
        max_length=of.max_length,
        enum=tuple(of.labels),
        description=row.description,
        is_generated=row.is_generated,
    )
