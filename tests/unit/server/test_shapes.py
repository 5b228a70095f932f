"""What the shape cache gives is what the stages would have made, for whatever values come next."""

from dataclasses import dataclass, replace
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from passeplat.claims import Claims
from passeplat.config import Config
from passeplat.errors import ApiError, DatabaseError
from passeplat.names import QualifiedName
from passeplat.plan.model import Plan
from passeplat.plan.resolve import resolve
from passeplat.query.build import build
from passeplat.query.context import as_object
from passeplat.query.model import Result, Transaction
from passeplat.request.headers import read_cookies, read_headers, without_cookies
from passeplat.request.parse import parse
from passeplat.request.shape import deciding
from passeplat.response.model import Response
from passeplat.response.render import render
from passeplat.schema_cache.model import (
    Cardinality,
    Parameter,
    Relationship,
    ReturnType,
    Routine,
    SchemaCache,
    Volatility,
    Ways,
)
from passeplat.server.shapes import Match, Shapes

from .made import table

CONFIG = Config(db_schemas=("api", "other"), db_tx_end="commit-allow-override")
RESULT = Result(b"[]", page_total=1, table_total=7, planned_total=9)


def routine(name: str, *, variadic: bool) -> Routine:
    kind = "text[]" if variadic else "text"
    return Routine(
        name=QualifiedName("api", name),
        parameters=(Parameter("word", kind, kind, required=True, variadic=variadic),),
        returns=ReturnType(QualifiedName("api", "books"), is_composite=True, is_set=True),
        is_void=False,
        volatility=Volatility.STABLE,
        has_variadic=variadic,
        isolation=None,
        settings=(),
        description=None,
    )


BOOKS = table("books", id="integer", title="text", words="tsvector", data="jsonb", author="integer")
AUTHORS = table("authors", id="integer", name="text")
WRITTEN = Relationship(
    table=BOOKS.name,
    foreign_table=AUTHORS.name,
    cardinality=Cardinality.MANY_TO_ONE,
    constraint="written",
    columns=(("author", "id"),),
)
ROUTINES = (routine("search", variadic=False), routine("search_all", variadic=True))
CACHE = SchemaCache(
    version=1,
    tables={each.name: each for each in (BOOKS, AUTHORS)},
    relationships={(BOOKS.name, "api"): Ways((WRITTEN,))},
    routines={each.name: (each,) for each in ROUTINES},
    representations={},
    media_handlers={},
    role_settings={"reader": (("statement_timeout", "5s"),)},
    role_isolation={},
)


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    query: str
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    claims: Claims

    def parts(self) -> tuple[str, bytes, bytes, tuple[tuple[bytes, bytes], ...]]:
        return self.method, self.path.encode(), self.query.encode(), self.headers

    def match(self, shapes: Shapes) -> Match | None:
        method, path, query, headers = self.parts()
        return shapes.match(method, path, query, deciding(headers), self.claims.role, self.body)


def by_stages(asked: Asked) -> tuple[Transaction, Response]:
    request = parse(*asked.parts(), asked.body, CONFIG)
    plan = resolve(request, CACHE, CONFIG, asked.claims.role)
    assert isinstance(plan, Plan)
    settings = CACHE.role_settings.get(asked.claims.role, ())
    return build(plan, asked.claims, CONFIG, settings), render(plan, RESULT, CONFIG)


def by_shape(asked: Asked, shapes: Shapes) -> tuple[Transaction, Response] | None:
    """None if the request has no shape."""
    match = asked.match(shapes)
    if match is None:
        return None
    fields = read_headers(list(asked.headers))
    context = as_object(without_cookies(fields)), as_object(read_cookies(fields))
    made = match.shape.filled(match.values, asked.claims.payload, *context)
    if match.shape.lines is not None:
        made = replace(made, lines=match.shape.lines.filled(match.values))
    return made, match.shape.response(RESULT, match.texts, CONFIG)


def outcome(asked: Asked, shapes: Shapes | None) -> object:
    """The error of the one way must be that of the other."""
    try:
        made = None if shapes is None else by_shape(asked, shapes)
        return by_stages(asked) if made is None else made
    except (ApiError, DatabaseError) as error:
        return type(error), str(error)


VALUES = st.one_of(
    st.sampled_from(
        ["1", "a*b", "{a,b}", "(1,2)", '("a,b",c)', "eq.1", "is.null", "", "null", "x"]
    ),
    st.text(max_size=8),
)
OPERATORS = ("eq", "not.eq", "gt", "like", "like(any)", "cs", "in", "not.in", "isdistinct")
SEARCHES = ("fts", "plfts(english)", "not.wfts")
SHAPES = (
    "select=id,title", "select=*,authors(name)", "order=title.desc", "limit=3", "offset=2",
    "id=is.null", "authors.order=name", "on_conflict=id", "columns=id,title", "l%69mit=1",
)  # fmt: skip
EVIL = st.sampled_from(["", *SHAPES, "s%65lect=id", "or=(id.eq.1,id.eq.2)", "limit", "&&", "a=1"])


def operand(operator: str, value: str) -> str:
    return f"({value})" if operator.endswith("in") else value


@st.composite
def filters(draw: st.DrawFn) -> tuple[str, str]:
    """Key and operator, and a kind of value that fits more often than not."""
    name = draw(
        st.sampled_from(["id", "title", "data->>a", "authors.name", "words", "none", "%69d"])
    )
    return name, draw(st.sampled_from(OPERATORS if name != "words" else SEARCHES))


@st.composite
def queries(draw: st.DrawFn) -> tuple[str, str]:
    """Two query strings of one shape, each with its own values."""
    written: list[tuple[str, str]] = []
    for name, operator in draw(st.lists(filters(), max_size=3)):
        values = (operand(operator, draw(VALUES)) for _ in range(2))
        one, other = (f"{name}={operator}.{quote(value, safe='*(),{}')}" for value in values)
        written.append((one, other))
    written += [(part, part) for part in draw(st.lists(EVIL, max_size=2))]
    if draw(st.booleans()):
        argument = [f"word={quote(draw(VALUES), safe='*')}" for _ in range(2)]
        written.append((argument[0], argument[1]))
    written = draw(st.permutations(written))
    return "&".join(pair[0] for pair in written), "&".join(pair[1] for pair in written)


BODIES = (b'{"id": 1, "title": "a"}', b'[{"id": 2, "title": "b"}]', b'{"id": 3}', b"{}", b"[", b"7",
          b' [{"id": 4}, {"id": 5}]', b'{"word": "a"}')  # fmt: skip
TARGETS = ("/books", "/authors", "/none", "/rpc/search", "/rpc/search_all", "/rest/api/books")
PREFER = ("return=representation", "count=exact", "count=estimated", "resolution=merge-duplicates",
          "missing=default", "handling=strict,max-affected=1", "tx=rollback", "")  # fmt: skip


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Asked, Asked]:
    """Two requests that differ in values, bodies, tokens and headers that decide nothing."""
    method = draw(st.sampled_from(["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE"]))
    path, role = draw(st.sampled_from(TARGETS)), draw(st.sampled_from(["reader", "writer"]))
    deciding = (
        (b"prefer", draw(st.sampled_from(PREFER)).encode()),
        (
            b"accept",
            draw(
                st.sampled_from(["*/*", "text/csv", "application/vnd.pgrst.object+json"])
            ).encode(),
        ),
    )
    return tuple(  # type: ignore[return-value]
        Asked(
            method,
            path,
            query,
            (*deciding, (b"x-number", str(number).encode()), (b"cookie", b"a=%d" % number)),
            draw(st.sampled_from(BODIES)) if method in {"POST", "PATCH", "PUT"} else b"",
            Claims(role, f'{{"sub": "{number}"}}'.encode()),
        )
        for number, query in enumerate(draw(queries()))
    )


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(pairs())
def test_a_shape_gives_what_the_stages_give(asked: tuple[Asked, Asked]) -> None:
    shapes = Shapes(CONFIG, CACHE)
    for each in (*asked, *asked):
        assert outcome(each, shapes) == outcome(each, None)


def get(query: str, path: str = "/books", subject: str = "1") -> Asked:
    return Asked("GET", path, query, (), b"", Claims("reader", b'{"sub": "%s"}' % subject.encode()))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("id=eq.1", "id=eq.2"),
        ("title=like.a*", "title=like.*b"),
        ("id=in.(1,2)", 'id=in.(3,"4,5",6)'),
        ("words=fts(english).a", "words=fts(english).b"),
        ("authors.name=eq.a&select=*,authors(*)", "authors.name=eq.b&select=*,authors(*)"),
        ("data->>a=gt.1&order=id&limit=2", "data->>a=gt.2&order=id&limit=2"),
    ],
)
def test_requests_that_differ_in_values_have_one_shape(one: str, other: str) -> None:
    shapes = Shapes(CONFIG, CACHE)
    matches = [get(query).match(shapes) for query in (one, other)]
    assert matches[0] is not None
    assert matches[1] is not None
    assert matches[0].shape is matches[1].shape


def test_an_argument_is_a_value() -> None:
    shapes = Shapes(CONFIG, CACHE)
    asked = [get(f"word={word}", "/rpc/search") for word in ("moby", "dick")]
    matches = [each.match(shapes) for each in asked]
    assert matches[0] is not None
    assert matches[1] is not None
    assert matches[0].shape is matches[1].shape


@pytest.mark.parametrize(
    "query",
    ["or=(id.eq.1,id.eq.2)", "and=(id.gt.1,id.lt.9)", "s%65lect=eq.id", "l%69mit=eq.1"],
)
def test_a_value_that_is_not_certainly_bound_has_no_shape(query: str) -> None:
    assert get(query).match(Shapes(CONFIG, CACHE)) is None


def test_nothing_of_a_request_is_kept() -> None:
    shapes = Shapes(CONFIG, CACHE)
    asked = replace(
        get("title=eq.secret-value", subject="secret-person"),
        method="PATCH",
        headers=((b"authorization", b"secret-token"), (b"x-api-key", b"secret-key")),
        body=b'{"title": "secret-content"}',
    )
    match = asked.match(shapes)
    assert match is not None
    assert "secret" not in repr(match.shape)


def test_the_cache_is_bounded() -> None:
    shapes = Shapes(CONFIG, CACHE, limit=3)
    for number in range(10):
        assert get(f"limit={number}").match(shapes) is not None
    assert len(shapes) == 3
