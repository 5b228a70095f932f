"""The rows of the catalogue queries in sql/, field for field: what introspect reads and the pure
builders take."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any, NamedTuple


class SchemaRow(NamedTuple):
    name: str
    description: str | None
    grantees: list[str]


class RelationRow(NamedTuple):
    oid: int
    schema: str
    name: str
    is_view: bool
    writable: int  # bits: 4 update, 8 insert, 16 delete
    row_security: bool
    description: str | None
    grantees: list[str]


class ColumnRow(NamedTuple):
    relation: int
    number: int
    name: str
    type: int
    modifier: int
    required: bool
    is_generated: bool
    default: str | None
    description: str | None
    grantees: list[str] | None  # None: nobody was granted this column alone


class TypeRow(NamedTuple):
    oid: int
    modifier: int
    schema: str
    local_name: str
    is_domain: bool
    name: str  # as format_type prints it, without a length
    nominal: str  # the same with its length
    base: str  # what a domain is made of, without a length; else the name
    max_length: int | None
    labels: list[str]
    required: bool  # a domain that is not null
    default: str | None
    relation: int  # the relation or composite type whose rows its values are; 0: none
    relation_schema: str | None
    relation_name: str | None


class CompositeColumnRow(NamedTuple):
    relation: int
    name: str
    type: str


class ConstraintRow(NamedTuple):
    relation: int
    name: str
    kind: str  # p primary key, u unique, f foreign key
    columns: list[int]
    foreign_relation: int  # 0 if there is none
    foreign_columns: list[int] | None


class ViewColumnRow(NamedTuple):
    view: int
    column: int
    relation: int  # whose column it is, without a change
    relation_column: int


class RoutineRow(NamedTuple):
    schema: str
    name: str
    types: list[int]  # of the arguments that go in
    all_types: list[int] | None  # of all arguments; None: all go in
    names: list[str] | None  # of all arguments
    modes: list[str] | None  # of all arguments
    defaults: int  # how many of the last arguments have one
    returns: int
    returns_set: bool
    volatility: str
    settings: list[str] | None
    description: str | None
    grantees: list[str]


class RowFunctionRow(NamedTuple):
    schema: str
    name: str
    relation_schema: str
    relation_name: str
    is_inherited: bool
    target_schema: str | None  # the exposed relation whose rows it returns
    target_name: str | None
    to_one: bool


class RepresentationRow(NamedTuple):
    source: str
    target: str
    function_schema: str
    function_name: str


class MediaAggregateRow(NamedTuple):
    schema: str
    name: str
    domain: str
    relation_schema: str | None  # None: rows of any relation
    relation_name: str | None


class RoleRow(NamedTuple):
    name: str
    is_superuser: bool
    is_assumable: bool
    inherits: list[str]
    settings: list[str]


class NameRow(NamedTuple):
    """One name: a setting, a time zone."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """All that was read."""

    schemas: Sequence[SchemaRow]
    relations: Sequence[RelationRow]
    columns: Sequence[ColumnRow]
    types: Sequence[TypeRow]
    composite_columns: Sequence[CompositeColumnRow]
    constraints: Sequence[ConstraintRow]
    view_columns: Sequence[ViewColumnRow]
    routines: Sequence[RoutineRow]
    row_functions: Sequence[RowFunctionRow]
    representations: Sequence[RepresentationRow]
    media_aggregates: Sequence[MediaAggregateRow]
    roles: Sequence[RoleRow]
    settings: Sequence[NameRow]  # of those of the roles, the ones the logged-in role may set
    callable_names: Sequence[NameRow]

    def lists(self) -> Iterator[list[Any]]:
        for each in fields(self):
            if isinstance(rows := getattr(self, each.name), list):
                yield rows
