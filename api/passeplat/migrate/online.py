"""A migration goes in, the same comes out in steps that let others read and write meanwhile.

    create index          create index concurrently, outside of a transaction
    drop index            drop index concurrently
    unique, primary key   its index made concurrently, the constraint takes it over
    foreign key, check    added `not valid`, which looks at no row; validated in a transaction of
                          its own, which lets others write
    set not null          a check `not valid`, validated; `set not null` believes it; it goes

Only of tables that were there: in a new one nobody waits. What this makes is proved as any other
migration is, and the original is taken where it does not hold.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from passeplat.migrate.data import KIND, When
from passeplat.migrate.model import Hazard, Identity, Migration, Phase, Snapshot, Step
from passeplat.migrate.split import split
from passeplat.names import QualifiedName, quote, quote_qualified

_NAME = r'(?:"(?:[^"]|"")*"|[^\s.(;,"]+)'
_QUALIFIED = rf"{_NAME}\.{_NAME}"
_CREATE_INDEX = re.compile(
    rf"create (?P<unique>unique )?index (?P<index>{_NAME}) on (?P<table>{_QUALIFIED}) (?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
_DROP_INDEX = re.compile(rf"drop index (?P<index>{_QUALIFIED});", re.IGNORECASE)
_CONSTRAINT = re.compile(
    rf"alter table (?:only )?(?P<table>{_QUALIFIED})\s+add constraint (?P<name>{_NAME})"
    r" (?P<what>(?:foreign key|check) .*?);",
    re.IGNORECASE | re.DOTALL,
)
_KEY = re.compile(
    rf"alter table (?:only )?(?P<table>{_QUALIFIED})\s+add constraint (?P<name>{_NAME})"
    r" (?P<kind>unique|primary key) (?P<columns>\((?:(?!without overlaps)[^()])*\));",
    re.IGNORECASE,
)
_NOT_NULL = re.compile(
    rf"alter table (?:only )?(?P<table>{_QUALIFIED}) alter column (?P<column>{_NAME})"
    " set not null;",
    re.IGNORECASE,
)
_ADD_COLUMN = re.compile(
    rf"(?P<add>alter table (?P<table>{_QUALIFIED}) add column (?P<column>{_NAME}) "
    r"(?:(?!\bdefault\b|\bgenerated\b|\bconstraint\b)[^;])*?) not null;",
    re.IGNORECASE,
)
_LONGEST = 63  # bytes of a name
_RELIEVED = frozenset({Hazard.ACQUIRES_ACCESS_EXCLUSIVE_LOCK})


@dataclass(slots=True)
class _Parts:
    """Where what a step became belongs."""

    main: list[Step] = field(default_factory=list)
    indexes: list[Step] = field(default_factory=list)  # outside of a transaction
    validations: list[Step] = field(default_factory=list)  # each in a transaction of its own
    last: list[Step] = field(default_factory=list)


def online(migration: Migration, before: Snapshot) -> Migration:
    """The last phase is the one with the changes; those before it are labels of enumerations."""
    if not migration.phases:
        return migration
    *labels, main = migration.phases
    parts = _Parts()
    rewrite = _Rewrite(before, main.steps)
    for step in main.steps:
        if not rewrite.take(step, parts):
            parts.main.append(step)
    return replace(migration, phases=(*labels, *_phases(parts)))


def _phases(parts: _Parts) -> Iterator[Phase]:
    if parts.main:
        yield Phase(tuple(parts.main))
    if parts.indexes:
        yield Phase(tuple(parts.indexes), transactional=False)
    for validation in parts.validations:
        yield Phase((validation,))
    if parts.last:
        yield Phase(tuple(parts.last))


class _Rewrite:
    def __init__(self, before: Snapshot, steps: Iterable[Step]) -> None:
        self.before = before
        self.steps = tuple(steps)
        self.has_data = any(_is_data(step, When.AFTER) for step in self.steps)
        self.made = {found["index"] for step in self.steps if (found := _one(_CREATE_INDEX, step))}
        self.moved: set[str] = set()  # names of indexes
        self.ways: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], Step, _Parts], bool]], ...]
        self.ways = (
            (_CREATE_INDEX, self._create_index),
            (_DROP_INDEX, self._drop_index),
            (_CONSTRAINT, self._constraint),
            (_KEY, self._key),
            (_NOT_NULL, self._not_null),
            (_ADD_COLUMN, self._add_column),
        )

    def take(self, step: Step, parts: _Parts) -> bool:
        """Whether it was put where it belongs."""
        if step.identity.kind == "COMMENT" and self._is_about_moved(step.identity):
            parts.last.append(step)
            return True
        for pattern, way in self.ways:
            if found := _one(pattern, step):
                return way(found, step, parts)
        return False

    def _is_about_moved(self, identity: Identity) -> bool:
        return identity.name.removeprefix("INDEX ") in self.moved

    def _is_busy(self, table: str) -> bool:
        """It was there, and may be read and written; and its indexes are no part of others."""
        found = self.before.tables.get(_parse(table))
        return found is not None and found.kind == "r" and not found.is_partition

    def _create_index(self, found: re.Match[str], step: Step, parts: _Parts) -> bool:
        if not self._is_busy(found["table"]):
            return False
        self.moved.add(_unquote(found["index"]))
        old = QualifiedName(_parse(found["table"]).schema, _unquote(found["index"]))
        name = found["index"]
        if Identity("INDEX", old.schema, old.name) in self.before.facts:
            name = quote(f"{old.name}__new")
            if len(name.encode()) > _LONGEST:
                return False
            parts.last.append(_relieved(step, _swap(old, name)))
        unique = "unique " if found["unique"] else ""
        sql = f"create {unique}index concurrently {name} on {found['table']} {found['rest']}"
        parts.indexes.append(_relieved(step, sql))
        return True

    def _drop_index(self, found: re.Match[str], step: Step, parts: _Parts) -> bool:
        name = _parse(found["index"])
        if _bare(found["index"]) in self.made:  # swapped for the new one in the end
            return self._is_busy(self._table_of(name))
        if not self._is_busy(self._table_of(name)):
            return False
        parts.indexes.append(_relieved(step, f"drop index concurrently {found['index']};"))
        return True

    def _table_of(self, index: QualifiedName) -> str:
        fact = self.before.facts.get(Identity("INDEX", index.schema, index.name))
        found = _CREATE_INDEX.match(fact.create) if fact else None
        return found["table"] if found else ""

    def _constraint(self, found: re.Match[str], step: Step, parts: _Parts) -> bool:
        if not self._is_busy(found["table"]) or " not valid" in found["what"].lower():
            return False
        if re.search(r"\bnot enforced\b", found["what"], re.IGNORECASE):
            return False
        added = step.sql.strip().removesuffix(";")
        parts.main.append(replace(step, sql=f"{added} not valid;"))
        sql = f"alter table {found['table']} validate constraint {found['name']};"
        parts.validations.append(_relieved(step, sql))
        return True

    def _key(self, found: re.Match[str], step: Step, parts: _Parts) -> bool:
        """One that changes stays in the transaction: there must be no moment without any."""
        if step.identity in self.before.facts or not self._is_busy(found["table"]):
            return False
        table, name = found["table"], found["name"]
        index = f"create unique index concurrently {name} on {table} {found['columns']};"
        parts.indexes.append(_relieved(step, index))
        sql = f"alter table {table} add constraint {name} {found['kind']} using index {name};"
        parts.last.append(replace(step, sql=sql))
        return True

    def _not_null(self, found: re.Match[str], step: Step, parts: _Parts) -> bool:
        if not self._is_busy(found["table"]):
            return False
        self._checked_not_null(found["table"], found["column"], step, parts)
        return True

    def _add_column(self, found: re.Match[str], step: Step, parts: _Parts) -> bool:
        """Only where a data step fills it: else it had better fail before anything is done."""
        if not (self.has_data and self._is_busy(found["table"])):
            return False
        parts.main.append(replace(step, sql=f"{found['add']};"))
        self._checked_not_null(found["table"], found["column"], step, parts)
        return True

    def _checked_not_null(self, table: str, column: str, step: Step, parts: _Parts) -> None:
        alter, name = f"alter table {table}", _check_name(_parse(table), _unquote(column))
        check = f"{alter} add constraint {name} check ({column} is not null) not valid;"
        parts.main.append(replace(step, sql=check))
        parts.validations.append(_relieved(step, f"{alter} validate constraint {name};"))
        sql = f"{alter} alter column {column} set not null;\n{alter} drop constraint {name};"
        parts.last.append(replace(step, sql=sql))


def _one(pattern: re.Pattern[str], step: Step) -> re.Match[str] | None:
    """Of a step that is that statement alone."""
    sql = step.sql.strip()
    found = pattern.fullmatch(sql)
    return found if found and len(split(sql)) == 1 else None


def _is_data(step: Step, when: When) -> bool:
    return step.identity.kind == KIND and step.sql.startswith(f"-- @{when.value} ")


def _swap(old: QualifiedName, new: str) -> str:
    renamed = f"alter index {quote(old.schema)}.{new} rename to {quote(old.name)};"
    return f"drop index {quote_qualified(old)};\n{renamed}"


def _relieved(step: Step, sql: str) -> Step:
    return replace(step, sql=sql, hazards=step.hazards - _RELIEVED)


def _check_name(table: QualifiedName, column: str) -> str:
    return quote(f"{table.name}_{column}"[: _LONGEST - 16] + "_is_not_null")


def _parse(qualified: str) -> QualifiedName:
    names = re.findall(_NAME, qualified)
    return QualifiedName(*map(_unquote, names)) if len(names) == 2 else QualifiedName("", "")  # noqa: PLR2004


def _bare(qualified: str) -> str:
    names: list[str] = re.findall(_NAME, qualified)
    return names[-1]


def _unquote(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name
