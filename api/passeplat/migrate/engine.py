"""The engine: two schemas go in, a proved Migration comes out.

    facts   toc.py       what the schemas are: a Snapshot of each
    plan    plan/        what should make the first the second: a Proposal
    order   order.py     in which order that works on a copy
    proof   prove.py     that the copy became the second, and planning again gives nothing
            observe.py   that rows are kept, and which locks and rewrites it takes

A Migration has phases; a Phase has steps that are committed together, or each by itself; a Step
has the SQL, the Identity of what it is about, its Effect (creates, changes, destroys), its hazards
and the strongest lock it takes. What cannot be done is CannotChange: names, each with a reason.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from passeplat.migrate.compare import differences
from passeplat.migrate.fingerprint import canonical, fingerprint
from passeplat.migrate.hazards import hazards_of
from passeplat.migrate.model import (
    Action,
    Change,
    Effect,
    Identity,
    Migration,
    Phase,
    Snapshot,
    Step,
)
from passeplat.migrate.observe import Observation, observe
from passeplat.migrate.plan.kinds import SATELLITES
from passeplat.migrate.prove import CannotChange, prove
from passeplat.migrate.renames import Rename, carry_out, implied, pending
from passeplat.migrate.scratch import Scratch
from passeplat.migrate.viewpoint import like
from passeplat.postgres.create import SUPERUSER

_ROWLESS = frozenset({"VIEW", "FUNCTION", "PROCEDURE", "ROLE", *SATELLITES})


async def find_migration(
    before: Snapshot, after: Snapshot, scratch: Scratch, renames: Sequence[Rename] = ()
) -> Migration:
    """Without phases if the two are the same. Raises CannotChange."""
    given = tuple(each.step for each in pending(renames, before))
    renamed = await _renamed(before, given, scratch)
    follow = implied(renamed, after)
    try:
        renamed = await _renamed(renamed, follow, scratch)
    except CannotChange:  # what cannot be renamed is made again
        follow = ()
    found = await _find(renamed, after, scratch)
    return _first((*given, *follow), found, before) if given or follow else found


async def _renamed(before: Snapshot, steps: Sequence[Step], scratch: Scratch) -> Snapshot:
    if not steps:
        return before
    copy = await scratch.copy(before)
    await carry_out(copy, steps)
    return like(before, await scratch.snapshot(copy), SUPERUSER)


def _first(steps: tuple[Step, ...], found: Migration, before: Snapshot) -> Migration:
    """The steps in the transaction of what comes after them."""
    first, *rest = found.phases or (Phase(()),)
    phases = (replace(first, steps=(*steps, *first.steps)), *rest)
    return replace(found, phases=phases, source=fingerprint(canonical(before)))


async def _find(before: Snapshot, after: Snapshot, scratch: Scratch) -> Migration:
    if not differences(before, after) and before.roles.means(after.roles):
        return _migration((), before, after)
    copy = await scratch.copy(before)
    fresh = await scratch.clone(copy) if _can_be_beside(before, after) else None
    change = await prove(copy, before, after, scratch.binaries, scratch.environ)
    return await prove_rows(change, before, after, scratch, fresh)


async def prove_rows(
    change: Change, before: Snapshot, after: Snapshot, scratch: Scratch, fresh: str | None = None
) -> Migration:
    """What was proved on an empty copy, done once more where there are rows: on another copy,
    `fresh` if there is one. Raises CannotChange."""
    seen: Mapping[Action, Observation] = {}
    if not {action.identity.kind for action in change.actions} <= _ROWLESS:
        seen = await observe(fresh or await scratch.copy(before), change, before, after)
    return _migration(tuple(_phases(change, seen, before, after)), before, after)


def _can_be_beside(before: Snapshot, after: Snapshot) -> bool:
    """Two copies on one server: unless roles change, which are the server's, or there are
    subscriptions, which are no part of what is cloned."""
    subscribed = any(identity.kind == "SUBSCRIPTION" for identity in before.facts)
    return before.roles.means(after.roles) and not subscribed


def _migration(phases: tuple[Phase, ...], before: Snapshot, after: Snapshot) -> Migration:
    return Migration(phases, fingerprint(canonical(before)), fingerprint(canonical(after)))


def _phases(
    change: Change, seen: Mapping[Action, Observation], before: Snapshot, after: Snapshot
) -> Iterator[Phase]:
    """New labels of enumerations must be committed before they are used."""
    for actions in (change.labels, change.actions):
        if actions:
            yield Phase(
                tuple(
                    Step(
                        action.sql,
                        action.identity,
                        hazards_of(action, seen.get(action), change.losses, before, after),
                        _effect(action.identity, before, after),
                        seen[action].lock if action in seen else None,
                    )
                    for action in actions
                )
            )


def _effect(identity: Identity, before: Snapshot, after: Snapshot) -> Effect:
    if identity.kind == "ROLE":
        was, will = identity.name in before.roles.roles, identity.name in after.roles.roles
    else:
        was, will = identity in before.facts, identity in after.facts
    return Effect.CHANGES if was and will else Effect.CREATES if will else Effect.DESTROYS
