"""How a request will be done: everything `query` needs to write SQL, without the schema cache."""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from passeplat.names import QualifiedName
from passeplat.request.model import (
    Aggregate,
    ApiRequest,
    Body,
    In,
    Is,
    IsDistinct,
    JsonStep,
    MediaType,
    Quantifier,
    Range,
)


@dataclass(frozen=True, slots=True)
class Target:
    """A column or a place inside it, of the level of the tree it stands on."""

    name: str
    path: tuple[JsonStep, ...] = ()
    to_jsonb: bool = False  # a path into a value that is not JSON goes through to_jsonb()
    reader: QualifiedName | None = None  # domain representation: column → json


@dataclass(frozen=True, slots=True)
class SelectedField:
    target: Target | None  # None: `count()` of rows
    name: str  # in the answer
    cast: str | None = None
    aggregate: Aggregate | None = None
    aggregate_cast: str | None = None


@dataclass(frozen=True, slots=True)
class AllColumns:
    """`*`, left to PostgreSQL."""


@dataclass(frozen=True, slots=True)
class LiftedField:
    """A field of a spread embed that appears on this level."""

    source: str  # its name in the embed's own result
    name: str
    aggregate: Aggregate | None = None
    aggregate_cast: str | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    operator: str
    value: str
    quantifier: Quantifier | None
    parser: QualifiedName | None = None  # domain representation: text → column


@dataclass(frozen=True, slots=True)
class Inclusion:
    operation: In
    parser: QualifiedName | None = None


@dataclass(frozen=True, slots=True)
class TextSearch:
    operator: Literal["fts", "plfts", "phfts", "wfts"]
    value: str
    language: str | None
    to_tsvector: bool  # the target is not a tsvector yet


@dataclass(frozen=True, slots=True)
class ResolvedFilter:
    target: Target
    operation: Comparison | Inclusion | Is | IsDistinct | TextSearch
    negated: bool


@dataclass(frozen=True, slots=True)
class EmbedIsNull:
    """Nothing was found by the embed of this alias: its row, or this column of it, is null."""

    alias: str
    column: str | None
    negated: bool


@dataclass(frozen=True, slots=True)
class ResolvedLogic:
    operator: Literal["and", "or"]
    conditions: tuple["ResolvedCondition", ...]
    negated: bool


ResolvedCondition: TypeAlias = ResolvedFilter | EmbedIsNull | ResolvedLogic


@dataclass(frozen=True, slots=True)
class ResolvedOrder:
    target: Target
    embed: str | None  # alias of the to-one embed it is a field of
    direction: Literal["asc", "desc"] | None
    nulls: Literal["first", "last"] | None


@dataclass(frozen=True, slots=True)
class ColumnPair:
    """`parent.left = child.right`."""

    left: str
    right: str


@dataclass(frozen=True, slots=True)
class DirectJoin:
    columns: tuple[ColumnPair, ...]


@dataclass(frozen=True, slots=True)
class JunctionJoin:
    table: QualifiedName
    alias: str
    parent_columns: tuple[ColumnPair, ...]  # parent.left = junction.right
    child_columns: tuple[ColumnPair, ...]  # junction.left = child.right


@dataclass(frozen=True, slots=True)
class FunctionJoin:
    """A computed relationship: the child's rows are what the function gives for the parent's."""

    function: QualifiedName
    argument: QualifiedName | None  # the row type; None where the parent is not of that type


Join: TypeAlias = DirectJoin | JunctionJoin | FunctionJoin


@dataclass(frozen=True, slots=True)
class EmbedPlan:
    read: "ReadPlan"
    join: Join
    name: str  # in the answer
    alias: str  # in the SQL
    to_one: bool
    inner: bool
    spread: bool
    filterable: bool  # whether `name=is.null` is about this embed
    hidden: bool  # `rel()`: joined and filtered by, but not shown
    lifted: tuple[LiftedField, ...] = ()

    @property
    def marker(self) -> str | None:
        """The column that is null when nothing was found; None where the whole row is."""
        if self.to_one:
            return None
        return self.lifted[0].source if self.lifted else self.alias


@dataclass(frozen=True, slots=True)
class ReadPlan:
    """One level of the tree: `select … from source as alias where … order by … limit …`."""

    source: QualifiedName
    alias: str | None
    select: tuple[SelectedField | AllColumns, ...]
    embeds: tuple[EmbedPlan, ...]
    where: tuple[ResolvedCondition, ...]
    order: tuple[ResolvedOrder, ...]
    range: Range

    @property
    def aggregates(self) -> bool:
        return any(
            isinstance(item, SelectedField) and item.aggregate for item in self.select
        ) or any(lifted.aggregate for embed in self.embeds for lifted in embed.lifted)


@dataclass(frozen=True, slots=True)
class WriteColumn:
    name: str
    type: str  # for json_to_recordset
    default: str | None = None  # SQL for `missing=default`
    parser: QualifiedName | None = None  # domain representation: json → column
    reader: QualifiedName | None = None  # the way back, for the default


@dataclass(frozen=True, slots=True)
class Conflict:
    columns: tuple[str, ...]
    merge: bool  # update what is there, else leave it


@dataclass(frozen=True, slots=True)
class InsertPlan:
    table: QualifiedName
    columns: tuple[WriteColumn, ...]
    body: Body = field(compare=False)
    returning: tuple[str, ...]  # names; "*" for all
    conflict: Conflict | None
    defaults: bool  # `missing=default`
    where: tuple[ResolvedCondition, ...] = ()  # PUT: the key in the URL is the key in the body


@dataclass(frozen=True, slots=True)
class UpdatePlan:
    table: QualifiedName
    columns: tuple[WriteColumn, ...]
    body: Body = field(compare=False)
    returning: tuple[str, ...]
    where: tuple[ResolvedCondition, ...]
    defaults: bool


@dataclass(frozen=True, slots=True)
class DeletePlan:
    table: QualifiedName
    returning: tuple[str, ...]
    where: tuple[ResolvedCondition, ...]


MutatePlan: TypeAlias = InsertPlan | UpdatePlan | DeletePlan


@dataclass(frozen=True, slots=True)
class Argument:
    name: str
    type: str
    variadic: bool


@dataclass(frozen=True, slots=True)
class JsonArguments:
    """A JSON object that PostgreSQL takes apart."""

    arguments: tuple[Argument, ...]
    body: bytes = field(compare=False)


@dataclass(frozen=True, slots=True)
class DirectArguments:
    """Texts from a query string or a form, each cast to its parameter's type."""

    arguments: tuple[tuple[Argument, str | tuple[str, ...]], ...]  # variadic: several texts


@dataclass(frozen=True, slots=True)
class WholeBody:
    """The body as the only, unnamed argument."""

    type: str
    body: bytes = field(compare=False)


@dataclass(frozen=True, slots=True)
class CallPlan:
    function: QualifiedName
    arguments: JsonArguments | DirectArguments | WholeBody
    scalar: bool  # returns a value, not a row
    anonymous: bool  # returns `record`, whose columns nobody knows: a value too
    returns_set: bool
    returns_void: bool
    returning: tuple[str, ...]


Change: TypeAlias = MutatePlan | CallPlan


@dataclass(frozen=True, slots=True)
class Handler:
    """A function or aggregate of the user's that makes the body."""

    function: QualifiedName | None  # None: the called function's own result is the body
    relation: QualifiedName | None  # the row type an aggregate takes; None for anyelement


@dataclass(frozen=True, slots=True)
class Explain:
    """EXPLAIN instead of the answer: what of, and in which form."""

    options: tuple[str, ...]
    form: Literal["text", "json"]


Form: TypeAlias = Literal[
    "array", "object", "array-stripped", "object-stripped", "csv", "ndjson", "geojson", "none"
]


@dataclass(frozen=True, slots=True)
class Representation:
    """How rows become a body: `form` says how PostgreSQL aggregates them, or a handler does."""

    media_type: MediaType  # of the answer
    form: Form
    handler: Handler | None = None
    explain: Explain | None = None

    @property
    def singular(self) -> bool:
        return self.form in ("object", "object-stripped")


@dataclass(frozen=True, slots=True)
class Plan:
    request: ApiRequest
    read: ReadPlan
    change: Change | None
    representation: Representation
    wants_body: bool  # False: `return=minimal` or `headers-only`, or a void function
    read_only: bool
    primary_key: tuple[str, ...]  # of the table written to, for Location
    isolation: str | None = None
    settings: tuple[tuple[str, str], ...] = ()  # of the role and the function, for the transaction
    max_rows: int | None = None
    max_affected: int | None = None
    warning: str | None = None


@dataclass(frozen=True, slots=True)
class InfoPlan:
    """OPTIONS: what a resource can do, without asking the database."""

    allow: tuple[str, ...]


OPENAPI_2 = MediaType("application/openapi+json")


@dataclass(frozen=True, slots=True)
class DocumentPlan:
    """GET on the root or /openapi.json: the OpenAPI document of one schema."""

    request: ApiRequest
    version: Literal["2.0", "3.1"] = "2.0"
    media_type: MediaType = OPENAPI_2  # of the answer
