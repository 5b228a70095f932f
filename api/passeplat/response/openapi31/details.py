"""What PostgreSQL tells of a schema for its document: the JSON of query/document_details.sql in,
Details out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from passeplat.names import QualifiedName


@dataclass(frozen=True, slots=True)
class ColumnDetails:
    """What the role may do with a column, and what stands in it where nothing is given."""

    not_null: bool  # also of a column that a view shows
    filled: bool  # has a default, or a value of its own
    default: str | None  # the expression
    read: bool
    insert: bool
    update: bool


@dataclass(frozen=True, slots=True)
class Computed:
    """A field computed by a function, in no answer unless `select` names it."""

    name: str
    type: str
    description: str | None


@dataclass(frozen=True, slots=True)
class RelationDetails:
    delete: bool
    columns: Mapping[str, ColumnDetails]
    computed: tuple[Computed, ...]

    def named(self, right: str) -> tuple[str, ...]:
        """The columns with a right: "read", "insert" or "update"."""
        return tuple(name for name, column in self.columns.items() if getattr(column, right))


@dataclass(frozen=True, slots=True)
class Enumeration:
    name: QualifiedName
    labels: tuple[str, ...]
    description: str | None


@dataclass(frozen=True, slots=True)
class Details:
    """Types are called as format_type prints them."""

    relations: Mapping[str, RelationDetails]
    enumerations: Mapping[str, Enumeration]
    domains: Mapping[str, str]  # the type under each
    anything: frozenset[str]  # types whose JSON is not a string


UNKNOWN = RelationDetails(delete=False, columns={}, computed=())
"""Of a relation that has gone since the schema cache was read."""


def read_details(answer: bytes) -> Details:
    found = orjson.loads(answer)
    return Details(
        relations={name: _relation(each) for name, each in (found["relations"] or {}).items()},
        enumerations={
            name: Enumeration(QualifiedName(schema, local), tuple(labels or ()), description)
            for name, (schema, local, labels, description) in (found["enums"] or {}).items()
        },
        domains=found["domains"] or {},
        anything=frozenset(found["anything"] or ()),
    )


def _relation(found: Any) -> RelationDetails:
    return RelationDetails(
        delete=found["delete"],
        columns={name: ColumnDetails(**each) for name, each in (found["columns"] or {}).items()},
        computed=tuple(Computed(*each) for each in found["computed"] or ()),
    )
