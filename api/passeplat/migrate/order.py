"""Actions and a copy of the schema they are for go in; an order in which they work comes out, or
the errors of those that work in none.

The order is found, not computed: what fails is put back and tried again after the others.
"""

from collections.abc import Sequence
from dataclasses import replace

import asyncpg

from passeplat.migrate.database import Connection, error_of
from passeplat.migrate.model import Action

Failures = dict[Action, asyncpg.PostgresError]

# A column, function, relation, schema or anything else that is not there.
_MISSING = {"42703", "42883", "42P01", "3F000", "42704"}


async def find_order(
    connection: Connection, actions: Sequence[Action]
) -> tuple[tuple[Action, ...], Failures]:
    """Inside a transaction of the caller's."""
    order: list[Action] = []
    left = list(dict.fromkeys(actions))
    while left:
        worked, failures = await _run(connection, left)
        order += worked
        needless = {action for action, error in failures.items() if _is_needless(action, error)}
        if not worked:
            return tuple(order), {a: e for a, e in failures.items() if a not in needless}
        left = list(failures)
    return tuple(order), {}


def _is_needless(action: Action, error: asyncpg.PostgresError) -> bool:
    """Something is to be removed that has gone with another."""
    return action.is_removal and error.sqlstate in _MISSING


async def _run(
    connection: Connection, actions: Sequence[Action]
) -> tuple[tuple[Action, ...], Failures]:
    """All at once; if that fails, the one half and then the other."""
    if len(actions) == 1:
        return await _run_one(connection, actions[0])
    if not actions or await error_of(connection, "\n".join(each.sql for each in actions)) is None:
        return tuple(actions), {}
    half = len(actions) // 2
    worked, failures = await _run(connection, actions[:half])
    more, others = await _run(connection, actions[half:])
    return (*worked, *more), failures | others


async def _run_one(connection: Connection, action: Action) -> tuple[tuple[Action, ...], Failures]:
    first: asyncpg.PostgresError | None = None
    for sql in (action.sql, *action.instead):
        error = await error_of(connection, sql)
        if error is None:
            return (replace(action, sql=sql, instead=()),), {}
        first = first or error
    return (), {action: first} if first else {}
