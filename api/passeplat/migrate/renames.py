"""SQL files go in, the renames that their comments tell of come out, and what carries them out.

A rename cannot be seen in a final state, so it is written above the thing or the column:

    -- @renamed from=tasks
    create table app.todos (
      id bigint primary key,
      -- @renamed from=due
      due_on date
    );

It stands there as long as it likes: where the old name is gone, there is nothing to do.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import asyncpg

from passeplat.errors import PasseplatError
from passeplat.migrate.database import connected
from passeplat.migrate.model import Fact, Identity, Obstacle, Snapshot, Sources, SqlFile, Step
from passeplat.migrate.prove import CannotChange
from passeplat.migrate.split import split
from passeplat.migrate.words import describe
from passeplat.names import QualifiedName, quote, quote_qualified

_MARK = re.compile(r"^[ \t]*-- *@renamed\b(?P<rest>.*)$", re.MULTILINE)
_FROM = re.compile(r" +from=(?P<old>\"(?:[^\"]|\"\")+\"|[^\s\"]+)\s*")
_NAME = r'(?:"(?:[^"]|"")*"|[^\W\d][\w$]*)'
_CREATES = re.compile(
    r"create (?:or replace )?(?:unlogged )?"
    r"(?P<kind>table|view|materialized view|sequence|type|domain)"
    rf" (?:if not exists )?(?:(?P<schema>{_NAME})\s*\.\s*)?(?P<name>{_NAME})",
    re.IGNORECASE,
)
_KEYS = {"INDEX", "CONSTRAINT"}
_COLUMN = re.compile(rf"(?:\s|--[^\n]*\n)*(?P<name>{_NAME})\s")


class UnclearRename(PasseplatError):
    """A mark without an old name, or above nothing that can be renamed."""


@dataclass(frozen=True, slots=True)
class Rename:
    kind: str  # of the thing that is renamed, or has the column: "TABLE"
    name: QualifiedName  # as it is now
    old: str
    column: str | None = None

    @property
    def sql(self) -> str:
        if self.column is not None:
            table = quote_qualified(self.name)
            return f"alter table {table} rename column {quote(self.old)} to {quote(self.column)};"
        old = quote_qualified(QualifiedName(self.name.schema, self.old))
        return f"alter {self.kind.lower()} {old} rename to {quote(self.name.name)};"

    @property
    def step(self) -> Step:
        return Step(self.sql, Identity(self.kind, self.name.schema, self.name.name))


def read_renames(sources: Sources) -> tuple[Rename, ...]:
    """Raises UnclearRename."""
    return tuple(rename for file in sources.units for rename in _renames(file))


def pending(renames: Iterable[Rename], before: Snapshot) -> tuple[Rename, ...]:
    """What has its old name and not yet its new one; things before their columns."""
    things = [each for each in renames if each.column is None and _waits(each, before)]
    now_named = {(each.name.schema, each.name.name): each.old for each in things}
    found: list[Rename] = list(things)
    for each in renames:
        if each.column is not None:
            former = now_named.get((each.name.schema, each.name.name), each.name.name)
            table = before.tables.get(QualifiedName(each.name.schema, former))
            if table and each.old in table.columns and each.column not in table.columns:
                found.append(each)
    return tuple(found)


def implied(before: Snapshot, after: Snapshot) -> tuple[Step, ...]:
    """Of what is the same but for its name: indexes and keys, which would take long to build; and
    sequences of the same column, which must go on where they are."""
    return (*_keys(before, after), *_sequences(before, after))


def questions(renames: Iterable[Rename], before: Snapshot, after: Snapshot) -> Iterator[str]:
    """What goes while something like it comes may have been renamed: only who wrote it knows."""
    answered = {(each.name, each.column) for each in renames}
    for name in sorted(before.tables.keys() & after.tables.keys()):
        old, new = before.tables[name].columns, after.tables[name].columns
        for column in (old[each] for each in old if each not in new):
            for other in (new[each] for each in new if each not in old):
                if other.type == column.type and (name, other.name) not in answered:
                    yield _question(f"column {name}.{other.name}", column.name)
    for fact in before.facts.values():
        if fact.kind == "TABLE" and fact.identity not in after.facts:
            for new_name in _alike(fact.relation, before, after):
                if (new_name, None) not in answered:
                    yield _question(f"table {new_name}", fact.relation.name)


def _question(new: str, old: str) -> str:
    return f"Was {new} called {old} before? Then write `-- @renamed from={old}` above it"


def _alike(name: QualifiedName, before: Snapshot, after: Snapshot) -> Iterator[QualifiedName]:
    """New tables with the same columns."""
    columns = {each.name: each.type for each in before.tables[name].columns.values()}
    for identity in after.facts:
        other = QualifiedName(identity.schema, identity.name)
        is_new = identity.kind == "TABLE" and identity not in before.facts
        if is_new and other.schema == name.schema:
            found = {each.name: each.type for each in after.tables[other].columns.values()}
            if found == columns:
                yield other


async def carry_out(url: str, steps: Sequence[Step]) -> None:
    """Raises CannotChange, and then none of them is."""
    async with connected(url) as connection, connection.transaction():
        for step in steps:
            try:
                await connection.execute(step.sql)
            except asyncpg.PostgresError as error:
                raise CannotChange((Obstacle(describe(step.identity), str(error)),)) from error


def _keys(before: Snapshot, after: Snapshot) -> Iterator[Step]:
    gone = {
        _nameless(fact): fact
        for fact in before.facts.values()
        if fact.kind in _KEYS and fact.identity not in after.facts
    }
    for fact in after.facts.values():
        is_new = fact.kind in _KEYS and fact.identity not in before.facts
        if is_new and (old := gone.pop(_nameless(fact), None)):
            yield Step(_rename_key(old, fact), fact.identity)


def _nameless(fact: Fact) -> str:
    """Its text without its own name, and whose it is."""
    return f"{fact.kind} {fact.identity.schema} {fact.create.replace(f' {_shown(fact)} ', ' ', 1)}"


def _shown(fact: Fact) -> str:
    """Its name as pg_dump writes it."""
    if fact.kind == "INDEX":
        return fact.drop.removeprefix(f"DROP INDEX {_schema(fact)}").rstrip(";")
    return fact.drop.partition(" DROP CONSTRAINT ")[2].rstrip(";")


def _schema(fact: Fact) -> str:
    found = re.match(rf"DROP INDEX ({_NAME}\.)", fact.drop)
    return found[1] if found else ""


def _rename_key(old: Fact, new: Fact) -> str:
    if old.kind == "INDEX":
        index = old.drop.removeprefix("DROP INDEX ").rstrip(";")
        return f"alter index {index} rename to {_shown(new)};"
    table = old.drop.partition(" DROP CONSTRAINT ")[0].removeprefix("ALTER TABLE ")
    return (
        f"alter table {table.removeprefix('ONLY ')}"
        f" rename constraint {_shown(old)} to {_shown(new)};"
    )


def _sequences(before: Snapshot, after: Snapshot) -> Iterator[Step]:
    former: dict[tuple[QualifiedName | None, str | None], QualifiedName] = {
        (sequence.owner, sequence.owner_column): name
        for name, sequence in before.sequences.items()
        if sequence.owner and not sequence.is_identity and name not in after.sequences
    }
    for name, sequence in after.sequences.items():
        old = former.pop((sequence.owner, sequence.owner_column), None)
        is_new = name not in before.sequences and not sequence.is_identity
        if old and is_new and old.schema == name.schema:
            sql = f"alter sequence {quote_qualified(old)} rename to {quote(name.name)};"
            yield Step(sql, Identity("SEQUENCE", name.schema, name.name))


def _waits(each: Rename, before: Snapshot) -> bool:
    old = Identity(each.kind, each.name.schema, each.old)
    new = Identity(each.kind, each.name.schema, each.name.name)
    return old in before.facts and new not in before.facts


def _renames(file: SqlFile) -> Iterator[Rename]:
    text = file.text.replace("\r\n", "\n")
    statements = split(text)
    for mark in _MARK.finditer(text):
        found = _FROM.fullmatch(mark["rest"])
        place = f"{file.path}:{text.count(chr(10), 0, mark.start()) + 1}"
        if found is None:
            raise UnclearRename(f"{place}: write `-- @renamed from=OLD_NAME`")
        around = [s for s in statements if s.start < mark.start() < s.start + len(s.text)]
        after = [s for s in statements if s.start > mark.end()]
        head = _CREATES.match((around or after)[0].text) if around or after else None
        if head is None:
            raise UnclearRename(
                f"{place}: only a table, view, materialized view, sequence, type, domain or column"
                " can be renamed so: put the line above it"
            )
        column = _COLUMN.match(text, mark.end()) if around else None
        yield Rename(
            kind=head["kind"].upper(),
            name=QualifiedName(_bare(head["schema"] or "public"), _bare(head["name"])),
            old=_bare(found["old"]),
            column=_bare(column["name"]) if column else None,
        )


def _bare(name: str) -> str:
    if name.startswith('"'):
        return name[1:-1].replace('""', '"')
    return name.lower()
