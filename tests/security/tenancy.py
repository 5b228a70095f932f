"""Two tenants in one database, and what one of them may learn of the other: nothing.

Every question is put twice, to a server that knows both tenants and to one whose database never
held the other: a tenant must get the same answer. That covers rows, counts, order, status, headers
and messages at once, whatever was asked. Besides, no identifier that occurs only in the other
tenant's rows may stand in an answer, unless the question said it.

What there is to ask is read from the schema cache: relations and functions to come are covered.
"""

import asyncio
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cached_property
from http.client import HTTPConnection
from typing import Any, TypeAlias
from urllib.parse import urlencode

import asyncpg
from tests.serving import BEA, GLOBEX, Claims, Served, bearer, execute, fetch

from passeplat.config import Config
from passeplat.names import QualifiedName, quote_qualified
from passeplat.schema_cache.introspect import introspect
from passeplat.schema_cache.model import AnyRelationship, Relationship, SchemaCache, Table

UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SOME_ROWS = re.compile(r"\d+-\d+/|\*/[1-9]")
_INCIDENTAL = frozenset({"date", "server-timing"})

_WAYS = ("asc", "desc")

Row: TypeAlias = Mapping[str, Any]

Spelled: TypeAlias = Mapping[QualifiedName, list[tuple[AnyRelationship, str]]]
"""Of each relation: where it leads, and how an embed says so."""

Values: TypeAlias = Mapping[str, list[Any]]
"""By type, what stands in rows."""

# The tables themselves, of which the exposed schemas show something.
_TABLES = """
select relnamespace::regnamespace::text as schema, relname as name
from pg_class
where relkind in ('r', 'p') and relnamespace::regnamespace::text !~ '^(pg_|information_schema$)'
"""


@dataclass(frozen=True)
class Ask:
    """A request."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    body: str | None = None

    def __str__(self) -> str:
        query = "&".join(f"{name}={value}" for name, value in self.query)
        headers = "; ".join(f"{name}: {value}" for name, value in self.headers)
        return " ".join(filter(None, (self.method, self.path, query, headers, self.body)))

    def preferring(self, preference: str) -> "Ask":
        return replace(self, headers=(*self.headers, ("Prefer", preference)))


@dataclass(frozen=True)
class Answer:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: str

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name), "")

    @property
    def is_success(self) -> bool:
        return self.status < 300

    @property
    def has_rows(self) -> bool:
        """Whether it shows or counts any."""
        shown = _SOME_ROWS.match(self.header("content-range")) or UUID.search(self.body)
        return self.is_success and bool(shown)


def ask(
    method: str,
    name: QualifiedName,
    *query: tuple[str, str],
    body: object = None,
    rpc: bool = False,
    **headers: str,
) -> Ask:
    """Header names have underscores for hyphens; a body that is no text is sent as JSON."""
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    path = f"/{name.schema}/{'rpc/' if rpc else ''}{name.name}"
    if body is not None:
        fields = {"Content-Type": "application/json"} | fields
    text = body if body is None or isinstance(body, str) else json.dumps(body)
    return Ask(method, path, query, tuple(fields.items()), text)


def put(served: Served, claims: Claims | None, questions: Iterable[Ask]) -> Iterator[Answer]:
    """The answers, one after another, over one connection."""
    fields = {} if claims is None else bearer(claims)
    with closing(HTTPConnection("127.0.0.1", served.port)) as connection:
        for each in questions:
            yield _answer(connection, each, fields)


def _answer(connection: HTTPConnection, question: Ask, fields: Mapping[str, str]) -> Answer:
    target = f"{question.path}?{urlencode(question.query)}"
    connection.putrequest(question.method, target)
    body = (question.body or "").encode()
    sent = {"Content-Length": str(len(body)), **fields}
    for name, value in (*sent.items(), *question.headers):
        connection.putheader(name, value)
    connection.endheaders(body)
    response = connection.getresponse()
    return Answer(response.status, tuple(response.getheaders()), response.read().decode())


@dataclass(frozen=True, eq=False)
class Tenants:
    """Servers of a database with both tenants, and of its like without the other one."""

    both: Served
    alone: Served

    @cached_property
    def cache(self) -> SchemaCache:
        return schema_cache(self.both.database)

    @cached_property
    def marks(self) -> frozenset[str]:
        return marks_of(self.both.database)

    @cached_property
    def spelled(self) -> Spelled:
        return {table.name: list(self._spelled(table)) for table in self.relations}

    def _spelled(self, table: Table) -> Iterator[tuple[AnyRelationship, str]]:
        related = self.cache.relationships.get((table.name, table.name.schema), ())
        for relationship in related:
            for spelling in spellings(relationship):
                select = ("select", f"{spelling}(*)")
                [answer] = put(self.both, BEA, [ask("GET", table.name, select, ("limit", "0"))])
                if answer.is_success:
                    yield relationship, spelling
                    break

    def embedded(self, table: Table, spelling: str) -> Row:
        """A row that the other tenant finds along a relationship."""
        select = ("select", f"found:{spelling}!inner(*)")
        [answer] = put(self.both, BEA, [ask("GET", table.name, select, ("limit", "1"))])
        [row] = json.loads(answer.body)
        found = row["found"]
        return found[0] if isinstance(found, list) else found

    @cached_property
    def values(self) -> Values:
        return values_of(self.both, self.relations)

    def samples(self, table: Table) -> list[Row]:
        return samples(self.both, table, BEA)

    @property
    def relations(self) -> list[Table]:
        return list(self.cache.tables.values())

    def leaks(self, claims: Claims | None, questions: Iterable[Ask]) -> list[str]:
        """What the answers let somebody know of the other tenant."""
        asked = tuple(questions)
        answers = zip(
            asked, put(self.both, claims, asked), put(self.alone, claims, asked), strict=True
        )
        return [
            f"{question}: {leak}"
            for question, answer, alone in answers
            for leak in (*told(answer, question, self.marks), *_difference(answer, alone, question))
        ]

    def pointless(self, questions: Iterable[Ask]) -> list[str]:
        """The questions to which not even the other tenant gets rows for an answer."""
        asked = tuple(questions)
        assert asked
        answers = zip(asked, put(self.both, BEA, asked), strict=True)
        return [f"{each}: {answer.body[:200]}" for each, answer in answers if not answer.has_rows]


def told(answer: Answer, question: Ask, marks: frozenset[str]) -> Iterator[str]:
    """What an answer says of the other tenant that the question did not."""
    if answer.status >= 500 and '"55000"' not in answer.body:  # that a view cannot be written to
        yield f"{answer.status} {answer.body}"
    said = set(UUID.findall(str(question)))
    headers = " ".join(value for _, value in answer.headers)
    if names := marks.intersection(UUID.findall(answer.body + headers)) - said:
        yield f"tells {sorted(names)[:3]}"


def _difference(answer: Answer, alone: Answer, question: Ask) -> Iterator[str]:
    here, there = (_comparable(each, question) for each in (answer, alone))
    for this, that in zip(here, there, strict=True):
        if this != that:
            yield f"{str(this)[:300]} and not {str(that)[:300]}"


def _comparable(answer: Answer, question: Ask) -> tuple[int, list[tuple[str, str]], Any]:
    """Rows that were not asked to be ordered come as the plan has it: that is no signal."""
    headers = [pair for pair in answer.headers if pair[0].lower() not in _INCIDENTAL]
    if not answer.body or not answer.header("content-type").startswith("application/"):
        return answer.status, headers, answer.body
    body = json.loads(answer.body)
    if isinstance(body, list) and any(name == "order" for name, _ in question.query):
        return answer.status, headers, list(map(_sorted, body))
    return answer.status, headers, _sorted(body)


def _sorted(value: Any) -> Any:
    match value:
        case list():
            return sorted(map(_sorted, value), key=str)
        case dict():
            return {name: _sorted(each) for name, each in value.items()}
        case _:
            return value


def samples(served: Served, table: Table, claims: Claims) -> list[Row]:
    """The first and the last row that somebody sees."""
    columns = table.primary_key or tuple(table.columns)
    orders = (",".join(f"{each}.{way}" for each in columns) for way in _WAYS)
    questions = (ask("GET", table.name, ("order", order), ("limit", "1")) for order in orders)
    return [row for answer in put(served, claims, questions) for row in json.loads(answer.body)]


def values_of(served: Served, relations: Iterable[Table]) -> Values:
    """Of every column the least and the greatest in the other tenant's rows."""
    found: dict[str, dict[str, Any]] = {}
    for table in relations:
        for column in table.columns.values():
            for value in _extremes(served, table, column.name):
                found.setdefault(column.type, {})[str(value)] = value
    return {name: list(values.values()) for name, values in found.items()}


def _extremes(served: Served, table: Table, column: str) -> list[Any]:
    known = ((column, "not.is.null"), ("select", column), ("limit", "1"))
    asked = [ask("GET", table.name, *known, ("order", f"{column}.{way}")) for way in _WAYS]
    return [row[column] for got in put(served, BEA, asked) for row in json.loads(got.body)]


def spellings(relationship: AnyRelationship) -> list[str]:
    """How an embed may say which relationship it means."""
    if not isinstance(relationship, Relationship):
        return [relationship.function.name]
    target = relationship.foreign_table.name
    if relationship.junction is not None:
        return [f"{target}!{relationship.junction.table.name}"]
    columns = [pair[0] for pair in relationship.columns]
    if relationship.is_self and relationship.to_one:
        return columns if len(columns) == 1 else []
    return [f"{target}!{relationship.constraint}", target, *columns]


def marks_of(database: str) -> frozenset[str]:
    """What identifies rows of the other tenant and nobody else's: the keys in the rows that name
    it, and in those that name nothing else (its people), less the keys in all others."""
    rows = [(text, set(UUID.findall(text))) for text in _rows(database).values()]
    theirs: set[str] = set().union(*(found for text, found in rows if GLOBEX in text))
    rest = (found for text, found in rows if GLOBEX not in text and not found <= theirs)
    return frozenset(theirs.difference(*rest))


def rows_of_other(database: str, marks: frozenset[str]) -> dict[str, str]:
    """Every row that says anything of the other tenant, by its place."""
    return {
        place: text
        for place, text in _rows(database).items()
        if not marks.isdisjoint(UUID.findall(text))
    }


def _rows(database: str) -> dict[str, str]:
    """By table and place: even an update that changes nothing moves its row."""
    parts = (
        f"select '{name}' || t.ctid::text, to_jsonb(t)::text from {name} as t"
        for name in _tables(database)
    )
    return {row[0]: row[1] for row in fetch(database, " union all ".join(parts))}


def _tables(database: str) -> list[str]:
    return [quote_qualified(QualifiedName(*row)) for row in fetch(database, _TABLES)]


def forget_other(database: str) -> None:
    """As if the other tenant had never been."""
    marks = ", ".join(f"'{each}'" for each in sorted(marks_of(database)))
    deletions = (
        f"delete from {name} as t where exists (select from unnest(array[{marks}]) as mark"
        " where strpos(to_jsonb(t)::text, mark) > 0)"
        for name in _tables(database)
    )
    execute(database, f"set session_replication_role = replica; {'; '.join(deletions)}; analyze")


def schema_cache(database: str) -> SchemaCache:
    return asyncio.run(_introspected(database))


async def _introspected(database: str) -> SchemaCache:
    connection = await asyncpg.connect(database)
    try:
        return await introspect(connection, Config(db_schemas=("v1", "v2")), 1)
    finally:
        await connection.close()
