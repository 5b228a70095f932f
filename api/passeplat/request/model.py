"""What the client asked for, independent of what the database has: the values `parse` makes.

Everything is hashable. Names are as the client wrote them; nothing here was looked up.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Literal, TypeAlias

EmbedPath: TypeAlias = tuple[str, ...]
"""Where in the tree of embeds something belongs: () is the top level, ("a", "b") is `a.b.`"""


class Action(Enum):
    READ = "read"  # GET, HEAD on a relation
    INSERT = "insert"  # POST
    UPDATE = "update"  # PATCH
    UPSERT = "upsert"  # PUT
    DELETE = "delete"  # DELETE
    CALL = "call"  # POST on a function
    CALL_READ = "call-read"  # GET, HEAD on a function: arguments come from the query string
    INFO = "info"  # OPTIONS on a relation
    CALL_INFO = "call-info"  # OPTIONS on a function
    ROOT = "root"  # GET, HEAD on /
    ROOT_INFO = "root-info"  # OPTIONS on / or /openapi.json
    DOCUMENT = "document"  # GET, HEAD on /openapi.json


@dataclass(frozen=True, slots=True)
class JsonStep:
    arrow: Literal["->", "->>"]
    key: str | int  # int: an index into an array


@dataclass(frozen=True, slots=True)
class Field:
    """A column, computed field or a place inside a JSON or composite value."""

    name: str
    path: tuple[JsonStep, ...] = ()


Aggregate: TypeAlias = Literal["sum", "avg", "count", "max", "min"]


@dataclass(frozen=True, slots=True)
class SelectField:
    """`alias:field::cast.aggregate()::aggregate_cast`; a bare `count()` has the field `*`."""

    field: Field
    alias: str | None = None
    cast: str | None = None
    aggregate: Aggregate | None = None
    aggregate_cast: str | None = None


@dataclass(frozen=True, slots=True)
class Embed:
    """`alias:target!hint!join(select)`, or `...target(select)` with `spread`."""

    target: str
    select: tuple["SelectItem", ...]
    alias: str | None = None
    hint: str | None = None
    join: Literal["inner", "left"] | None = None
    spread: bool = False


SelectItem: TypeAlias = SelectField | Embed

Quantifier: TypeAlias = Literal["any", "all"]


@dataclass(frozen=True, slots=True)
class Compare:
    """A binary operator by its name in the query string: eq, neq, gt, …, like, match, cs, sl …"""

    operator: str
    value: str
    quantifier: Quantifier | None = None


@dataclass(frozen=True, slots=True)
class In:
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Is:
    value: Literal["null", "not_null", "true", "false", "unknown"]


@dataclass(frozen=True, slots=True)
class IsDistinct:
    value: str


@dataclass(frozen=True, slots=True)
class FullText:
    operator: Literal["fts", "plfts", "phfts", "wfts"]
    value: str
    language: str | None = None


Operation: TypeAlias = Compare | In | Is | IsDistinct | FullText


@dataclass(frozen=True, slots=True)
class Filter:
    field: Field
    operation: Operation
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Logic:
    operator: Literal["and", "or"]
    conditions: tuple["Condition", ...]
    negated: bool = False


Condition: TypeAlias = Filter | Logic


@dataclass(frozen=True, slots=True)
class OrderTerm:
    """`relation(field).direction.nulls`; relation is a to-one embed of the level it stands on."""

    field: Field
    relation: str | None = None
    direction: Literal["asc", "desc"] | None = None
    nulls: Literal["first", "last"] | None = None


@dataclass(frozen=True, slots=True)
class Range:
    """`offset` rows are skipped, then at most `limit` are taken; None means all."""

    offset: int = 0
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class QueryString:
    select: tuple[SelectItem, ...] = (SelectField(Field("*")),)
    conditions: tuple[tuple[EmbedPath, Condition], ...] = ()  # filters, then logic
    order: tuple[tuple[EmbedPath, tuple[OrderTerm, ...]], ...] = ()
    ranges: tuple[tuple[EmbedPath, Range], ...] = ()  # as asked: ApiRequest.range is what counts
    columns: tuple[str, ...] | None = None  # `columns=`, without duplicates
    on_conflict: tuple[str, ...] | None = None
    parameters: tuple[tuple[str, str], ...] = ()  # arguments of a function called by GET
    canonical: str = ""  # sorted and encoded again, without `?`: for Content-Location


@dataclass(frozen=True, slots=True)
class MediaType:
    """`type/subtype` in lower case, parameters without q: `application/json`, (("charset", …),)."""

    name: str
    parameters: tuple[tuple[str, str], ...] = ()

    def parameter(self, name: str) -> str | None:
        return next((value for key, value in self.parameters if key == name), None)


@dataclass(frozen=True, slots=True)
class Preferences:
    """The `Prefer` headers; None where nothing was asked."""

    resolution: Literal["merge-duplicates", "ignore-duplicates"] | None = None
    missing: Literal["default", "null"] | None = None
    returning: Literal["minimal", "headers-only", "representation"] | None = None  # return=
    count: Literal["exact", "planned", "estimated"] | None = None
    transaction: Literal["commit", "rollback"] | None = None  # tx=
    handling: Literal["strict", "lenient"] | None = None
    timezone: str | None = None
    max_affected: int | None = None
    invalid: tuple[str, ...] = ()  # what was not understood, as it came


@dataclass(frozen=True, slots=True)
class JsonBody:
    """A JSON body in the bytes that came (or that CSV was turned into), and its objects' keys."""

    raw: bytes
    keys: tuple[str, ...]  # without duplicates, in the order of the first object
    is_array: bool


@dataclass(frozen=True, slots=True)
class RawJsonBody:
    """A JSON body nobody looked into: `columns=` said which keys count."""

    raw: bytes


@dataclass(frozen=True, slots=True)
class FormBody:
    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class RawBody:
    """A body for a function with one unnamed parameter: text, xml or bytea by its media type."""

    raw: bytes


Body: TypeAlias = JsonBody | RawJsonBody | FormBody | RawBody


@dataclass(frozen=True, slots=True)
class ApiRequest:
    action: Action
    method: str
    path: str  # as PostgreSQL sees it in request.path: decoded, without our prefixes
    target: str  # relation or function; "" for the root
    schema: str
    profile: str | None  # what Content-Profile answers: set if the schema was negotiated
    query: QueryString
    range: Range  # of the top level: limit and offset cut with the Range header
    preferences: Preferences
    accept: tuple[MediaType, ...]  # best first
    content_type: MediaType
    body: Body | None
    headers: tuple[tuple[str, str], ...] = ()  # lower-case names, without cookie, for the GUC
    cookies: tuple[tuple[str, str], ...] = ()
