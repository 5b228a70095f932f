"""Which plans may be inert, before the database is asked: what they write, read and name."""

import re

import pytest

from passeplat.claims import Claims
from passeplat.config import Config
from passeplat.names import QualifiedName
from passeplat.plan.model import Plan
from passeplat.plan.resolve import resolve
from passeplat.query.build import build
from passeplat.request.parse import parse
from passeplat.schema_cache.inert import Write
from passeplat.schema_cache.model import (
    Cardinality,
    Junction,
    MediaHandler,
    Relationship,
    Representation,
    ReturnType,
    Routine,
    SchemaCache,
    Volatility,
    Ways,
)
from passeplat.server.inert import WRITE_FUNCTIONS, WRITE_OPERATORS, relations_of, write_of

from .made import table

CONFIG = Config(db_schemas=("api",), db_plan_enabled=True)


def name(of: str) -> QualifiedName:
    return QualifiedName("api", of)


BOOKS = table(
    "books",
    {"made": "now()"},
    id="integer",
    title="text",
    data="jsonb",
    author="integer",
    made="timestamptz",
)
AUTHORS = table("authors", id="integer", name="text")
PAINTS = table("paints", id="integer", color="api.color")
TAGS = table("tags", id="integer", name="text")
WRITTEN = Relationship(
    table=BOOKS.name,
    foreign_table=AUTHORS.name,
    cardinality=Cardinality.MANY_TO_ONE,
    constraint="written",
    columns=(("author", "id"),),
)
TAGGED = Relationship(
    table=BOOKS.name,
    foreign_table=TAGS.name,
    cardinality=Cardinality.MANY_TO_MANY,
    constraint="tagged",
    columns=(),
    junction=Junction(name("book_tags"), "book", "tag", (("id", "book"),), (("id", "tag"),)),
)
ADD = Routine(
    name=name("add"),
    parameters=(),
    returns=ReturnType(name("books"), is_composite=True, is_set=True),
    is_void=False,
    volatility=Volatility.VOLATILE,
    has_variadic=False,
    isolation=None,
    settings=(),
    description=None,
)
COLOR = name("color")
CACHE = SchemaCache(
    version=1,
    tables={each.name: each for each in (BOOKS, AUTHORS, PAINTS, TAGS)},
    relationships={(BOOKS.name, "api"): Ways((WRITTEN, TAGGED))},
    routines={ADD.name: (ADD,)},
    representations={
        pair: Representation(*pair, COLOR)
        for pair in (("json", "api.color"), ("api.color", "json"), ("text", "api.color"))
    },
    media_handlers={(BOOKS.name, "text/html"): MediaHandler("text/html", name("page"), BOOKS.name)},
    role_settings={},
    role_isolation={},
    computed_fields=dict.fromkeys((BOOKS.name, AUTHORS.name), frozenset({"shout"})),
    callable_names=frozenset({"shout"}),
)


def plan_of(method: str, target: str, body: str = "", **headers: str) -> Plan:
    path, _, query = target.partition("?")
    pairs = [(each.lower().encode(), value.encode()) for each, value in headers.items()]
    request = parse(method, path.encode(), query.encode(), pairs, body.encode(), CONFIG)
    plan = resolve(request, CACHE, CONFIG, "reader")
    assert isinstance(plan, Plan)
    return plan


SHOW = "return=representation"
WRITES = {
    "insert": (
        plan_of("POST", "/books", '{"title": "a"}'),
        Write(name("books"), frozenset({"insert"})),
    ),
    "insert of nothing": (
        plan_of("POST", "/books", "{}"),
        Write(name("books"), frozenset({"insert"})),
    ),
    "insert of many": (
        plan_of("POST", "/books?columns=id,title", '[{"title": "a"}, {"id": 1}]', Prefer=SHOW),
        Write(name("books"), frozenset({"insert"}), frozenset({name("books")})),
    ),
    "insert shown with what it refers to": (
        plan_of("POST", "/books?select=id,authors(name),tags(*)", '{"id": 1}', Prefer=SHOW),
        Write(
            name("books"),
            frozenset({"insert"}),
            frozenset({name("books"), name("authors"), name("tags"), name("book_tags")}),
        ),
    ),
    "insert located": (
        plan_of("POST", "/books", '{"id": 1}', Prefer="return=headers-only"),
        Write(name("books"), frozenset({"insert"})),
    ),
    "insert that leaves what is there": (
        plan_of("POST", "/books", '{"id": 1}', Prefer="resolution=ignore-duplicates"),
        Write(name("books"), frozenset({"insert"})),
    ),
    "upsert": (
        plan_of("POST", "/books", '{"id": 1}', Prefer="resolution=merge-duplicates"),
        Write(name("books"), frozenset({"insert", "update"})),
    ),
    "put": (
        plan_of("PUT", "/books?id=eq.1", '{"id": 1, "title": "a"}'),
        Write(name("books"), frozenset({"insert", "update"})),
    ),
    "update": (
        plan_of("PATCH", "/books?or=(id.eq.1,title.like.a*)&data->>a=in.(1,2)", '{"title": "a"}'),
        Write(name("books"), frozenset({"update"})),
    ),
    "update of nothing": (
        plan_of("PATCH", "/books", "{}", Prefer=SHOW),
        Write(name("books"), frozenset({"update"}), frozenset({name("books")})),
    ),
    "delete": (
        plan_of("DELETE", "/books?id=eq.1&select=title::text&order=id", Prefer=SHOW),
        Write(name("books"), frozenset({"delete"}), frozenset({name("books")})),
    ),
    "delete as CSV": (
        plan_of("DELETE", "/books?id=gt.1", Prefer=SHOW, Accept="text/csv"),
        Write(name("books"), frozenset({"delete"}), frozenset({name("books")})),
    ),
    "missing is default, where there is none": (
        plan_of("POST", "/books?columns=id,title", "[]", Prefer="missing=default"),
        Write(name("books"), frozenset({"insert"})),
    ),
}


@pytest.mark.parametrize("write", WRITES)
def test_a_plain_write_is_told_by_its_table_events_and_what_it_shows(write: str) -> None:
    plan, expected = WRITES[write]
    assert write_of(plan, CACHE) == expected


MORE = {
    "a call": plan_of("POST", "/rpc/add"),
    "a read": plan_of("GET", "/books"),
    "a value a domain parses": plan_of("POST", "/paints", '{"color": "red"}'),
    "an update by what a domain parses": plan_of("PATCH", "/paints?color=eq.red", '{"id": 1}'),
    "a delete by what a domain parses": plan_of("DELETE", "/paints?color=in.(red)"),
    "a filter by a function": plan_of("DELETE", "/books?shout=eq.a"),
    "a filter by a function deep inside": plan_of(
        "DELETE", "/books?and=(id.eq.1,or(id.eq.2,shout.eq.a))"
    ),
    "an insert that writes defaults": plan_of(
        "POST", "/books?columns=id,made", "[]", Prefer="missing=default"
    ),
    "an update that writes defaults": plan_of(
        "PATCH", "/books", '{"made": null}', Prefer="missing=default"
    ),
    "a function shown": plan_of("POST", "/books?select=shout", '{"id": 1}', Prefer=SHOW),
    "a domain shown by its function": plan_of(
        "POST", "/paints?select=color", '{"id": 1}', Prefer=SHOW
    ),
    "a domain shown among all": plan_of("POST", "/paints", '{"id": 1}', Prefer=SHOW),
    "a cast to a type of the user's": plan_of(
        "POST", "/books?select=title::evil", '{"id": 1}', Prefer=SHOW
    ),
    "a cast of what is embedded": plan_of(
        "POST", "/books?select=id,authors(name::evil)", '{"id": 1}', Prefer=SHOW
    ),
    "what is embedded by a function": plan_of(
        "POST", "/books?authors.shout=eq.1&select=authors(id)", '{"id": 1}', Prefer=SHOW
    ),
    "an order by a function": plan_of("POST", "/books?order=shout", '{"id": 1}', Prefer=SHOW),
    "a body the user's aggregate makes": plan_of(
        "POST", "/books", '{"id": 1}', Prefer=SHOW, Accept="text/html"
    ),
    "a plan": plan_of("POST", "/books", '{"id": 1}', Accept="application/vnd.pgrst.plan"),
}


@pytest.mark.parametrize("more", MORE)
def test_one_that_names_more_than_columns_is_not(more: str) -> None:
    assert write_of(MORE[more], CACHE) is None


def test_of_a_table_nobody_knows_nothing_is_known() -> None:
    plan, _ = WRITES["insert"]
    empty = SchemaCache(1, {}, {}, {}, {}, {}, {}, {})
    assert write_of(plan, empty) is None


@pytest.mark.parametrize("write", WRITES)
def test_a_write_is_no_read(write: str) -> None:
    assert relations_of(WRITES[write][0], CACHE) is None


KEYWORDS = frozenset(
    {
        *("and", "any", "as", "books", "cast", "coalesce", "conflict", "from", "in", "lateral"),
        *("nullif", "or", "where"),
    }
)
CALL = re.compile(r"(\w+)\s*\(")
SYMBOLS = re.compile(r"[-+*/<>=~!@#%^&|`?]+")
QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"")


@pytest.mark.parametrize("write", WRITES)
def test_what_the_sql_of_writes_calls_is_asked_for(write: str) -> None:
    plan, _ = WRITES[write]
    made = build(plan, Claims("reader", b"{}"), CONFIG)
    for query in (made.context, made.main):
        sql = QUOTED.sub("q", query.sql)
        shape = re.sub(r"(?: as \w+|into [\w.]+)\(", " ", sql)
        assert set(CALL.findall(shape)) <= WRITE_FUNCTIONS | KEYWORDS
        assert set(SYMBOLS.findall(re.sub(r"\.\*|\(\*\)|select \*", "", sql))) <= WRITE_OPERATORS
