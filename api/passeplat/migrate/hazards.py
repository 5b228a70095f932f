"""What a step does and what was observed of it go in, its hazards come out."""

import re
from collections.abc import Iterable, Iterator

from passeplat.migrate.model import Action, Fact, Hazard, Identity, Loss, Snapshot
from passeplat.migrate.observe import Observation
from passeplat.names import QualifiedName, quote, quote_qualified

_EXCLUSIVE = "AccessExclusiveLock"
# What PostgreSQL checks of rows that are there.
_CHECKS_ROWS = re.compile(
    r"set not null|validate constraint|type .* using |\bunique index\b|^insert into"
    r"|add constraint .*(?:\bcheck\b|\bunique\b|primary key|foreign key|exclude|not null)"
    r"|alter column .* type |add column (?!.*(?:default|generated)).* not null|attach partition",
    re.IGNORECASE | re.DOTALL,
)
_CHECKS_NOT = re.compile(r"not valid;$|^create table|^create function", re.IGNORECASE)


def hazards_of(
    action: Action,
    seen: Observation | None,
    losses: Iterable[Loss],
    before: Snapshot,
    after: Snapshot,
) -> frozenset[Hazard]:
    found = set(_observed(seen)) if seen else set()
    if any(_deletes(action, loss) for loss in losses):
        found.add(Hazard.DELETES_DATA)
    if _may_fail(action) and _was_there(action.identity, before, after):
        found.add(Hazard.MAY_FAIL_ON_DATA)
    return frozenset(found)


def _observed(seen: Observation) -> Iterator[Hazard]:
    if seen.lock == _EXCLUSIVE:
        yield Hazard.ACQUIRES_ACCESS_EXCLUSIVE_LOCK
    if seen.rewrites:
        yield Hazard.REWRITES_TABLE
    if seen.fails_on_data:
        yield Hazard.MAY_FAIL_ON_DATA


def _deletes(action: Action, loss: Loss) -> bool:
    """A table is dropped, or a column of one; or the old one of a table that was rebuilt."""
    if action.identity != Identity("TABLE", loss.table.schema, loss.table.name):
        return False
    if loss.column is None:
        return action.sql.upper().startswith("DROP TABLE")
    aside = QualifiedName(loss.table.schema, f"{loss.table.name}__old")
    dropped = f"drop column if exists {quote(loss.column)};"
    return dropped in action.sql or action.sql == f"drop table {quote_qualified(aside)};"


def _may_fail(action: Action) -> bool:
    return bool(_CHECKS_ROWS.search(action.sql)) and not _CHECKS_NOT.search(action.sql)


def _was_there(identity: Identity, before: Snapshot, after: Snapshot) -> bool:
    """The table that it is about."""
    fact = after.facts.get(identity)
    tables = [identity, *(_needs(fact, after) if fact else ())]
    return any(each.kind in {"TABLE", "DOMAIN"} and each in before.facts for each in tables)


def _needs(fact: Fact, after: Snapshot) -> Iterator[Identity]:
    for need in fact.needs:
        if need in after.by_id:
            yield after.by_id[need].identity
