"""What is done to relations in, the question out whether that can change the session, other than
advance sequences (sql/inert.sql)."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, TypeAlias

import orjson

from passeplat.names import QualifiedName
from passeplat.postgres.model import Query

Event: TypeAlias = Literal["insert", "update", "delete"]


@dataclass(frozen=True, slots=True)
class Write:
    """Rows of one relation, and what is read with them. An upsert is an insert and an update."""

    table: QualifiedName
    events: frozenset[Event]
    read: frozenset[QualifiedName] = frozenset()


def inert_query(
    relations: Iterable[QualifiedName], functions: Iterable[str], operators: Iterable[str]
) -> Query:
    """Answers `true` or `false`. `functions` and `operators`: what the statement itself names."""
    return _query(_read(relations), functions, operators, writes=False)


def inert_write_query(write: Write, functions: Iterable[str], operators: Iterable[str]) -> Query:
    """As `inert_query`; `true` allows that sequences advanced."""
    events = [(write.table.schema, write.table.name, event) for event in sorted(write.events)]
    return _query([*events, *_read(sorted(write.read))], functions, operators, writes=True)


def changes_query() -> Query:
    """A number that is another one once such an answer may be (sql/changes.sql)."""
    return Query(_sql("changes"))


def _read(relations: Iterable[QualifiedName]) -> list[tuple[str, str, str]]:
    return [(each.schema, each.name, "relation") for each in relations]


def _query(
    asked: list[tuple[str, str, str]],
    functions: Iterable[str],
    operators: Iterable[str],
    *,
    writes: bool,
) -> Query:
    lists = (asked, sorted(functions), sorted(operators), writes)
    return Query(_sql("inert"), tuple(map(orjson.dumps, lists)))


@cache
def _sql(name: str) -> str:
    return (files(__package__) / "sql" / f"{name}.sql").read_text("utf-8")
