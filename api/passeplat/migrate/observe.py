"""A change that was proved and a fresh copy go in; it is done once more where there are rows, and
what each action did to tables that were there comes out.

Observed, not deduced: locks from pg_locks, rewrites from the files of tables.
https://www.postgresql.org/docs/current/explicit-locking.html
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import asyncpg

from passeplat.migrate.database import Connection, connected, error_of
from passeplat.migrate.model import Action, Change, Obstacle, Snapshot
from passeplat.migrate.prove import QUIET, CannotChange
from passeplat.migrate.record import query
from passeplat.migrate.rows import kept_by, lost_rows, read_rows, sample
from passeplat.migrate.words import describe

LOCKS = (
    *("AccessShareLock", "RowShareLock", "RowExclusiveLock", "ShareUpdateExclusiveLock"),
    *("ShareLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock"),
)
_WEAKEST = LOCKS.index("ShareUpdateExclusiveLock")  # below, nobody waits
_DATA = ("22", "23")  # classes of SQLSTATE: the rows are to blame
_EMPTY = """
select format('truncate %s', string_agg(oid::regclass::text, ', '))
from pg_class where oid = any($1) and relkind in ('r', 'p')
"""


@dataclass(frozen=True, slots=True)
class Observation:
    lock: str | None  # the strongest on a table that was there: "AccessExclusiveLock"
    rewrites: bool
    fails_on_data: bool


@dataclass(frozen=True, slots=True)
class _State:
    locks: frozenset[tuple[int, str]]
    files: Mapping[int, int]


async def observe(
    copy: str, change: Change, before: Snapshot, after: Snapshot
) -> dict[Action, Observation]:
    """Raises CannotChange: rows would be lost."""
    kept = kept_by(change, before, after)
    async with connected(copy) as connection:
        async with connection.transaction():
            await sample(connection, kept)
        old = await read_rows(connection, kept)
        for label in change.labels:
            await connection.execute(label.sql)
        async with connection.transaction():
            await connection.execute(QUIET)
            seen = await _run(connection, change)
            if not any(each.fails_on_data for each in seen.values()):
                _refuse(lost_rows(kept, old, await read_rows(connection, kept)))
    return seen


def _refuse(obstacles: Iterator[Obstacle]) -> None:
    if found := tuple(obstacles):
        raise CannotChange(found)


async def _run(connection: Connection, change: Change) -> dict[Action, Observation]:
    tables = [row[0] for row in await connection.fetch(query("table_oids"))]
    state = await _state(connection, tables)
    seen: dict[Action, Observation] = {}
    for action in change.actions:
        failed = await error_of(connection, action.sql)
        if failed is not None:
            await _without_rows(connection, tables, action, failed)
        now = await _state(connection, tables)
        seen[action] = _compare(state, now, fails_on_data=failed is not None)
        state = now
    return seen


async def _without_rows(
    connection: Connection, tables: list[int], action: Action, failed: asyncpg.PostgresError
) -> None:
    """Sample rows prove nothing against an action that they are to blame for."""
    if not str(failed.sqlstate).startswith(_DATA):
        raise CannotChange((Obstacle(describe(action.identity), failed.args[0]),))
    await connection.execute("set local session_replication_role = replica")
    await connection.execute(await connection.fetchval(_EMPTY, tables))
    await connection.execute("set local session_replication_role = origin")
    if error := await error_of(connection, action.sql):
        raise CannotChange((Obstacle(describe(action.identity), error.args[0]),))


async def _state(connection: Connection, tables: list[int]) -> _State:
    rows = await connection.fetch(query("locks"), tables)
    locks = frozenset((row["table"], mode) for row in rows for mode in row["modes"])
    return _State(locks, {row["table"]: row["file"] for row in rows})


def _compare(before: _State, now: _State, *, fails_on_data: bool) -> Observation:
    taken = {LOCKS.index(mode) for _, mode in now.locks - before.locks}
    strongest = max((level for level in taken if level >= _WEAKEST), default=None)
    rewritten = any(before.files.get(table) != file for table, file in now.files.items())
    lock = None if strongest is None else LOCKS[strongest]
    return Observation(lock, rewritten, fails_on_data)
