"""What the database offers: a snapshot of the catalogue, looked up in constant time."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from passeplat.names import QualifiedName


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    type: str  # as format_type prints it, without a length: "integer", "app.status"
    nominal_type: str  # the type itself where `type` is the base of a domain: "app.email"
    nullable: bool
    default: str | None  # the expression of its default; "nextval(…)" for identity columns
    max_length: int | None
    enum: tuple[str, ...]  # labels, if it is one
    description: str | None
    is_generated: bool


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A table, view, materialized view, foreign or partitioned table of an exposed schema."""

    name: QualifiedName
    columns: Mapping[str, Column]  # in the order of the table
    primary_key: tuple[str, ...]  # of a view: the key of the table under it, if all of it is there
    is_view: bool
    insertable: bool
    updatable: bool
    deletable: bool
    row_security: bool
    description: str | None


class Cardinality(Enum):
    MANY_TO_ONE = "many-to-one"
    ONE_TO_MANY = "one-to-many"
    ONE_TO_ONE = "one-to-one"
    MANY_TO_MANY = "many-to-many"


@dataclass(frozen=True, slots=True)
class Junction:
    """The table in the middle of a many-to-many relationship."""

    table: QualifiedName
    source_constraint: str
    target_constraint: str
    source_columns: tuple[tuple[str, str], ...]  # (column of the source, column of the junction)
    target_columns: tuple[tuple[str, str], ...]  # (column of the target, column of the junction)


@dataclass(frozen=True, slots=True)
class Relationship:
    """A way from one relation to another, found in foreign keys."""

    table: QualifiedName
    foreign_table: QualifiedName
    cardinality: Cardinality
    constraint: str  # the foreign key; "" for many-to-many, see junction
    columns: tuple[tuple[str, str], ...]  # (column of table, column of foreign_table)
    junction: Junction | None = None
    is_parent: bool = False  # one-to-one only: `table` is the referenced side
    table_is_view: bool = False
    foreign_table_is_view: bool = False

    @property
    def is_self(self) -> bool:
        return self.table == self.foreign_table

    @property
    def to_one(self) -> bool:
        return self.cardinality in (Cardinality.MANY_TO_ONE, Cardinality.ONE_TO_ONE)


@dataclass(frozen=True, slots=True)
class ComputedRelationship:
    """A function from a row of `table` to rows of `foreign_table`, embedded by its name."""

    function: QualifiedName
    table: QualifiedName
    foreign_table: QualifiedName
    to_one: bool
    # The type of the argument; the schema is "" where the function takes an anonymous row.
    is_self: bool = False


AnyRelationship: TypeAlias = Relationship | ComputedRelationship


class Volatility(Enum):
    IMMUTABLE = "i"
    STABLE = "s"
    VOLATILE = "v"


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str  # "" for a single unnamed one
    type: str  # "integer", "text[]", "app.status"
    type_without_length: str  # as type, `character` as `character varying`, `bit` as `bit varying`
    required: bool
    variadic: bool


@dataclass(frozen=True, slots=True)
class ReturnType:
    name: QualifiedName  # of the type: ("pg_catalog", "int4"), or the relation a composite is of
    is_composite: bool
    is_set: bool  # SETOF or TABLE
    # A composite that is a relation (or alias of one) can be embedded into; TABLE(…) and OUT
    # parameters give the anonymous record.
    is_record: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Routine:
    name: QualifiedName
    parameters: tuple[Parameter, ...]
    returns: ReturnType
    is_void: bool
    volatility: Volatility
    has_variadic: bool
    isolation: str | None  # from `set default_transaction_isolation`
    settings: tuple[tuple[str, str], ...]  # its other SET clauses that may be hoisted
    description: str | None


@dataclass(frozen=True, slots=True)
class Representation:
    """An implicit cast by function, from or to a domain: PostgREST's domain representations."""

    source: str  # type names as in Column.nominal_type
    target: str
    function: QualifiedName


@dataclass(frozen=True, slots=True)
class MediaHandler:
    """An aggregate or function that makes the body for a media type (a domain named after it)."""

    media_type: str  # "text/csv"; "*/*" for any
    function: QualifiedName
    relation: QualifiedName | None  # the table an aggregate is for, the function itself; None: any


@dataclass(frozen=True, slots=True, eq=False)
class SchemaCache:
    version: int
    tables: Mapping[QualifiedName, Table]
    # by (table, schema of the foreign table)
    relationships: Mapping[tuple[QualifiedName, str], tuple[AnyRelationship, ...]]
    routines: Mapping[QualifiedName, tuple[Routine, ...]]  # overloads together
    representations: Mapping[tuple[str, str], Representation]  # by (source, target)
    media_handlers: Mapping[tuple[QualifiedName | None, str], MediaHandler]
    time_zones: frozenset[str]  # lower case
    role_settings: Mapping[str, tuple[tuple[str, str], ...]]  # `alter role … set`, see TX-4
    role_isolation: Mapping[str, str]
    # Every relation and function of the exposed schemas that a role may use, for OpenAPI, is read
    # per request: privileges are PostgreSQL's to decide.
    schema_descriptions: Mapping[str, str | None] = field(default_factory=dict)
