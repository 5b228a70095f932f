"""A database goes in, facts about its schema come out: a Snapshot.

Facts come from PostgreSQL, never from parsing SQL: pg_dump's table of contents lists everything of
every kind, with the text that creates it and what it depends on. What holds rows must be altered
instead of replaced; for that, a few queries of the catalogue add what the text only says as text.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from importlib.resources import files

import asyncpg

from passeplat.migrate.archive import Entry, read_archive
from passeplat.migrate.database import Connection, connected
from passeplat.migrate.dump import dump_schema
from passeplat.migrate.model import ColumnFact, Fact, Identity, Snapshot, TableFact
from passeplat.names import QualifiedName
from passeplat.postgres.binaries import Binaries

_PREAMBLE = {"ENCODING", "STDSTRINGS", "SEARCHPATH", "DATABASE", "DATABASE PROPERTIES"}
_SQL = files("passeplat.migrate") / "sql"
_QUERIES = ("columns", "checks", "forced", "enums", "user")

Rows = Sequence[asyncpg.Record]


async def take_snapshot(url: str, binaries: Binaries, environ: Mapping[str, str]) -> Snapshot:
    """Raises ToolFailed, UnreadableArchive, ConnectionFailed."""
    archive, rows = await asyncio.gather(dump_schema(url, binaries, environ), _catalogue(url))
    facts = read_facts(archive)
    return Snapshot(
        facts={fact.identity: fact for fact in facts},
        by_id={fact.id: fact for fact in facts},
        dependents=_dependents(facts),
        tables=_tables(rows),
        enums={_relation(row, "name"): tuple(row["labels"]) for row in rows["enums"]},
        user=rows["user"][0]["name"],
        archive=archive,
    )


async def read_roles(connection: Connection) -> dict[str, str]:
    """Every role's state: roles belong to the cluster, so pg_dump leaves them out."""
    return {row["name"]: row["state"] for row in await connection.fetch(_query("roles"))}


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
        create=entry.create,
        drop=entry.drop,
        needs=entry.needs,
    )


def _identity(entry: Entry) -> Identity:
    owner = entry.owner if entry.kind == "DEFAULT ACL" else ""
    return Identity(entry.kind, entry.schema, entry.tag, owner)


def _is_given(entry: Entry) -> bool:
    """How to read the archive, the database itself, the schema public as every database has it."""
    is_public = entry.kind == "SCHEMA" and entry.tag == "public" and not entry.drop
    return is_public or entry.kind in _PREAMBLE or entry.tag.startswith("DATABASE ")


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
    checks: dict[QualifiedName, dict[str, str]] = defaultdict(dict)
    for row in rows["columns"]:
        columns[_relation(row)][row["name"]] = _column(row)
    for row in rows["checks"]:
        checks[_relation(row)][row["name"]] = row["definition"]
    forced = {_relation(row) for row in rows["forced"]}
    return {
        name: TableFact(columns[name], checks.get(name, {}), name in forced) for name in columns
    }


def _column(row: asyncpg.Record) -> ColumnFact:
    return ColumnFact(**{field: row[field] for field in ColumnFact.__dataclass_fields__})


def _relation(row: asyncpg.Record, key: str = "relation") -> QualifiedName:
    return QualifiedName(row["schema"], row[key])
