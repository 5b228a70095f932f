"""A copy of a schema and its target go in; a Change that was seen to make the one the other comes
out, or the obstacles in its way.

What is planned is tried on the copy; where the copy has got to is compared with the target, and
planned on from there until nothing is left. The copy holds no rows; apply_change runs the same
statements where there are some, in one transaction that leaves everything as it was if one fails.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import asyncpg

from passeplat.errors import PasseplatError
from passeplat.migrate.compare import differences, render_difference, reordered
from passeplat.migrate.database import Connection, connected, error_of
from passeplat.migrate.lessons import learn
from passeplat.migrate.model import (
    Action,
    Change,
    Difference,
    Loss,
    Obstacle,
    Proposal,
    Snapshot,
)
from passeplat.migrate.order import Failures, find_order
from passeplat.migrate.plan import propose
from passeplat.migrate.plan.kinds import SATELLITES
from passeplat.migrate.plan.scope import Wishes
from passeplat.migrate.toc import take_snapshot
from passeplat.migrate.viewpoint import like
from passeplat.migrate.words import describe
from passeplat.names import quote, quote_qualified
from passeplat.postgres.binaries import Binaries
from passeplat.postgres.create import SUPERUSER

_ROUNDS = 5  # of planning on from where the copy has got to
_LESSONS = 12  # within one
# pg_dump qualifies every name, and a routine's body may name what is made after it.
QUIET = """
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
    change = Change((), (), propose(before, after, Wishes()).losses, before)
    left = differences(before, after)
    wishes = Wishes()
    for _ in range(_ROUNDS):
        async with connected(copy) as connection:
            proposal, actions = await _realize(connection, change.result, after, wishes)
        if not proposal.labels and not actions and wishes != Wishes():
            break
        result = like(before, await take_snapshot(copy, binaries, environ), SUPERUSER)
        change = replace(
            change,
            labels=(*change.labels, *proposal.labels),
            actions=(*change.actions, *actions),
            result=result,
        )
        still = differences(result, after)
        if not still and result.roles.means(after.roles):
            break
        wishes = _wishes(still, left, result)
        left = still
    obstacles = [*map(unreached, differences(change.result, after)), *_roles(change.result, after)]
    if obstacles := [*obstacles, *reordered(change.result, after)]:
        raise CannotChange(obstacles)
    return change


def _wishes(
    still: tuple[Difference, ...], before: tuple[Difference, ...], result: Snapshot
) -> Wishes:
    """What did not change although it should have: that is made again."""
    same = {each.identity for each in set(still) & set(before)} & result.facts.keys()
    tables = {each for each in same if each.kind == "TABLE"}
    return Wishes(
        remade=frozenset(each for each in same - tables if each.kind not in SATELLITES),
        rebuilt=frozenset(tables),
    )


def _roles(found: Snapshot, wanted: Snapshot) -> Iterable[Obstacle]:
    if not found.roles.means(wanted.roles):
        yield Obstacle("roles", "they cannot be made what they should be")


async def apply_change(url: str, change: Change) -> None:
    """Raises CannotChange: rows would be lost, or do not fit."""
    async with connected(url) as connection:
        for label in change.labels:
            await connection.execute(label.sql)
        async with connection.transaction():
            await connection.execute(QUIET)
            await _refuse_losses(connection, change.losses)
            for action in change.actions:
                if error := await error_of(connection, action.sql):
                    raise CannotChange((_failure(action, error),))


async def _realize(
    connection: Connection, before: Snapshot, after: Snapshot, wishes: Wishes
) -> tuple[Proposal, tuple[Action, ...]]:
    failures: Failures = {}
    for _ in range(_LESSONS):
        proposal = propose(before, after, wishes)
        actions, failures = await _try(connection, proposal)
        if not failures:
            return proposal, actions
        learnt = learn(wishes, failures, before, after)
        if learnt is None:
            break
        wishes = learnt
    raise CannotChange(_failure(action, error) for action, error in failures.items())


async def _try(connection: Connection, proposal: Proposal) -> tuple[tuple[Action, ...], Failures]:
    """The actions in an order that works; those that work in none have their errors."""
    for label in proposal.labels:
        await connection.execute(label.sql)
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute(QUIET)
    order, failures = await find_order(connection, proposal.actions)
    if failures:
        await transaction.rollback()
    else:
        await transaction.commit()
    return order, failures


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


def unreached(difference: Difference) -> Obstacle:
    lines = list(render_difference(difference))
    if len(lines) > _LONGEST_DIFF:
        lines = [*lines[:_LONGEST_DIFF], "…"]
    shown = "".join(f"\n    {line}" for line in lines)
    return Obstacle(describe(difference.identity), f"it cannot be changed in place{shown}")
