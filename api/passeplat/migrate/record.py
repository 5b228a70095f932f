"""The record of what was applied to a database, which is in that database: passeplat.migrations."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files

from passeplat.migrate.database import Connection
from passeplat.migrate.model import Identity, SqlFile, Statement
from passeplat.migrate.split import essence

BASELINE = "baseline"

State = Mapping[Identity, str]  # a canonical snapshot


@dataclass(frozen=True, slots=True)
class Entry:
    name: str
    checksum: str  # of the file; while it is interrupted, of what is done
    done: int  # statements
    applied_at: datetime | None
    applied_by: str

    @property
    def is_finished(self) -> bool:
        return self.applied_at is not None


async def make_record(connection: Connection) -> None:
    await connection.execute(query("record"))


async def read_record(connection: Connection) -> dict[str, Entry]:
    """In the order in which they were begun; nothing where nobody ever migrated."""
    if await connection.fetchval("select to_regclass('passeplat.migrations')") is None:
        return {}
    rows = await connection.fetch(
        "select name, checksum, done, applied_at, applied_by from passeplat.migrations"
        " order by began_at"
    )
    return {row["name"]: Entry(**row) for row in rows}


async def note(
    connection: Connection, name: str, checksum: str, done: int, *, finished: bool
) -> None:
    """How far a file has come; who notes it in the file's transaction notes it for sure."""
    await connection.execute(
        "insert into passeplat.migrations (name, checksum, done, applied_at)"
        " values ($1, $2, $3, case when $4 then clock_timestamp() end)"
        " on conflict (name) do update"
        " set checksum = excluded.checksum, done = excluded.done, applied_at = excluded.applied_at",
        name,
        checksum,
        done,
        finished,
    )
    if finished:
        await connection.execute("notify pgrst, 'reload schema'")


async def keep_state(connection: Connection, name: str, state: State) -> None:
    """The newest only."""
    rows = [[id_.kind, id_.schema, id_.name, id_.owner, text] for id_, text in state.items()]
    await connection.execute(
        "update passeplat.migrations"
        " set state = case when name = $1 then $2::jsonb end"
        " where name = $1 or state is not null",
        name,
        json.dumps(rows),
    )


async def kept_state(connection: Connection) -> State | None:
    """The schema as the last migration left it, where that was kept."""
    if await connection.fetchval("select to_regclass('passeplat.migrations')") is None:
        return None
    found = await connection.fetchval(
        "select state from passeplat.migrations where state is not null"
        " order by began_at desc limit 1"
    )
    if found is None:
        return None
    return {Identity(*identity): text for *identity, text in json.loads(found)}


def checksum(file: SqlFile) -> str:
    """Of the bytes, whatever the line ends: git may have changed those."""
    return hashlib.sha256(file.text.replace("\r\n", "\n").encode()).hexdigest()


def checksum_of_done(statements: Iterable[Statement]) -> str:
    """While a file is interrupted: what was done may not change, the rest may."""
    texts = (essence(statement.text) for statement in statements)
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


def query(name: str) -> str:
    return (files("passeplat.migrate") / "sql" / f"{name}.sql").read_text("utf-8")
