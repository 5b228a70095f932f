"""Two snapshots go in, what should make the first the second and keep its rows comes out.

What holds rows is altered. What holds none is replaced: by `create or replace` where PostgreSQL may
allow it, else dropped and made again, together with what depends on it, whose grants and comments
come back with it. Nothing here is trusted: prove.py tries it on a copy, finds the order in which it
works, and compares.
"""

import re
from collections.abc import Iterable, Iterator

from passeplat.migrate.compare import differences
from passeplat.migrate.grants import change_grants, is_undone, remove_comment, undo_grants
from passeplat.migrate.model import (
    Action,
    Fact,
    Identity,
    Loss,
    Obstacle,
    Proposal,
    Snapshot,
    TableFact,
)
from passeplat.migrate.tables import (
    Alteration,
    add_check,
    alter,
    drop_check,
    drop_default,
    new_labels,
    set_default,
)
from passeplat.migrate.words import describe
from passeplat.names import QualifiedName, quote

ROUTINES = {"FUNCTION", "PROCEDURE"}
_REPLACEABLE = {*ROUTINES, "VIEW"}  # `create or replace` keeps what depends on them
_SATELLITES = {"ACL", "COMMENT", "SECURITY LABEL", "ROW SECURITY", "SEQUENCE OWNED BY"}
_TABLES = {"TABLE", "FOREIGN TABLE"}
_KEPT = {*_TABLES, "SEQUENCE", "TYPE", "DOMAIN", "SCHEMA", "EXTENSION"}
_READERS = {*_REPLACEABLE, "MATERIALIZED VIEW", "RULE", "POLICY", "TRIGGER", "STATISTICS"}
# Their `drop` names them as `alter … owner to` does.
_OWNED = {
    *_KEPT,
    *_REPLACEABLE,
    "MATERIALIZED VIEW",
    "AGGREGATE",
    "COLLATION",
    "CONVERSION",
    "EVENT TRIGGER",
    "FOREIGN DATA WRAPPER",
    "OPERATOR",
    "OPERATOR CLASS",
    "OPERATOR FAMILY",
    "PUBLICATION",
    "SERVER",
    "STATISTICS",
    "TEXT SEARCH CONFIGURATION",
    "TEXT SEARCH DICTIONARY",
} - {"EXTENSION"}
_TEXT_BODY = re.compile(r"\n    AS [$'E]")
_PARTITIONS = {"TABLE ATTACH", "INDEX ATTACH"}


def propose(
    before: Snapshot, after: Snapshot, replaced: frozenset[Identity] = frozenset()
) -> Proposal:
    """`replaced` are views and routines that `create or replace` was refused for."""
    return _Planner(before, after, replaced).plan()


class _Planner:
    def __init__(self, before: Snapshot, after: Snapshot, replaced: frozenset[Identity]) -> None:
        self.before, self.after, self.replaced = before, after, replaced
        found = differences(before, after)
        self.new = {each.identity for each in found if each.before is None}
        self.gone = {each.identity for each in found if each.after is None}
        self.changed = {each.identity for each in found} - self.new - self.gone
        self.alterations = dict(self._alterations())
        self.labels = dict(self._labels())
        self.obstacles: list[Obstacle] = list(self._refusals())
        self.loosened: dict[Identity, set[Fact]] = {}
        self.drops = self._close(self._to_drop())
        self.made = self.new | {each for each in self.drops if each in after.facts}
        self.swept = set(self._swept())

    def plan(self) -> Proposal:
        actions = (
            *self._default_privileges_off(),
            *self._loosen(),
            *self._drop(),
            *self._make(),
            *self._default_privileges_on(),
            *self._refresh(),
        )
        return Proposal(
            labels=tuple(Action(sql, each) for each, all_ in self.labels.items() for sql in all_),
            actions=tuple(action for action in actions if action.sql),
            losses=tuple(self._losses()),
            obstacles=tuple(self.obstacles),
        )

    def _alterations(self) -> Iterator[tuple[Identity, Alteration]]:
        """Not only of changed facts: pg_dump tells of defaults and identities elsewhere too."""
        for identity in self.before.facts.keys() & self.after.facts.keys():
            if identity.kind in _TABLES:
                name = self.after.facts[identity].relation
                old, new = self.before.tables[name], self.after.tables[name]
                if identity in self.changed or old != new:
                    yield identity, alter(name, old, new)

    def _labels(self) -> Iterator[tuple[Identity, tuple[str, ...]]]:
        for identity in self.changed:
            name = self.after.facts[identity].relation
            if identity.kind == "TYPE" and name in self.before.enums and name in self.after.enums:
                labels = new_labels(name, self.before.enums[name], self.after.enums[name])
                if labels:
                    yield identity, labels

    def _refusals(self) -> Iterator[Obstacle]:
        for identity, alteration in self.alterations.items():
            yield from (Obstacle(describe(identity), reason) for reason in alteration.refusals)
        for identity in self.changed:
            if identity.kind in _PARTITIONS:
                yield Obstacle(describe(identity), "the partition would have other bounds")

    # What goes, for good or to be made again

    def _to_drop(self) -> Iterator[Fact]:
        for identity in (*self.gone, *self.changed, *self.replaced):
            fact = self.before.facts[identity]
            if self._is_dropped(fact):
                yield fact
        for identity, alteration in self.alterations.items():
            if alteration.frees_columns:
                for reader in self._dependents(self.before.facts[identity]):
                    if reader.kind in _READERS and not _is_opaque(reader):
                        yield reader

    def _is_dropped(self, fact: Fact) -> bool:
        """Whether by itself; dependents follow."""
        kind, identity = fact.kind, fact.identity
        if kind in _SATELLITES or kind == "DEFAULT ACL" or self._is_column_default(fact):
            return False
        if identity in self.gone or identity in self.replaced:
            return True
        if kind == "TYPE":
            return identity not in self.labels and self._is_redefined(identity)
        if kind == "DOMAIN":
            return self._is_redefined(identity)
        return kind not in _KEPT | _REPLACEABLE | _PARTITIONS

    def _is_redefined(self, identity: Identity) -> bool:
        return self.before.facts[identity].create != self.after.facts[identity].create

    def _is_column_default(self, fact: Fact) -> bool:
        """Of a table that stays: a matter of its columns."""
        if fact.kind != "DEFAULT":
            return False
        needed = {need.identity for need in self._needs(fact)}
        return any(
            need.kind in _TABLES and need in self.before.facts and need in self.after.facts
            for need in needed
        )

    def _close(self, seeds: Iterable[Fact]) -> set[Identity]:
        """With all that depends on them; tables that stay are loosened instead."""
        drops: set[Identity] = set()
        waiting = list(seeds)
        while waiting:
            fact = waiting.pop()
            if fact.identity in drops:
                continue
            drops.add(fact.identity)
            for dependent in self._dependents(fact):
                if dependent.kind in _KEPT and dependent.identity in self.after.facts:
                    self._part(dependent, fact)
                elif dependent.kind not in _SATELLITES and not self._is_column_default(dependent):
                    waiting.append(dependent)
        return drops

    def _part(self, kept: Fact, dropped: Fact) -> None:
        """A default or check steps aside; a column of the type cannot."""
        if kept.kind in _TABLES and dropped.kind in ROUTINES:
            self.loosened.setdefault(kept.identity, set()).add(dropped)
        elif kept.kind != "SEQUENCE" and dropped.kind != "SCHEMA":
            reason = f"{describe(kept.identity)} uses it, and keeps its rows"
            self.obstacles.append(Obstacle(describe(dropped.identity), reason))

    def _loosen(self) -> Iterator[Action]:
        for identity, routines in self.loosened.items():
            name = self.before.facts[identity].relation
            for off, _ in self._expressions(name, self.before.tables[name], routines):
                yield Action(off, identity)

    def _tighten(self, identity: Identity) -> Iterator[str]:
        """What was loosened and is the same afterwards; what is not was altered."""
        name = self.before.facts[identity].relation
        old, new = self.before.tables[name], self.after.tables[name]
        routines = self.loosened.get(identity, set())
        again = {on for _, on in self._expressions(name, new, routines)}
        yield from (on for _, on in self._expressions(name, old, routines) if on in again)

    def _expressions(
        self, name: QualifiedName, table: TableFact, routines: set[Fact]
    ) -> Iterator[tuple[str, str]]:
        """Defaults and checks that may call the routines: (what takes it off, what puts it on)."""
        names = "|".join(re.escape(_bare_name(routine)) for routine in routines)
        calls = re.compile(rf"\b(?:{names})\b")
        for column in table.columns.values():
            if column.expression and not column.generated and calls.search(column.expression):
                yield drop_default(name, column), set_default(name, column)
        for check, definition in table.checks.items():
            if calls.search(definition):
                yield drop_check(name, check), add_check(name, check, definition)

    def _drop(self) -> Iterator[Action]:
        for fact in reversed(tuple(self.before.facts.values())):
            identity = fact.identity
            if identity in self.drops:
                if fact.kind != "SEQUENCE" or not _is_of_identity(fact):
                    yield Action(fact.drop, identity)
            elif identity in self.gone and not self._goes_with_parent(fact):
                yield Action(_undo(fact), identity)

    def _goes_with_parent(self, fact: Fact) -> bool:
        return any(need.identity in self.drops for need in self._needs(fact))

    # What comes, is altered or made again

    def _make(self) -> Iterator[Action]:
        for fact in self.after.facts.values():
            yield from (Action(sql, fact.identity) for sql in self._making(fact))

    def _making(self, fact: Fact) -> Iterator[str]:
        identity = fact.identity
        if fact.kind in _SATELLITES:
            yield self._satellite(fact)
        elif fact.kind == "DEFAULT ACL" or self._is_column_default(fact):
            return
        elif identity in self.made:
            yield from self._creation(fact)
        else:
            yield from self._alteration(fact)

    def _creation(self, fact: Fact) -> Iterator[str]:
        if fact.kind == "SEQUENCE" and self._came_with_column(fact):
            return
        yield fact.create
        if fact.owner != self.after.user:
            yield _own(fact)

    def _came_with_column(self, fact: Fact) -> bool:
        """The sequence of an identity column that was added to a table."""
        needed = {need.identity for need in self._needs(fact)}
        return _is_of_identity(fact) and bool(needed & self.alterations.keys())

    def _alteration(self, fact: Fact) -> Iterator[str]:
        identity = fact.identity
        if identity in self.alterations:
            yield from self.alterations[identity].statements
        if identity in self.loosened:
            yield from self._tighten(identity)
        if identity in self.changed:
            if self._is_redefined(identity):
                yield _redefinition(fact)
            if fact.owner != self.before.facts[identity].owner:
                yield _own(fact)

    def _satellite(self, fact: Fact) -> str:
        former = self.before.facts.get(fact.identity)
        parents = {need.identity for need in self._needs(fact)}
        if parents & self.made:
            return fact.create
        if fact.kind == "ACL":
            swept = fact.identity.name.startswith("COLUMN ") and parents & self.swept
            return change_grants(former, fact) + (f"\n{fact.create}" if swept else "")
        return "" if former is not None and former.create == fact.create else fact.create

    def _swept(self) -> Iterator[Identity]:
        """To revoke from a table revokes from its columns: theirs are granted once more."""
        for grants in self.before.facts.values():
            if grants.kind == "ACL" and is_undone(grants, self.after.facts.get(grants.identity)):
                yield from (need.identity for need in self._needs(grants))

    # What is about the whole

    def _default_privileges_off(self) -> Iterator[Action]:
        """pg_dump's grants are those that lead from no default privileges to the target."""
        if self._needs_plain_privileges():
            for fact in self.before.facts.values():
                if fact.kind == "DEFAULT ACL":
                    yield Action(undo_grants(fact), fact.identity)

    def _default_privileges_on(self) -> Iterator[Action]:
        if self._needs_plain_privileges():
            for fact in self.after.facts.values():
                if fact.kind == "DEFAULT ACL":
                    yield Action(fact.create, fact.identity)

    def _needs_plain_privileges(self) -> bool:
        touched = self.new | self.gone | self.changed
        return bool(self.made) or any(each.kind == "DEFAULT ACL" for each in touched)

    def _refresh(self) -> Iterator[Action]:
        for fact in self.after.facts.values():
            if fact.kind == "MATERIALIZED VIEW" and fact.identity in self.made:
                name = fact.drop.removeprefix("DROP MATERIALIZED VIEW ")
                yield Action(f"refresh materialized view {name}", fact.identity)

    def _losses(self) -> Iterator[Loss]:
        for identity in sorted(self.gone):
            if identity.kind == "TABLE":
                yield Loss(self.before.facts[identity].relation)
        for alteration in self.alterations.values():
            yield from alteration.losses

    def _needs(self, fact: Fact) -> Iterator[Fact]:
        """In the snapshot the fact is of."""
        snapshot = self.after if self.after.facts.get(fact.identity) is fact else self.before
        yield from (snapshot.by_id[need] for need in fact.needs if need in snapshot.by_id)

    def _dependents(self, fact: Fact) -> tuple[Fact, ...]:
        return self.before.dependents.get(fact.id, ())


def _undo(fact: Fact) -> str:
    """Of a satellite whose parent stays, or of default privileges (which were undone already)."""
    match fact.kind:
        case "ACL":
            return undo_grants(fact)
        case "COMMENT":
            return remove_comment(fact)
        case "ROW SECURITY":
            return fact.create.replace("ENABLE ROW", "DISABLE ROW")
        case "SEQUENCE OWNED BY":
            return re.sub(r"OWNED BY .*;", "OWNED BY NONE;", fact.create)
        case _:
            return ""


def _is_opaque(fact: Fact) -> bool:
    """A routine whose body is text to PostgreSQL: it may break, but it stands in no way."""
    return fact.kind in ROUTINES and _TEXT_BODY.search(fact.create) is not None


def _redefinition(fact: Fact) -> str:
    if fact.kind in _REPLACEABLE:
        return re.sub(r"^CREATE (?!OR REPLACE )", "CREATE OR REPLACE ", fact.create)
    if fact.kind == "SEQUENCE" and not _is_of_identity(fact):
        end = ";" if re.search(r"^\s+CYCLE;", fact.create, re.MULTILINE) else " NO CYCLE;"
        options = re.sub(r"^CREATE (?:UNLOGGED )?", "ALTER ", fact.create)
        return options.removesuffix(";") + end
    return ""


def _is_of_identity(fact: Fact) -> bool:
    """A sequence that comes and goes with its column."""
    return "ADD GENERATED" in fact.create


def _own(fact: Fact) -> str:
    if fact.kind not in _OWNED:
        return ""
    return f"ALTER {fact.drop.removeprefix('DROP ').rstrip(';')} OWNER TO {quote(fact.owner)};"


def _bare_name(routine: Fact) -> str:
    return routine.identity.name.partition("(")[0].strip('"')
