"""Relations in, the question out whether reading them can change the session (sql/inert.sql)."""

from collections.abc import Iterable
from functools import cache
from importlib.resources import files

import orjson

from passeplat.names import QualifiedName
from passeplat.postgres.model import Query


def inert_query(
    relations: Iterable[QualifiedName], functions: Iterable[str], operators: Iterable[str]
) -> Query:
    """Answers `true` or `false`. `functions` and `operators`: what the statement itself names."""
    names = [[each.schema, each.name] for each in relations]
    return Query(
        _sql(),
        (orjson.dumps(names), orjson.dumps(sorted(functions)), orjson.dumps(sorted(operators))),
    )


@cache
def _sql() -> str:
    return (files(__package__) / "sql" / "inert.sql").read_text("utf-8")
