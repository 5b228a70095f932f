"""What a document is written from: one schema of the API, as one role may use it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from passeplat.names import QualifiedName
from passeplat.response.openapi31.details import UNKNOWN, Details, RelationDetails
from passeplat.response.visible import ForeignKey, Visible
from passeplat.schema_cache.model import (
    Column,
    ComputedRelationship,
    Relationship,
    Routine,
    SchemaCache,
    Table,
)


@dataclass(frozen=True, slots=True)
class Resource:
    """A relation, and what may be done with it."""

    table: Table
    details: RelationDetails

    @property
    def name(self) -> str:
        return self.table.name.name

    def columns(self, right: str) -> tuple[Column, ...]:
        names = self.details.named(right)
        return tuple(column for name, column in self.table.columns.items() if name in names)

    @property
    def readable(self) -> bool:
        return bool(self.columns("read"))

    @property
    def insertable(self) -> bool:
        return self.table.insertable and bool(self.columns("insert"))

    @property
    def updatable(self) -> bool:
        return self.table.updatable and bool(self.columns("update"))

    @property
    def deletable(self) -> bool:
        return self.table.deletable and self.details.delete

    @property
    def replaceable(self) -> bool:
        """PUT needs a key, all of which can be read and given."""
        key = set(self.table.primary_key)
        given = {column.name for column in self.columns("insert")}
        known = {column.name for column in self.columns("read")}
        return self.insertable and self.updatable and bool(key) and key <= given & known


@dataclass(frozen=True, slots=True)
class Api:
    """A schema, as one role may use it."""

    schema: str
    resources: Mapping[QualifiedName, Resource]
    routines: tuple[Routine, ...]  # by name, overloads together
    foreign_keys: Mapping[tuple[str, str], ForeignKey]  # by (relation, column)
    details: Details
    cache: SchemaCache

    def readable(self, name: QualifiedName) -> Resource | None:
        """The relation, if it is of this schema and rows of it may be seen."""
        found = self.resources.get(name)
        return found if found is not None and found.readable else None

    def embeddable(self, resource: Resource) -> Iterator[Relationship]:
        """Ways to relations all of which may be seen. Those made by functions are not told."""
        seen = set(resource.details.named("read"))
        for each in self.cache.relationships.get((resource.table.name, self.schema), ()):
            if isinstance(each, ComputedRelationship) or self.readable(each.foreign_table) is None:
                continue
            junction = each.junction
            if junction is not None and self.readable(junction.table) is None:
                continue
            columns = each.columns if junction is None else junction.source_columns
            if {column for column, _ in columns} <= seen:
                yield each


def api_of(schema: str, shown: Visible, details: Details, cache: SchemaCache) -> Api:
    resources = (
        Resource(table, details.relations.get(table.name.name, UNKNOWN)) for table in shown.tables
    )
    return Api(
        schema=schema,
        resources={resource.table.name: resource for resource in resources},
        routines=shown.routines,
        foreign_keys=shown.foreign_keys,
        details=details,
        cache=cache,
    )
