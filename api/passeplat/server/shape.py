"""What the middle stages make of requests that differ in their values only.

It is made of a request with marks where the values were, so it knows nobody's value. A request of
the shape fills its own in, and gets what the stages would have made of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple, TypeAlias

from passeplat.claims import Claims
from passeplat.config import Config
from passeplat.plan.model import Plan
from passeplat.plan.resolve import resolve
from passeplat.postgres.model import Query, Row
from passeplat.query.build import build
from passeplat.query.context import ContextTemplate, context_template
from passeplat.query.model import Lines, Result, Transaction
from passeplat.query.template import Template, Value, template
from passeplat.request.model import ApiRequest, Body, FormBody, JsonBody, RawBody, RawJsonBody
from passeplat.request.query_string import encoded
from passeplat.response.head import Counted, Head, counted, render_head
from passeplat.response.model import Headers, Response
from passeplat.response.render import render
from passeplat.schema_cache.model import SchemaCache
from passeplat.server.inert import Touched, touched_by
from passeplat.server.packed import Packed, pack

BodyShape: TypeAlias = tuple[type[Body], tuple[str, ...], bool] | None
"""Of a body: its kind, its keys, and whether it begins as an array."""

Told: TypeAlias = tuple[Row, Headers]
"""What PostgreSQL said besides the body, and the headers that the server adds."""

_MOST_HEADS = 64


@dataclass(frozen=True, slots=True)
class Marking:
    """What stands for the values of a request while its shape is made."""

    marks: tuple[str, ...]
    written: tuple[str, ...]  # in the query string: a list's mark has parentheses
    body: str


@dataclass(slots=True, eq=False)
class Pace:
    """What became known of a shape's statements while they ran."""

    seconds: float = 0.0  # they take, about the median; 0: not known yet
    long: bool | None = None  # the body of an answer was, once; None: not known yet


class Reply(NamedTuple):
    """A head on the wire, with a body that has a length."""

    status: int
    before: bytes  # the lines before the query string of Content-Location
    after: bytes
    located: bool  # there is a Content-Location
    has_body: bool


@dataclass(frozen=True, slots=True)
class LinesTemplate:
    made: Lines  # of marks
    rows: Template
    total: Template | None

    @property
    def few(self) -> bool:
        return self.made.few

    def filled(self, values: Sequence[Value]) -> Lines:
        total = None if self.total is None else Query(self.total.sql, self.total.filled(values))
        return replace(self.made, rows=Query(self.rows.sql, self.rows.filled(values)), total=total)


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    plan: Plan  # of marks
    transaction: Transaction  # of marks: all but its parameters is every request's
    context: ContextTemplate
    main: Template
    explain: Template | None
    lines: LinesTemplate | None
    location: tuple[str | int, ...]  # of the canonical query string: texts, numbers of values
    packed: Packed | None  # None: never on a lane
    touched: Touched | None  # None: it may leave something behind in its session
    heads: dict[Counted, Head] = field(default_factory=dict)
    replies: dict[Told, Reply] = field(default_factory=dict)
    pace: Pace = field(default_factory=Pace)

    @property
    def body_at(self) -> int:
        """Its place in the one row of the main statement."""
        return self.transaction.columns.index("body")

    def filled(
        self, values: Sequence[Value], payload: bytes, headers: bytes, cookies: bytes
    ) -> Transaction:
        """The transaction of one request; the last three are JSON."""
        made = self.transaction
        explain = self.explain
        return Transaction(
            Query(self.context.sql, self.context.filled(payload, headers, cookies)),
            made.pre_request,
            Query(self.main.sql, self.main.filled(values)),
            made.columns,
            None if explain is None else Query(explain.sql, explain.filled(values)),
            made.scope,
            made.isolation,
            made.rollback,
            made.calls,
        )

    def response(self, result: Result, texts: Sequence[str], config: Config) -> Response:
        """`texts`: the values as they stood in the query string, decoded."""
        count = counted(result)
        if count is None:
            return render(self._plan_for(texts), result, config)
        return self.head(count, result, config).response(self.canonical(texts), result.body)

    def head(self, count: Counted, result: Result, config: Config) -> Head:
        found = self.heads.get(count)
        if found is None:
            found = render_head(self.plan, result, config)
            if len(self.heads) >= _MOST_HEADS:
                self.heads.clear()
            self.heads[count] = found
        return found

    def remember(self, told: Told, reply: Reply) -> None:
        if len(self.replies) >= _MOST_HEADS:
            self.replies.clear()
        self.replies[told] = reply

    def canonical(self, texts: Sequence[str]) -> str:
        return "".join(
            [part if isinstance(part, str) else encoded(texts[part]) for part in self.location]
        )

    def _plan_for(self, texts: Sequence[str]) -> Plan:
        request = self.plan.request
        query = replace(request.query, canonical=self.canonical(texts))
        return replace(self.plan, request=replace(request, query=query))


def body_shape(body: Body | None) -> BodyShape:
    match body:
        case JsonBody(raw, keys):
            return JsonBody, keys, _is_array(raw)
        case RawJsonBody(raw):
            return RawJsonBody, (), _is_array(raw)
        case _:
            return None if body is None else (type(body), (), False)


def body_value(body: Body | None) -> tuple[bytes, ...]:
    """The body as the last of the values, if there is one."""
    match body:
        case None | FormBody():
            return ()
        case JsonBody() | RawJsonBody() | RawBody():
            return (body.raw,)


def make_shape(
    request: ApiRequest, marking: Marking, role: str, config: Config, cache: SchemaCache
) -> Shape | None:
    """None if there is none: SQL or headers depend on more than can be filled in.

    `request` was parsed with what is written for the values. Raises what resolve and build raise.
    """
    if isinstance(request.body, FormBody):
        return None
    body = _marked_body(request.body, marking.body)
    plan = resolve(replace(request, body=body), cache, config, role)
    if not isinstance(plan, Plan):
        return None
    settings = cache.role_settings.get(role, ())
    made = build(plan, Claims(role, b""), config, settings)
    marks = marking.marks if body is None else (*marking.marks, body.raw.decode())
    main = template(made.main, marks)
    explain = None if made.explain is None else template(made.explain, marks)
    location = _location(request.query.canonical, marking.written)
    if main is None or location is None or (made.explain is not None and explain is None):
        return None
    bound = {number for _, number, _ in main.slots}
    if not bound.issuperset(range(len(marking.marks) if _says_nothing(body) else len(marks))):
        return None  # a value that is not bound had another effect
    context = context_template(plan, role, config, settings)
    lines = None if made.lines is None else _lines(made.lines, marks)
    packed = None
    if config.db_prepared_statements and not _has_block(made, cache.role_isolation.get(role)):
        packed = pack(context, (main,) if explain is None else (main, explain), made.scope)
    touched = None if made.pre_request is not None else touched_by(plan, cache)
    return Shape(plan, made, context, main, explain, lines, location, packed, touched)


def _has_block(made: Transaction, isolation: str | None) -> bool:
    """Something that a transaction without a BEGIN cannot do, or that runs before the rest."""
    return (made.isolation or isolation) is not None or made.pre_request is not None


def _lines(made: Lines, marks: Sequence[str]) -> LinesTemplate | None:
    rows = template(made.rows, marks)
    total = None if made.total is None else template(made.total, marks)
    if rows is None or (made.total is not None and total is None):
        return None
    return LinesTemplate(made, rows, total)


def _marked_body(body: Body | None, mark: str) -> JsonBody | RawJsonBody | RawBody | None:
    match body:
        case JsonBody(raw) | RawJsonBody(raw):
            return replace(body, raw=(f"[{mark}" if _is_array(raw) else mark).encode())
        case RawBody():
            return RawBody(mark.encode())
        case _:
            return None


def _says_nothing(body: Body | None) -> bool:
    return isinstance(body, JsonBody) and not body.keys


def _is_array(raw: bytes) -> bool:
    return raw.lstrip()[:1] == b"["


def _location(canonical: str, written: Sequence[str]) -> tuple[str | int, ...] | None:
    parts: list[str | int] = [canonical]
    for number, text in enumerate(written):
        position = next((i for i, part in enumerate(parts) if _has(part, encoded(text))), None)
        if position is None:
            return None
        before, after = str(parts[position]).split(encoded(text), 1)
        parts[position : position + 1] = [before, number, after]
    return tuple(part for part in parts if part != "")


def _has(part: str | int, text: str) -> bool:
    return isinstance(part, str) and text in part
