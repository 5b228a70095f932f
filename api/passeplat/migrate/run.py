"""A script and a connection go in; its sections are committed one after the other, each once.

How far it has come is noted in the transaction that does it, where there is one. A statement that
runs outside of any may have been done without a note of it when the process was killed: on the next
run that is found out (see resume.py) before it is run again.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace

import asyncpg

from passeplat.errors import PasseplatError
from passeplat.migrate.database import Connection
from passeplat.migrate.faults import SqlFailed, locate
from passeplat.migrate.model import Statement
from passeplat.migrate.progress import Locked, Tell, Watch, watched
from passeplat.migrate.record import checksum, checksum_of_done, note
from passeplat.migrate.resume import is_done
from passeplat.migrate.script import Script, Section

_CLEAN = "reset role; reset session authorization; reset all"
# What a role or database sets for its requests is not meant for us.
_FRESH = f"{_CLEAN}; set statement_timeout = 0; set idle_in_transaction_session_timeout = 0"
_LONGEST = 70  # characters of a statement that are shown


class MigrationRefused(PasseplatError):
    """The database or the files are not as the record says."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Who waits for a lock holds up everybody behind: so we wait for a short time, but often."""

    lock_timeout: float = 3  # seconds
    pauses: tuple[float, ...] = (0.5, 1, 2, 4, 8, 15, 15, 15, 15)  # seconds, between two attempts


@dataclass(frozen=True, slots=True)
class Session:
    """Who runs statements, and who is told."""

    url: str
    connection: Connection
    patience: Patience
    tell: Tell


class _NoLock(Exception):
    def __init__(self, statement: Statement, blockers: tuple[str, ...], error: Exception) -> None:
        self.statement, self.blockers, self.error = statement, blockers, error


async def run_script(session: Session, script: Script, done: int | None) -> None:
    """From the statement after `done` on, if it was begun before. Raises SqlFailed,
    MigrationRefused."""
    at = 0
    for section in script.sections:
        end = at + len(section.statements)
        if done is not None and done >= end:
            pass
        elif section.transactional:
            await _run_together(session, script, section, end)
        else:
            await _run_one_by_one(session, script, section, at, done)
        at = end


async def _run_together(session: Session, script: Script, section: Section, end: int) -> None:
    for pause in (*session.patience.pauses, None):
        try:
            await _attempt(session, script, section, end)
        except _NoLock as missed:
            if pause is None:
                raise _gave_up(script, missed) from missed.error
            line = _line(script, missed.statement)
            shown = _shown(missed.statement)
            session.tell(Locked(line, shown, pause, missed.blockers))
            await asyncio.sleep(pause)
        else:
            return


async def _attempt(session: Session, script: Script, section: Section, end: int) -> None:
    """All of the section and the note of it, or nothing."""
    connection = session.connection
    await connection.execute(_FRESH)
    transaction = connection.transaction()
    await transaction.start()
    try:
        timeout = f"{session.patience.lock_timeout * 1000:.0f}"
        await connection.execute(f"set local lock_timeout = {timeout}")
        for statement in section.statements:
            await _run(session, script, statement)
        _refuse_ended(connection, script)
        await connection.execute(_CLEAN)
        await _note(connection, script, end)
    except BaseException:
        if connection.is_in_transaction():
            await transaction.rollback()
        raise
    await transaction.commit()


async def _run_one_by_one(
    session: Session, script: Script, section: Section, at: int, done: int | None
) -> None:
    """Nobody queues behind these statements, so they may wait for locks as long as it takes."""
    connection = session.connection
    await connection.execute(_FRESH)
    first = max(at, done or 0)
    await _note(connection, script, first)
    for number, statement in enumerate(section.statements[first - at :], start=first):
        was_begun = number == done
        if not (was_begun and await is_done(connection, statement)):
            await _run(session, script, statement)
        await _note(connection, script, number + 1)
    await connection.execute(_CLEAN)


async def _run(session: Session, script: Script, statement: Statement) -> None:
    watch = Watch(_line(script, statement), _shown(statement))
    process = session.connection.get_server_pid()
    try:
        async with watched(session.url, process, watch, session.tell):
            await session.connection.execute(statement.text)
    except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError) as error:
        raise _NoLock(statement, watch.blockers, error) from error
    except asyncpg.PostgresConnectionError:
        raise
    except asyncpg.PostgresError as error:
        fault = locate(script.file, statement, error)
        if isinstance(error, asyncpg.ActiveSQLTransactionError):
            fault = replace(fault, hint="Put it below a line `-- @no-transaction`")
        raise SqlFailed((fault,)) from error


async def _note(connection: Connection, script: Script, done: int) -> None:
    is_last = done == script.size
    sum_ = checksum(script.file) if is_last else checksum_of_done(script.statements[:done])
    await note(connection, script.name, sum_, done, finished=is_last)


def _refuse_ended(connection: Connection, script: Script) -> None:
    if not connection.is_in_transaction():
        raise MigrationRefused(
            f"{script.file.path} ends the transaction it runs in: leave out its commit, or put what"
            " must run by itself below a line `-- @no-transaction`"
        )


def _gave_up(script: Script, missed: _NoLock) -> MigrationRefused:
    place = f"{script.file.path}:{_line(script, missed.statement)}"
    return MigrationRefused(
        f"{place}: no lock for `{_shown(missed.statement)}`{_held_by(missed.blockers)}. Nothing of"
        " this step was done: `passeplat migrate` goes on from here when the lock is free"
    )


def _held_by(blockers: Iterable[str]) -> str:
    shown = "; ".join(blockers)
    return f", which is held by {shown}" if shown else ""


def _line(script: Script, statement: Statement) -> int:
    return script.file.text.count("\n", 0, statement.start) + 1


def _shown(statement: Statement) -> str:
    text = " ".join(statement.text.split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
