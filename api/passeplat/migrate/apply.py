"""Migrations and a database go in; what was pending is applied, once and in order, and recorded.

A database that is empty, of a project that has no migrations yet, becomes the final state at once:
its baseline. What was applied may not change afterwards: a checksum says so.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise

import asyncpg

from passeplat.errors import ConnectionFailed
from passeplat.migrate.database import Connection, connected
from passeplat.migrate.drift import Drifted, Look
from passeplat.migrate.faults import SqlFailed
from passeplat.migrate.files import final_state
from passeplat.migrate.fingerprint import fingerprint
from passeplat.migrate.load import load
from passeplat.migrate.model import Sources, SqlFile
from passeplat.migrate.progress import Began, Done, Note, Queued, Tell
from passeplat.migrate.record import (
    BASELINE,
    Entry,
    State,
    checksum,
    checksum_of_done,
    keep_state,
    kept_state,
    make_record,
    note,
    query,
    read_record,
)
from passeplat.migrate.run import MigrationRefused, Patience, Session, run_script
from passeplat.migrate.script import Script, is_proved, name_of, read_script

_LOCK = 0x70617373  # "pass": one command at a time, in any one database
_BEATS = 0.2  # seconds between two attempts at it
_DEFAULT = Patience()


@dataclass(frozen=True, slots=True)
class Applied:
    names: tuple[str, ...]  # of the migrations, or of the baseline
    files: int  # how many were loaded


@dataclass(frozen=True, slots=True)
class Survey:
    """A database and the project's migrations, side by side."""

    entries: tuple[Entry, ...]  # as applied
    pending: tuple[Script, ...]  # in the order in which they will be; the first may be interrupted


async def migrate(
    look: Look,
    sources: Sources,
    tell: Tell,
    *,
    to: str | None = None,
    patience: Patience = _DEFAULT,
) -> Applied:
    """Waits while another migrates. `to` is the name of the last migration to apply.
    Raises MigrationRefused, Drifted, SqlFailed, ConnectionFailed."""
    async with _session(look.url, patience, tell) as session:
        await _take_lock(session)
        await make_record(session.connection)
        if not sources.migrations:
            return await _baseline(session.connection, sources)
        await _adopt(session, sources, look)
        survey = await _survey(session.connection, sources, to)
        live: State | None = None  # what the one before left
        for script in survey.pending:
            live = await _apply(session, script, sources, look, live)
        return Applied(tuple(script.name for script in survey.pending), len(survey.pending))


async def survey(url: str, sources: Sources, to: str | None = None) -> Survey:
    """Changes nothing. Raises MigrationRefused, SqlFailed, ConnectionFailed."""
    async with connected(url) as connection:
        return await _survey(connection, sources, to)


async def rehearse(look: Look, sources: Sources, to: str | None = None) -> Survey:
    """What `migrate` would apply. Changes nothing. Raises MigrationRefused, Drifted, SqlFailed,
    ConnectionFailed."""
    async with connected(look.url) as connection:
        found = await _survey(connection, sources, to)
        known = {entry.name for entry in found.entries} - {BASELINE}
        first = found.pending[0] if found.pending else None
        if first and first.header and known and first.name not in known:
            await _refuse_drift(connection, first.name, first.header.source, await look())
        return found


async def state_left(url: str) -> State | None:
    """The schema as the last migration left it, where that was kept."""
    async with connected(url) as connection:
        return await kept_state(connection)


@asynccontextmanager
async def _session(url: str, patience: Patience, tell: Tell) -> AsyncIterator[Session]:
    try:
        async with connected(url) as connection:
            await _refuse_poolers(connection)
            yield Session(url, connection, patience, tell)
    except (asyncpg.InterfaceError, asyncpg.PostgresConnectionError, OSError) as error:
        raise ConnectionFailed(
            f"The connection was lost ({error}): run `passeplat migrate` again, it goes on where it"
            " was"
        ) from error


async def _refuse_poolers(connection: Connection) -> None:
    """They would give the session, and the lock it holds, to somebody else. What they say of the
    process is of their own invention."""
    if await connection.fetchval("select pg_backend_pid()") != connection.get_server_pid():
        raise MigrationRefused(
            "There is a connection pooler in between: migrate with the address of PostgreSQL itself"
        )


async def _take_lock(session: Session) -> None:
    """Asked for again and again: who waits inside of a statement has a snapshot, and an index that
    is made concurrently waits for all snapshots to end."""
    told = False
    while not await session.connection.fetchval("select pg_try_advisory_lock($1)", _LOCK):
        if not told:
            session.tell(Queued())
            told = True
        await asyncio.sleep(_BEATS)


async def _survey(connection: Connection, sources: Sources, to: str | None) -> Survey:
    record = await read_record(connection)
    _check(record, sources)
    files = [file for file in sources.migrations if not _is_finished(record, file)]
    files.sort(key=lambda file: name_of(file) not in record)  # what was begun first
    pending = tuple(map(read_script, _up_to(files, to, sources)))
    _refuse_forks(pending)
    return Survey(tuple(record.values()), pending)


def _is_finished(record: Mapping[str, Entry], file: SqlFile) -> bool:
    entry = record.get(name_of(file))
    return entry is not None and entry.is_finished


def _check(record: Mapping[str, Entry], sources: Sources) -> None:
    known = {name_of(file): file for file in sources.migrations}
    for name, entry in record.items():
        if name == BASELINE:
            continue
        if name not in known:
            raise MigrationRefused(f"Migration {name} was applied here, but its file is gone")
        if _checksum(known[name], entry) != entry.checksum:
            part = "" if entry.is_finished else " in the part that is done"
            raise MigrationRefused(
                f"{known[name].path} was changed after it was applied here{part}: undo that, and"
                " write another migration"
            )


def _checksum(file: SqlFile, entry: Entry) -> str:
    if entry.is_finished:
        return checksum(file)
    return checksum_of_done(read_script(file).statements[: entry.done])


def _up_to(files: Sequence[SqlFile], to: str | None, sources: Sources) -> Iterable[SqlFile]:
    if to is None:
        return files
    names = [name_of(file) for file in sources.migrations]
    if to not in names:
        raise MigrationRefused(f"There is no migration {to}: the last is {names[-1]}")
    return [file for file in files if name_of(file) <= to]


def _refuse_forks(pending: Iterable[Script]) -> None:
    """Two branches of a repository that each made a migration of the same state."""
    proved = [(script, script.header) for script in pending if script.header]
    for (before, one), (script, two) in pairwise(proved):
        if one.target != two.source:
            raise MigrationRefused(
                f"{script.file.path} does not begin where {before.name} ends: both were made of the"
                " same state, perhaps in two branches. Remove the later one and make it again with"
                " `passeplat diff --write`"
            )


async def _apply(
    session: Session, script: Script, sources: Sources, look: Look, live: State | None
) -> State | None:
    entry = (await read_record(session.connection)).get(script.name)
    if entry is None and script.header is not None:
        await _refuse_drift(
            session.connection, script.name, script.header.source, live or await look()
        )
    began = time.monotonic()
    session.tell(Began(script.name, script.size, entry.done if entry else 0))
    await run_script(session, script, entry.done if entry else None)
    left = await _look_back(session, script, look) if _are_proved(sources) else None
    session.tell(Done(script.name, time.monotonic() - began))
    return left


def _are_proved(sources: Sources) -> bool:
    return any(map(is_proved, sources.migrations))


async def _refuse_drift(connection: Connection, name: str, source: str, live: State) -> None:
    left = await kept_state(connection)
    if fingerprint(live) != source and live != left:
        raise Drifted(name, left, live)


async def _look_back(session: Session, script: Script, look: Look) -> State:
    state = await look()
    await keep_state(session.connection, script.name, state)
    if script.header is not None and fingerprint(state) != script.header.target:
        session.tell(
            Note(
                f"{script.name} was applied, and the schema is not to the letter the one it was"
                " proved to reach: another major of PostgreSQL or a role of another name may be"
                " why. `passeplat diff --from` this database shows it"
            )
        )
    return state


async def _adopt(session: Session, sources: Sources, look: Look) -> None:
    """A database that was loaded from the final state, or came from elsewhere, and is what some
    migration leads to, has had all up to that one."""
    connection = session.connection
    record = await read_record(connection)
    if record.keys() - {BASELINE} or not _are_proved(sources):
        return
    if not record and await connection.fetchval(query("contents")) is None:
        return
    live = await look()
    scripts = tuple(map(read_script, sources.migrations))
    reached = [n for n, each in enumerate(scripts) if _leads_to(each, fingerprint(live))]
    if reached:
        await _record_as_applied(session, scripts[: reached[-1] + 1], live)
    elif BASELINE in record:
        raise MigrationRefused(
            "This database was made from db/ before there were migrations, and is in none of the"
            " states that they pass through"
        )


async def _record_as_applied(session: Session, scripts: Sequence[Script], live: State) -> None:
    connection, last = session.connection, scripts[-1]
    async with connection.transaction():
        for script in scripts:
            await note(connection, script.name, checksum(script.file), script.size, finished=True)
        await keep_state(connection, last.name, live)
    session.tell(Note(f"The database is what {last.name} leads to: recorded as applied up to it."))


def _leads_to(script: Script, state: str) -> bool:
    return script.header is not None and script.header.target == state


async def _baseline(connection: Connection, sources: Sources) -> Applied:
    record, wanted = await read_record(connection), final_state(sources)
    _check(record, sources)
    if BASELINE in record:
        if record[BASELINE].checksum != wanted:
            raise MigrationRefused(
                "db/ has changed since this database was made from it, and db/migrations/ has no"
                " migration that says how the one becomes the other"
            )
        return Applied((), 0)
    if found := await connection.fetchval(query("contents")):
        raise MigrationRefused(
            f"The database is not empty (it has {found}) and was not made by passeplat: use an"
            " empty one, or write migrations"
        )
    async with connection.transaction():
        loading = await load(connection, sources)
        if loading.faults:
            raise SqlFailed(loading.faults, loading.waiting)
        await connection.execute("reset role; reset session authorization; reset all")
        await note(connection, BASELINE, wanted, 0, finished=True)
    return Applied((BASELINE,), len(loading.order))
