"""SQL files in any order and a database go in; the files are loaded, or their faults come out.

A file is a unit: it is sent whole, and is one transaction unless it says otherwise. What fails is
tried again after the others, until nothing changes: so files may refer to each other as they like.
In a transaction of the caller's they are one unit together.
"""

from collections.abc import Sequence

import asyncpg

from passeplat.migrate.database import Connection
from passeplat.migrate.faults import fault_at, locate, roots
from passeplat.migrate.model import Fault, Loading, Sources, SqlFile, Statement
from passeplat.migrate.split import split

# A setting, role or temporary table is its file's own. What fsync would cost buys nothing here.
_FRESH = """
reset session authorization; reset role; reset all; discard temp;
set synchronous_commit = off; set client_min_messages = error
"""
_UNFINISHED = "The file begins a transaction that it does not end"


async def load(connection: Connection, sources: Sources, hint: Sequence[SqlFile] = ()) -> Loading:
    """The roles, then the final state. `hint` is an order that was right before."""
    roles = () if sources.roles is None else (sources.roles,)
    first = await load_files(connection, roles)
    if first.faults:
        return first
    return await load_files(connection, _in_order(sources.units, hint))


async def load_files(connection: Connection, files: Sequence[SqlFile]) -> Loading:
    """Until all are loaded, or no more can be."""
    order: list[SqlFile] = []
    left = list(files)
    while left:
        failed = [file for file in left if not await _runs(connection, file)]
        order += [file for file in left if file not in failed]
        if len(failed) == len(left):
            faults = [await _diagnose(connection, file) for file in failed]
            causes, waiting = roots(faults, {file.path: file for file in failed})
            return Loading(tuple(order), causes, waiting)
        left = failed
    return Loading(tuple(order))


async def load_file(connection: Connection, file: SqlFile) -> Fault | None:
    """A file that depends on no order, such as the seed."""
    loading = await load_files(connection, (file,))
    return loading.faults[0] if loading.faults else None


def _in_order(files: Sequence[SqlFile], hint: Sequence[SqlFile]) -> list[SqlFile]:
    rank = {file.path: place for place, file in enumerate(hint)}
    return sorted(files, key=lambda file: (rank.get(file.path, len(rank)), file.path))


async def _runs(connection: Connection, file: SqlFile) -> bool:
    await connection.execute(_FRESH)
    if connection.is_in_transaction():
        return await _runs_within(connection, file)
    try:
        await connection.execute(file.text)
    except asyncpg.PostgresError:
        await _leave_transaction(connection)
        return False
    return not await _leave_transaction(connection)


async def _runs_within(connection: Connection, file: SqlFile) -> bool:
    """In the caller's transaction, which goes on if the file fails."""
    try:
        async with connection.transaction():
            await connection.execute(file.text)
    except asyncpg.PostgresError:
        return False
    return True


async def _leave_transaction(connection: Connection) -> bool:
    """Whether there was one."""
    was_open: bool = connection.is_in_transaction()
    if was_open:
        await connection.execute("rollback")
    return was_open


async def _diagnose(connection: Connection, file: SqlFile) -> Fault:
    """Which statement it is: statement by statement, and all of it undone."""
    await connection.execute(_FRESH)
    begin, undo = ("savepoint here", "rollback to here")
    if not connection.is_in_transaction():
        begin, undo = ("begin", "rollback")
    await connection.execute(begin)
    try:
        fault = await fault_of(connection, file)
        return fault or fault_at(file, _last_start(file), _UNFINISHED)
    finally:
        await connection.execute(undo)


def _last_start(file: SqlFile) -> int:
    statements = split(file.text)
    return statements[-1].start if statements else 0


async def fault_of(connection: Connection, file: SqlFile) -> Fault | None:
    """Run its statements one by one, in whatever transaction there is, up to the first fault."""
    for statement in split(file.text):
        if error := await _error_of(connection, statement):
            return locate(file, statement, error)
    return None


async def _error_of(connection: Connection, statement: Statement) -> asyncpg.PostgresError | None:
    try:
        await connection.execute(statement.text)
    except asyncpg.PostgresError as error:
        return error
    return None
