"""Migrations and a database go in; what was pending is applied, once and in order, and recorded.

A database that is empty, of a project that has no migrations yet, becomes the final state at once:
its baseline. What was applied may not change afterwards: a checksum says so.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

from passeplat.errors import PasseplatError
from passeplat.migrate.database import Connection, connected
from passeplat.migrate.faults import SqlFailed
from passeplat.migrate.files import final_state
from passeplat.migrate.load import fault_of, load
from passeplat.migrate.model import Sources, SqlFile

BASELINE = "baseline"
_LOCK = 0x70617373  # "pass": one command at a time, in any one database
_SQL = files("passeplat.migrate") / "sql"


class MigrationRefused(PasseplatError):
    """The database or the files are not as the record says."""


@dataclass(frozen=True, slots=True)
class Applied:
    names: tuple[str, ...]  # of the migrations, or of the baseline
    files: int  # how many were loaded


async def migrate(url: str, sources: Sources) -> Applied:
    """Waits while another migrates. Raises MigrationRefused, SqlFailed, ConnectionFailed."""
    async with connected(url) as connection:
        await connection.execute("select pg_advisory_lock($1)", _LOCK)
        await connection.execute(_query("record"))
        record = await _record(connection)
        _check(record, sources)
        if sources.migrations:
            applied = await _apply_pending(connection, sources.migrations, record)
        else:
            applied = await _baseline(connection, sources, record)
        if applied.names:
            await connection.execute("notify pgrst, 'reload schema'")
        return applied


def checksum(file: SqlFile) -> str:
    """Of the bytes, whatever the line ends: git may have changed those."""
    return hashlib.sha256(file.text.replace("\r\n", "\n").encode()).hexdigest()


def name_of(file: SqlFile) -> str:
    return file.path.rpartition("/")[2].removesuffix(".sql")


async def _record(connection: Connection) -> dict[str, str]:
    rows = await connection.fetch("select name, checksum from passeplat.migrations order by name")
    return {row["name"]: row["checksum"] for row in rows}


def _check(record: Mapping[str, str], sources: Sources) -> None:
    known = {name_of(file): file for file in sources.migrations}
    for name, before in record.items():
        if name == BASELINE:
            continue
        if name not in known:
            raise MigrationRefused(f"Migration {name} was applied here, but its file is gone")
        if checksum(known[name]) != before:
            raise MigrationRefused(
                f"{known[name].path} was changed after it was applied here: undo that, and write"
                " another migration"
            )


async def _apply_pending(
    connection: Connection, migrations: Sequence[SqlFile], record: Mapping[str, str]
) -> Applied:
    pending = [file for file in migrations if name_of(file) not in record]
    for file in pending:
        await _apply(connection, file)
    return Applied(tuple(name_of(file) for file in pending), len(pending))


async def _apply(connection: Connection, file: SqlFile) -> None:
    """The file and its line of the record, both or neither."""
    transaction = connection.transaction()
    await transaction.start()
    if fault := await fault_of(connection, file):
        await transaction.rollback()
        raise SqlFailed((fault,))
    if not connection.is_in_transaction():
        raise MigrationRefused(f"{file.path} ends the transaction it runs in: leave out its commit")
    await connection.execute("reset role; reset session authorization; reset all")
    await _note(connection, name_of(file), checksum(file))
    await transaction.commit()


async def _baseline(connection: Connection, sources: Sources, record: Mapping[str, str]) -> Applied:
    wanted = final_state(sources)
    if BASELINE in record:
        if record[BASELINE] != wanted:
            raise MigrationRefused(
                "db/ has changed since this database was made from it, and db/migrations/ has no"
                " migration that says how the one becomes the other"
            )
        return Applied((), 0)
    if found := await connection.fetchval(_query("contents")):
        raise MigrationRefused(
            f"The database is not empty (it has {found}) and was not made by passeplat: use an"
            " empty one, or write migrations"
        )
    async with connection.transaction():
        loading = await load(connection, sources)
        if loading.faults:
            raise SqlFailed(loading.faults, loading.waiting)
        await connection.execute("reset role; reset session authorization; reset all")
        await _note(connection, BASELINE, wanted)
    return Applied((BASELINE,), len(loading.order))


async def _note(connection: Connection, name: str, sum_: str) -> None:
    await connection.execute(
        "insert into passeplat.migrations (name, checksum) values ($1, $2)", name, sum_
    )


def _query(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text("utf-8")
