"""A copy of a schema and its target go in; a Change that was seen to make the one the other comes
out, or the obstacles in its way.

The order of the statements is found, not computed: what fails is tried again after the others, and
what worked is kept in the order in which it did. The copy holds no rows; apply_change runs the same
statements where there are some, in one transaction that leaves everything as it was if one fails.
"""

from collections.abc import Iterable, Mapping

import asyncpg

from passeplat.errors import PasseplatError
from passeplat.migrate.compare import differences, render_difference, reordered
from passeplat.migrate.database import Connection, connected
from passeplat.migrate.in_place import propose
from passeplat.migrate.model import (
    Action,
    Change,
    Difference,
    Identity,
    Loss,
    Obstacle,
    Proposal,
    Snapshot,
)
from passeplat.migrate.toc import take_snapshot
from passeplat.migrate.words import describe
from passeplat.names import quote, quote_qualified
from passeplat.postgres.binaries import Binaries

_ROUNDS = 8  # of replacing what `create or replace` was refused for
# pg_dump qualifies every name, and a routine's body may name what is made after it.
_QUIET = """
set local search_path = ''; set local check_function_bodies = off;
set local client_min_messages = error; set local lock_timeout = '5s'
"""
_LONGEST_DIFF = 12  # lines


class CannotChange(PasseplatError):
    """The obstacles, as text."""

    def __init__(self, obstacles: Iterable[Obstacle]) -> None:
        self.obstacles = tuple(obstacles)
        super().__init__("\n".join(f"{each.subject}: {each.reason}" for each in self.obstacles))


async def prove(
    copy: str,
    before: Snapshot,
    after: Snapshot,
    binaries: Binaries,
    environ: Mapping[str, str],
) -> Change:
    """`copy` is the URL of a database whose schema is `before`; a success leaves it changed.
    Raises CannotChange."""
    async with connected(copy) as connection:
        proposal, actions = await _realize(connection, before, after)
    result = await take_snapshot(copy, binaries, environ)
    left = differences(result, after)
    obstacles = [*map(_unreached, left), *reordered(result, after)]
    if obstacles:
        raise CannotChange(obstacles)
    return Change(proposal.labels, actions, proposal.losses, result)


async def apply_change(url: str, change: Change) -> None:
    """Raises CannotChange: rows would be lost, or do not fit."""
    async with connected(url) as connection:
        for label in change.labels:
            await connection.execute(label.sql)
        async with connection.transaction():
            await connection.execute(_QUIET)
            await _refuse_losses(connection, change.losses)
            for action in change.actions:
                if error := await _error_of(connection, action):
                    raise CannotChange((_failure(action, error),))


async def _realize(
    connection: Connection, before: Snapshot, after: Snapshot
) -> tuple[Proposal, tuple[Action, ...]]:
    replaced: frozenset[Identity] = frozenset()
    failed: dict[Action, asyncpg.PostgresError] = {}
    for _ in range(_ROUNDS):
        proposal = propose(before, after, replaced)
        if proposal.obstacles:
            raise CannotChange(proposal.obstacles)
        actions, failed = await _try(connection, proposal)
        if not failed:
            return proposal, actions
        refused = {action.identity for action in failed} & before.facts.keys()
        if refused <= replaced:
            break
        replaced |= {each for each in refused if each.kind in {"VIEW", "FUNCTION", "PROCEDURE"}}
    raise CannotChange(_failure(action, error) for action, error in failed.items())


async def _try(
    connection: Connection, proposal: Proposal
) -> tuple[tuple[Action, ...], dict[Action, asyncpg.PostgresError]]:
    """The actions in an order that works; those that work in none have their errors."""
    for label in proposal.labels:
        await connection.execute(label.sql)
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute(_QUIET)
    order, failed = await _find_order(connection, proposal.actions)
    if failed:
        await transaction.rollback()
    else:
        await transaction.commit()
    return tuple(order), failed


async def _find_order(
    connection: Connection, actions: Iterable[Action]
) -> tuple[list[Action], dict[Action, asyncpg.PostgresError]]:
    order: list[Action] = []
    left = list(dict.fromkeys(actions))
    while left:
        failed: dict[Action, asyncpg.PostgresError] = {}
        for action in left:
            if error := await _error_of(connection, action):
                failed[action] = error
            else:
                order.append(action)
        if len(failed) == len(left):
            return order, failed
        left = list(failed)
    return order, {}


async def _error_of(connection: Connection, action: Action) -> asyncpg.PostgresError | None:
    try:
        async with connection.transaction():  # a savepoint
            await connection.execute(action.sql)
    except asyncpg.PostgresError as error:
        return error
    return None


async def _refuse_losses(connection: Connection, losses: Iterable[Loss]) -> None:
    obstacles = [obstacle for loss in losses if (obstacle := await _obstacle(connection, loss))]
    if obstacles:
        raise CannotChange(obstacles)


async def _obstacle(connection: Connection, loss: Loss) -> Obstacle | None:
    table = quote_qualified(loss.table)
    await connection.execute(f"lock table {table} in access exclusive mode")
    await connection.execute("set local row_security = off")  # an error, rather than unseen rows
    where = f" where {quote(loss.column)} is not null" if loss.column else ""
    if not await connection.fetchval(f"select exists (select from {table}{where})"):
        return None
    if loss.column:
        return Obstacle(f"column {loss.table}.{loss.column}", "it is gone, but holds values")
    return Obstacle(f"table {loss.table}", "it is gone, but holds rows")


def _failure(action: Action, error: asyncpg.PostgresError) -> Obstacle:
    said = (error.args[0], error.detail, error.hint)
    return Obstacle(describe(action.identity), "; ".join(text for text in said if text))


def _unreached(difference: Difference) -> Obstacle:
    lines = list(render_difference(difference))
    if len(lines) > _LONGEST_DIFF:
        lines = [*lines[:_LONGEST_DIFF], "…"]
    shown = "".join(f"\n    {line}" for line in lines)
    return Obstacle(describe(difference.identity), f"it cannot be changed in place{shown}")
