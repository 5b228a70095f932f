"""What a role may count on: relations with their columns, routines, embeds."""

from collections.abc import Mapping
from dataclasses import dataclass

from passeplat.names import QualifiedName
from passeplat.schema_cache.model import Parameter


@dataclass(frozen=True, slots=True)
class ColumnOffer:
    type: str
    is_nullable: bool
    labels: tuple[str, ...]  # of an enumeration
    is_readable: bool
    is_insertable: bool
    is_required: bool  # an insert must give it
    is_updatable: bool

    @property
    def is_offered(self) -> bool:
        return self.is_readable or self.is_insertable or self.is_updatable


# A field that is a function of the row. Its type may be anything.
COMPUTED = ColumnOffer(
    type="",
    is_nullable=True,
    labels=(),
    is_readable=True,
    is_insertable=False,
    is_required=False,
    is_updatable=False,
)


@dataclass(frozen=True, slots=True, eq=False)
class RelationOffer:
    columns: Mapping[str, ColumnOffer]
    is_deletable: bool
    key: tuple[str, ...]  # by which an upsert finds rows
    # Of the table beneath a view: an insert must give them, and cannot
    hidden: tuple[str, ...] = ()

    @property
    def is_insertable(self) -> bool:
        return any(column.is_insertable for column in self.columns.values())


@dataclass(frozen=True, slots=True)
class RoutineOffer:
    parameters: tuple[Parameter, ...]
    returns: str  # "setof v1.todos"
    columns: tuple[tuple[str, str], ...]  # (name, type) of what it returns, where they are its own
    is_read_only: bool  # so GET may call it


@dataclass(frozen=True, slots=True, order=True)
class Embed:
    relation: QualifiedName
    foreign_relation: QualifiedName
    hint: str  # the foreign key, junction or function: what `!hint` names


@dataclass(frozen=True, slots=True, eq=False)
class Offer:
    """To one role."""

    relations: Mapping[QualifiedName, RelationOffer]
    routines: Mapping[QualifiedName, tuple[RoutineOffer, ...]]  # overloads together
    embeds: Mapping[Embed, str]  # with their cardinality


Contract = Mapping[str, Offer]
"""By role: those that are offered anything."""


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """Of what is offered. Breaking is what a client that was right before can notice."""

    schema: str
    subject: str  # "v1.todos.title", "v1.search(query text)", "v1.todos → v1.users"
    what: str  # "is gone", "type: integer → text"
    is_breaking: bool
    relation: QualifiedName  # or routine: whose change it is
    roles: tuple[str, ...] = ()
