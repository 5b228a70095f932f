"""What could not be run and why goes in, what to plan otherwise comes out.

First what errors name: dependents, and what `create or replace` was refused for. Then what failed
itself; tables last, for what holds rows should be touched least.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TypeAlias

import asyncpg

from passeplat.migrate.model import Fact, Identity, Snapshot
from passeplat.migrate.order import Failures
from passeplat.migrate.plan.kinds import KEPT, PARTS, SATELLITES
from passeplat.migrate.plan.scope import Wishes

_TELLING = {"2BP01", "0A000", "42P13", "42P16", "42809", "42P17", "42710", "42804", "42830"}
_Both: TypeAlias = tuple[Snapshot, Snapshot]
_UNTOUCHED = KEPT | SATELLITES | PARTS | {"DEFAULT ACL"}


def learn(wishes: Wishes, failures: Failures, before: Snapshot, after: Snapshot) -> Wishes | None:
    """None: nothing is left to try."""
    both = (before, after)
    telling = {a: e for a, e in failures.items() if e.sqlstate in _TELLING}
    for lesson in _LESSONS:
        for found in (telling, failures):
            learnt = lesson(wishes, found, both)
            if learnt != wishes:
                return learnt
    return None


def _remake_named(wishes: Wishes, failures: Failures, both: _Both) -> Wishes:
    names = _names(both[0])
    named = {
        names[line]
        for error in failures.values()
        for line in _named(error)
        if line in names and names[line].kind not in _UNTOUCHED
    }
    return replace(wishes, remade=wishes.remade | named)


def _remake_failed(wishes: Wishes, failures: Failures, both: _Both) -> Wishes:
    failed = {
        action.identity
        for action in failures
        if action.identity in both[0].facts
        and (action.identity.kind not in _UNTOUCHED or action.identity.kind in {"TYPE", "DOMAIN"})
    }
    return replace(wishes, remade=wishes.remade | failed)


def _detach_partitions(wishes: Wishes, failures: Failures, both: _Both) -> Wishes:
    """Keys of a partition are bound to its table's: apart from each other both can change."""
    keys = set(_keys(failures, both))
    tables = {need.identity for fact, snapshot in keys for need in _needs(fact, snapshot)}
    attached = {
        fact.identity
        for fact in both[0].facts.values()
        if fact.kind == "TABLE ATTACH"
        and tables & {need.identity for need in _needs(fact, both[0])}
    }
    remade = {fact.identity for fact, _ in keys} & both[0].facts.keys() if attached else set()
    return replace(wishes, remade=wishes.remade | attached | remade)


def _keys(failures: Failures, both: _Both) -> Iterator[tuple[Fact, Snapshot]]:
    for action in failures:
        for snapshot in both:
            fact = snapshot.facts.get(action.identity)
            if fact is not None and fact.kind == "INDEX ATTACH":
                yield from ((need, snapshot) for need in _needs(fact, snapshot))
            elif fact is not None and fact.kind in {"INDEX", "CONSTRAINT"}:
                yield fact, snapshot


def _needs(fact: Fact, snapshot: Snapshot) -> Iterator[Fact]:
    yield from (snapshot.by_id[need] for need in fact.needs if need in snapshot.by_id)


def _bare_tables(wishes: Wishes, failures: Failures, both: _Both) -> Wishes:
    return replace(wishes, bare=wishes.bare | _tables(failures, both[0]))


def _rebuild_tables(wishes: Wishes, failures: Failures, both: _Both) -> Wishes:
    return replace(wishes, rebuilt=wishes.rebuilt | _tables(failures, both[0]))


def _tables(failures: Failures, before: Snapshot) -> set[Identity]:
    tables = {action.identity for action in failures if action.identity.kind == "TABLE"}
    return tables & before.facts.keys()


_LESSONS: tuple[Callable[[Wishes, Failures, _Both], Wishes], ...] = (
    _remake_named,
    _remake_failed,
    _detach_partitions,
    _bare_tables,
    _rebuild_tables,
)


def _named(error: asyncpg.PostgresError) -> Iterator[str]:
    for line in (*str(error).splitlines(), *(error.detail or "").splitlines()):
        yield line.partition(" depends on ")[0].replace('"', "")


def _names(before: Snapshot) -> Mapping[str, Identity]:
    """As PostgreSQL describes what it names in errors."""
    return {name: fact.identity for fact in before.facts.values() for name in _descriptions(fact)}


def _descriptions(fact: Fact) -> Iterator[str]:
    kind, schema, name = fact.kind.lower(), fact.identity.schema, fact.identity.name
    qualified = f"{schema}.{name}" if schema else name
    yield f"{kind} {qualified}".replace('"', "").replace(", ", ",")
    yield f"{kind} {qualified}".replace('"', "")
    table, _, part = name.partition(" ")
    word = "constraint" if kind.endswith("constraint") else kind
    for relation in ("table", "view", "materialized view", "foreign table"):
        yield f"{word} {part} on {relation} {schema}.{table}"
