"""Every way to write, generated: catalogue and rows in, questions out; and what they did."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from io import StringIO

from tests.security.tenancy import (
    UUID,
    Answer,
    Ask,
    Row,
    ask,
    marks_of,
    put,
    rows_of_other,
    samples,
    schema_cache,
    told,
)
from tests.security.tenancy_reads import equal
from tests.serving import ADA, BEA, Claims, Served, execute, fetch

from passeplat.names import literal, quote, quote_qualified
from passeplat.schema_cache.model import Relationship, SchemaCache, Table

_ALL = "return=representation"
_BLIND = "return=minimal"
_UNDONE = "tx=rollback"

# What nobody may do, whatever the row: no grant for it, or no way to do it through this view.
_IMPOSSIBLE = ("permission denied for", '"code":"0A000"', '"code":"55000"')

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
    """A server whose database may be harmed, and what of it must not be."""

    served: Served

    @cached_property
    def cache(self) -> SchemaCache:
        return schema_cache(self.served.database)

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
        """What somebody is told of the other tenant, or does to its rows: each question for itself,
        then one after another."""
        asked = tuple(questions)
        assert asked
        before = rows_of_other(self.served.database, self.marks)
        alone = zip(asked, self.outcomes(claims, asked), strict=True)
        harm = [f"{each}: {what}" for each, got in alone for what in self._harm(each, got)]
        for each, got in zip(asked, put(self.served, claims, asked), strict=True):
            harm += (f"{each}: {what}" for what in self._harm(each, got))
        after = rows_of_other(self.served.database, self.marks)
        return [*harm, *(f"{place} {text}" for place, text in before.items() ^ after.items())]

    def _harm(self, question: Ask, answer: Answer) -> Iterator[str]:
        yield from told(answer, question, self.marks)
        written = answer.body + answer.header("location")
        if answer.is_success and not self.marks.isdisjoint(UUID.findall(written)):
            yield f"is done: {answer.body[:300]}"

    def outcomes(self, claims: Claims | None, questions: Iterable[Ask]) -> list[Answer]:
        """What would be answered; nothing is done."""
        return list(put(self.served, claims, (each.preferring(_UNDONE) for each in questions)))

    def pointless(self, claims: Claims, questions: Iterable[Ask]) -> list[str]:
        """Where somebody may write, but no question did anything."""
        asked = tuple(questions)
        assert asked
        found: dict[tuple[str, str], list[Answer]] = {}
        for each, answer in zip(asked, self.outcomes(claims, asked), strict=True):
            if not is_impossible(answer):
                found.setdefault((each.method, each.path), []).append(answer)
        return [
            f"{' '.join(what)}: {answers[0].body[:300]}"
            for what, answers in found.items()
            if not any(answer.has_rows for answer in answers)
        ]

    def insertable(self, table: Table, row: Row) -> Row:
        """What of a row the other tenant may insert."""
        return self._possible(row, [ask("POST", table.name, body={k: v}) for k, v in row.items()])

    def changeable(self, table: Table, row: Row) -> Row:
        """What of its row the other tenant may change."""
        return self._possible(row, [*_changes(table, row)])

    def _possible(self, row: Row, attempts: list[Ask]) -> Row:
        pairs = zip(row.items(), self.outcomes(BEA, attempts), strict=True)
        return dict(pair for pair, answer in pairs if not is_impossible(answer))

    def take_out(self, claims: Claims) -> dict[Table, Row]:
        """A row of each relation one can insert into, which is not there any more; what it refers
        to still is."""
        taken = {}
        for table in sorted(self.relations, key=lambda each: len(self._above(each))):
            [*_, row] = samples(self.served, table, claims)
            part = self.insertable(table, row)
            if part:
                conditions = (f"{quote(k)} = {literal(str(row[k]))}" for k in table.primary_key)
                relation = quote_qualified(table.name)
                sql = f"delete from {relation} where {' and '.join(conditions)}"
                execute(self.served.database, sql)
                taken[table] = part
        return taken

    def _above(self, table: Table) -> set[Table]:
        """The relations it refers to, directly or not."""
        found: set[Table] = set()
        waiting = [table]
        while waiting:
            parents = {
                self.cache.tables[each.foreign_table] for each in self.parents(waiting.pop())
            }
            waiting += parents - found
            found |= parents
        return found

    def parents(self, table: Table) -> list[Relationship]:
        related = self.cache.relationships.get((table.name, table.name.schema), ())
        return [each for each in related if isinstance(each, Relationship) and each.to_one]

    def mixtures(self, table: Table, own: Row, other: Row) -> list[Row]:
        """One's own row with something of the other's: a column, a foreign key, all."""
        keys = (tuple(pair[0] for pair in each.columns) for each in self.parents(table))
        groups = dict.fromkeys((*((name,) for name in own), *keys, tuple(own)))
        return [{**own, **{k: other[k] for k in group if k in own}} for group in groups]


def is_impossible(answer: Answer) -> bool:
    return any(text in answer.body for text in _IMPOSSIBLE)


def key(table: Table, row: Row) -> tuple[tuple[str, str], ...]:
    return tuple(equal(name, row[name]) for name in table.primary_key or table.columns)


def _changes(table: Table, row: Row) -> Iterator[Ask]:
    """To what each column is already, so that only the row matters."""
    for name, value in row.items():
        yield ask("PATCH", table.name, *key(table, row), body={name: value}, Prefer=_ALL)


def aimed(table: Table, row: Row) -> Iterator[Ask]:
    """Changes of a row that is known."""
    yield from _changes(table, row)
    yield ask("DELETE", table.name, *key(table, row), Prefer=_ALL)
    for name, value in row.items():
        yield ask("DELETE", table.name, equal(name, value), Prefer=_ALL)


def unaimed(table: Table, row: Row) -> Iterator[Ask]:
    """Changes of whatever rows there are. Where none are read back, row security does not ask
    which ones may be read."""
    for preference in (_ALL, _BLIND):
        for name, value in row.items():
            yield ask("PATCH", table.name, body={name: value}, Prefer=preference)
        yield ask("DELETE", table.name, Prefer=preference)


def moving(table: Table, own: Row, bodies: Iterable[Row]) -> Iterator[Ask]:
    """Changes of one's own row."""
    for body in bodies:
        yield ask("PATCH", table.name, *key(table, own), body=body, Prefer=_ALL)


def inserting_as_json(table: Table, rows: Sequence[Row]) -> Iterator[Ask]:
    for preference in (_ALL, _BLIND):
        yield ask("POST", table.name, body=rows, Prefer=preference)


def inserting(table: Table, rows: Sequence[Row]) -> Iterator[Ask]:
    """All of the rows at once, in every way a body can be written."""
    yield from inserting_as_json(table, rows)
    for preference in ("return=headers-only", f"missing=default,{_ALL}"):
        yield ask("POST", table.name, body=rows, Prefer=preference)
    columns = ("columns", ",".join(rows[0]))
    yield ask("POST", table.name, columns, body=rows, Prefer=_ALL)
    yield ask("POST", table.name, body=_as_csv(rows), Content_Type="text/csv", Prefer=_ALL)


def _as_csv(rows: Sequence[Row]) -> str:
    text = StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows({k: "NULL" if v is None else v for k, v in row.items()} for row in rows)
    return text.getvalue()


def upserting(table: Table, keys: Iterable[tuple[str, ...]], row: Row) -> Iterator[Ask]:
    """A row that may be there already, found by every key it has."""
    mine = [("on_conflict", ",".join(each)) for each in keys if set(each) <= row.keys()]
    for resolution in ("merge-duplicates", "ignore-duplicates"):
        prefer = f"resolution={resolution},{_ALL}"
        yield ask("POST", table.name, body=row, Prefer=prefer)
        for conflict in mine:
            yield ask("POST", table.name, conflict, body=row, Prefer=prefer)
    if set(table.primary_key) <= row.keys():
        yield ask("PUT", table.name, *key(table, row), body=row, Prefer=_ALL)


def rows_of_both(victim: Victim, table: Table) -> Iterator[tuple[Row, Row]]:
    """One of one's own, one of the other's: the first of each, the last of each."""
    own, other = (samples(victim.served, table, each) for each in (ADA, BEA))
    yield from zip(own, other, strict=True)
