"""Every way to write, generated: catalogue and rows in, questions out.

A row here is what the API shows of it, less what may not be written.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from io import StringIO
from typing import Any

from tests.security.tenancy import Answer, Ask, Row, ask, marks_of, put, rows_of_other, told
from tests.security.tenancy_reads import equal
from tests.serving import Claims, Served, fetch

from passeplat.schema_cache.model import Relationship, SchemaCache, Table

_ALL = "return=representation"
_UNDONE = "tx=rollback"

_UNIQUE_KEYS = """
select distinct (
  select array_agg(attname::text order by attnum) from pg_attribute
  where attrelid = indrelid and attnum = any (indkey)
)
from pg_index join pg_class on pg_class.oid = indrelid
where indisunique and relnamespace::regnamespace::text !~ '^pg_'
"""


@dataclass(frozen=True, eq=False)
class Victim:
    """A server whose database may be harmed, and what must not be."""

    served: Served
    cache: SchemaCache

    @cached_property
    def marks(self) -> frozenset[str]:
        return marks_of(self.served.database)

    @cached_property
    def unique_keys(self) -> list[tuple[str, ...]]:
        return [tuple(row[0]) for row in fetch(self.served.database, _UNIQUE_KEYS)]

    @property
    def relations(self) -> list[Table]:
        return list(self.cache.tables.values())

    def harm(self, claims: Claims | None, questions: Iterable[Ask]) -> list[str]:
        """What somebody is told of the other tenant, or does to its rows."""
        asked = tuple(questions)
        before = rows_of_other(self.served.database, self.marks)
        answers = zip(asked, put(self.served, claims, asked), strict=True)
        harm = [f"{each}: {leak}" for each, got in answers for leak in told(got, each, self.marks)]
        after = rows_of_other(self.served.database, self.marks)
        return [*harm, *(f"{place} {text}" for place, text in before.items() ^ after.items())]

    def outcomes(self, claims: Claims, questions: Iterable[Ask]) -> list[Answer]:
        """What would be answered; nothing is done."""
        return list(put(self.served, claims, (each.preferring(_UNDONE) for each in questions)))

    def pointless(self, claims: Claims, questions: Iterable[Ask]) -> list[str]:
        """The resources and methods for which somebody may write, but no question did anything."""
        asked = tuple(questions)
        outcomes: dict[tuple[str, str], list[Answer]] = {}
        for each, answer in zip(asked, self.outcomes(claims, asked), strict=True):
            if not is_forbidden(answer):
                outcomes.setdefault((each.method, each.path), []).append(answer)
        return [
            f"{' '.join(what)}: {answers[0].body[:300]}"
            for what, answers in outcomes.items()
            if not any(answer.has_rows for answer in answers)
        ]

    def writable(self, table: Table, claims: Claims, row: Row) -> Row:
        """What of a row somebody may write."""
        attempts = [ask("POST", table.name, body={name: value}) for name, value in row.items()]
        answers = self.outcomes(claims, attempts)
        pairs = zip(row.items(), answers, strict=True)
        return dict(pair for pair, answer in pairs if not is_forbidden(answer))


def is_forbidden(answer: Answer) -> bool:
    """By a missing grant, whatever the row."""
    return "permission denied for" in answer.body or "cannot insert into view" in answer.body


def key(table: Table, row: Row) -> tuple[tuple[str, str], ...]:
    return tuple(equal(name, row[name]) for name in table.primary_key or table.columns)


def aimed(table: Table, row: Row) -> Iterator[Ask]:
    """Changes of a row whose key is known: to what it is already, so that only the row matters."""
    where = key(table, row)
    yield ask("DELETE", table.name, *where, Prefer=_ALL)
    for name, value in row.items():
        yield ask("PATCH", table.name, *where, body={name: value}, Prefer=_ALL)
        yield ask("PATCH", table.name, equal(name, value), body={name: value}, Prefer=_ALL)


def unaimed(table: Table, row: Row) -> Iterator[Ask]:
    """Changes of whatever rows there are."""
    for name, value in row.items():
        yield ask("PATCH", table.name, body={name: value}, Prefer=_ALL)
    yield ask("DELETE", table.name, Prefer=_ALL)


def moving(table: Table, cache: SchemaCache, own: Row, other: Row) -> Iterator[Ask]:
    """Changes of one's own row towards the other's."""
    for body in mixtures(table, cache, own, other):
        yield ask("PATCH", table.name, *key(table, own), body=body, Prefer=_ALL)


def mixtures(table: Table, cache: SchemaCache, own: Row, other: Row) -> Iterator[dict[str, Any]]:
    """One's own row with columns of the other's: each, each foreign key, all."""
    related = cache.relationships.get((table.name, table.name.schema), ())
    found = [each for each in related if isinstance(each, Relationship) and each.to_one]
    groups = [(name,) for name in other] + [tuple(p[0] for p in each.columns) for each in found]
    for names in dict.fromkeys((*groups, tuple(other))):
        taken = {name: other[name] for name in names if name in other}
        yield {name: value for name, value in own.items() if name in other} | taken


def inserting(table: Table, rows: Sequence[Mapping[str, Any]]) -> Iterator[Ask]:
    """All of the rows at once, in every way a body can be written."""
    for preference in (_ALL, "return=minimal", "return=headers-only", "missing=default"):
        yield ask("POST", table.name, body=rows, Prefer=preference)
    columns = ("columns", ",".join(rows[0]))
    yield ask("POST", table.name, columns, body=rows, Prefer=_ALL)
    yield ask("POST", table.name, body=_as_csv(rows), Content_Type="text/csv", Prefer=_ALL)


def _as_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    text = StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    for row in rows:
        writer.writerow({k: "NULL" if v is None else v for k, v in row.items()})
    return text.getvalue()


def upserting(
    table: Table, keys: Iterable[tuple[str, ...]], row: Mapping[str, Any]
) -> Iterator[Ask]:
    """A row that may be there already, found by every key it has."""
    mine = [each for each in keys if set(each) <= row.keys()]
    for resolution in ("merge-duplicates", "ignore-duplicates"):
        prefer = f"resolution={resolution},{_ALL}"
        yield ask("POST", table.name, body=row, Prefer=prefer)
        for each in mine:
            conflict = ("on_conflict", ",".join(each))
            yield ask("POST", table.name, conflict, body=row, Prefer=prefer)
    if set(table.primary_key) <= row.keys():
        yield ask("PUT", table.name, *key(table, row), body=row, Prefer=_ALL)
