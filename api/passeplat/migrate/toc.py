"""A database goes in, facts about its schema come out: a Snapshot.

Facts come from PostgreSQL, never from parsing SQL: pg_dump's table of contents lists everything of
every kind, with the text that creates it and what it depends on. What holds rows must be altered
instead of replaced; for that, a few queries of the catalogue add what the text only says as text.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from importlib.resources import files
from typing import Any, TypeVar

import asyncpg

from passeplat.migrate.archive import Entry, read_archive
from passeplat.migrate.database import Connection, connected
from passeplat.migrate.dump import dump_schema
from passeplat.migrate.faithful import faithful
from passeplat.migrate.model import (
    CatalogueId,
    CheckFact,
    ColumnFact,
    DomainFact,
    Fact,
    Identity,
    Membership,
    Part,
    RoleFact,
    Roles,
    SequenceFact,
    Snapshot,
    TableFact,
)
from passeplat.names import QualifiedName
from passeplat.postgres.binaries import Binaries

_PREAMBLE = {"ENCODING", "STDSTRINGS", "SEARCHPATH", "DATABASE", "DATABASE PROPERTIES"}
_SQL = files("passeplat.migrate") / "sql"
_QUERIES = (
    *("columns", "checks", "tables", "sequences", "domains", "enums"),
    *("readers", "parts", "role_facts", "memberships", "user"),
)

_COMPOSITE = {"kind": "c"}  # a type, of which only the columns count

Rows = Sequence[asyncpg.Record]
T = TypeVar("T")


async def take_snapshot(url: str, binaries: Binaries, environ: Mapping[str, str]) -> Snapshot:
    """Raises ToolFailed, UnreadableArchive, ConnectionFailed."""
    archive, rows = await asyncio.gather(dump_schema(url, binaries, environ), _catalogue(url))
    facts = read_facts(archive)
    return Snapshot(
        facts={fact.identity: fact for fact in facts},
        by_id={fact.id: fact for fact in facts},
        by_catalogue_id=_by_catalogue_id(facts),
        dependents=_dependents(facts),
        tables=_tables(rows),
        sequences={_relation(row): _value(SequenceFact, row) for row in rows["sequences"]},
        domains={_relation(row, "name"): _value(DomainFact, row) for row in rows["domains"]},
        enums={_relation(row, "name"): tuple(row["labels"]) for row in rows["enums"]},
        readers=_readers(rows["readers"]),
        parts=_parts(rows["parts"]),
        roles=_roles(rows),
        user=rows["user"][0]["name"],
        archive=archive,
    )


async def read_roles(connection: Connection) -> Roles:
    """As they are now: they belong to the cluster, so pg_dump leaves them out."""
    return _roles(
        {name: await connection.fetch(_query(name)) for name in ("role_facts", "memberships")}
    )


def read_facts(archive: bytes) -> tuple[Fact, ...]:
    entries = (entry for entry in read_archive(archive) if not _is_given(entry))
    known: set[Identity] = set()
    return tuple(_fact(entry, known) for entry in entries)


def _fact(entry: Entry, known: set[Identity]) -> Fact:
    identity = _identity(entry)
    while identity in known:  # none of which we know, but nothing may be overlooked
        identity = replace(identity, name=f"{identity.name} (again)")
    known.add(identity)
    return Fact(
        id=entry.id,
        identity=identity,
        owner=entry.owner,
        create=faithful(entry.create),
        drop=entry.drop,
        needs=entry.needs,
        catalogue_id=CatalogueId(entry.catalogue, entry.object),
    )


def _identity(entry: Entry) -> Identity:
    owner = entry.owner if entry.kind == "DEFAULT ACL" else ""
    return Identity(entry.kind, entry.schema, entry.tag, owner)


def _is_given(entry: Entry) -> bool:
    """How to read the archive, and the database itself."""
    return entry.kind in _PREAMBLE or entry.tag.startswith("DATABASE ")


def _by_catalogue_id(facts: Iterable[Fact]) -> dict[CatalogueId, Fact]:
    """What is about another (grants, comments) has no place of its own."""
    return {fact.catalogue_id: fact for fact in facts if fact.catalogue_id.object}


def _dependents(facts: Iterable[Fact]) -> dict[int, tuple[Fact, ...]]:
    found: dict[int, list[Fact]] = defaultdict(list)
    for fact in facts:
        for need in fact.needs:
            found[need].append(fact)
    return {id_: tuple(dependents) for id_, dependents in found.items()}


async def _catalogue(url: str) -> dict[str, list[asyncpg.Record]]:
    """One moment's answers, with every name qualified."""
    async with (
        connected(url) as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        await connection.execute("set local search_path = ''")
        return {name: await connection.fetch(_query(name)) for name in _QUERIES}


def _query(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text("utf-8")


def _tables(rows: Mapping[str, Rows]) -> dict[QualifiedName, TableFact]:
    columns: dict[QualifiedName, dict[str, ColumnFact]] = defaultdict(dict)
    checks: dict[QualifiedName, dict[str, CheckFact]] = defaultdict(dict)
    for row in rows["columns"]:
        columns[_relation(row)][row["name"]] = _value(ColumnFact, row)
    for row in rows["checks"]:
        checks[_relation(row)][row["name"]] = _value(CheckFact, row)
    wholes: dict[QualifiedName, asyncpg.Record | Mapping[str, str]] = dict.fromkeys(
        columns, _COMPOSITE
    )
    wholes |= {_relation(row): row for row in rows["tables"]}
    return {
        name: _value(
            TableFact, wholes.get(name, _COMPOSITE), columns=columns[name], checks=checks[name]
        )
        for name in columns.keys() | wholes.keys()
    }


def _readers(rows: Rows) -> dict[tuple[QualifiedName, str], tuple[CatalogueId, ...]]:
    found: dict[tuple[QualifiedName, str], list[CatalogueId]] = defaultdict(list)
    for row in rows:
        found[_relation(row), row["column"]].append(CatalogueId(row["catalogue"], row["object"]))
    return {column: tuple(readers) for column, readers in found.items()}


def _parts(rows: Rows) -> dict[QualifiedName, tuple[Part, ...]]:
    found: dict[QualifiedName, list[Part]] = defaultdict(list)
    for row in rows:
        uses = CatalogueId(row["catalogue"], row["object"])
        found[_relation(row)].append(Part(uses, row["column"], row["check"], row["used"]))
    return {table: tuple(parts) for table, parts in found.items()}


def _roles(rows: Mapping[str, Rows]) -> Roles:
    roles = (_value(RoleFact, row) for row in rows["role_facts"])
    members = (_value(Membership, row) for row in rows["memberships"])
    return Roles({role.name: role for role in roles}, frozenset(members))


def _value(cls: type[T], row: asyncpg.Record | Mapping[str, Any], **given: Any) -> T:
    """The row's columns are the value's fields; arrays become tuples, texts faithful ones."""
    known = {field.name for field in fields(cls)} & set(row.keys())  # type: ignore[arg-type]
    return cls(**{name: _frozen(row[name]) for name in known}, **given)


def _frozen(value: Any) -> Any:
    if isinstance(value, str):
        return faithful(value)
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def _relation(row: asyncpg.Record, key: str = "relation") -> QualifiedName:
    return QualifiedName(row["schema"], row[key])
