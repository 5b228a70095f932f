"""Two snapshots go in; what must go, for good or to be made again, comes out, and what that means
to the tables that stay.

What holds rows stays, and is altered. What holds none goes where it cannot be changed in place,
together with all that depends on it. A type that a staying table has columns of is renamed out of
the way, until these are of the new one. A table that cannot be altered is rebuilt: made anew beside
the old one, whose rows it takes over.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from passeplat.migrate.compare import differences
from passeplat.migrate.model import Fact, Identity, Part, Snapshot, TableFact
from passeplat.migrate.plan import sequences, simple, tables, types
from passeplat.migrate.plan.alteration import Alteration, Step
from passeplat.migrate.plan.kinds import (
    KEPT,
    PARTS,
    READERS,
    RENEWED,
    ROUTINES,
    SATELLITES,
    TABLES,
)
from passeplat.migrate.plan.tables import Around
from passeplat.names import QualifiedName

_TEXT_BODY = re.compile(r"\n    AS [$'E]")
_BARE = frozenset({"INDEX", "CONSTRAINT", "FK CONSTRAINT", "STATISTICS", "POLICY", "TRIGGER"})
_IDENTITY_OPTIONS = re.compile(r" AS IDENTITY (\(.*?\n\));", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What trying has taught."""

    remade: frozenset[Identity] = frozenset()  # cannot be changed in place
    bare: frozenset[Identity] = frozenset()  # tables that nothing may lean on while they change
    rebuilt: frozenset[Identity] = frozenset()  # tables that cannot be altered


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two snapshots, and what is different."""

    before: Snapshot
    after: Snapshot
    wishes: Wishes = field(default_factory=Wishes)

    @cached_property
    def _found(self) -> Mapping[Identity, bool | None]:
        return {
            each.identity: None if each.before is None else each.after is not None
            for each in differences(self.before, self.after)
        }

    @cached_property
    def new(self) -> frozenset[Identity]:
        return frozenset(each for each, state in self._found.items() if state is None)

    @cached_property
    def gone(self) -> frozenset[Identity]:
        return frozenset(each for each, state in self._found.items() if state is False)

    @cached_property
    def changed(self) -> frozenset[Identity]:
        return frozenset(each for each, state in self._found.items() if state)

    def is_kept(self, identity: Identity) -> bool:
        return identity in self.before.facts and identity in self.after.facts

    def needs(self, fact: Fact) -> Iterator[Fact]:
        """In the snapshot the fact is of."""
        snapshot = self.after if self.after.facts.get(fact.identity) is fact else self.before
        yield from (snapshot.by_id[need] for need in fact.needs if need in snapshot.by_id)

    def dependents(self, fact: Fact) -> tuple[Fact, ...]:
        return self.before.dependents.get(fact.id, ())

    def is_part(self, fact: Fact) -> bool:
        """A default or check of a table that stays: a matter of its alteration."""
        return fact.kind in PARTS and any(
            need.kind in TABLES and self.is_kept(need.identity) for need in self.needs(fact)
        )


@dataclass(frozen=True, eq=False)
class Scope:
    comparison: Comparison
    drops: frozenset[Identity]
    renewed: frozenset[Identity]
    rebuilt: frozenset[Identity]
    alterations: Mapping[Identity, Alteration]

    @cached_property
    def made(self) -> frozenset[Identity]:
        """What comes, for the first time or again."""
        again = self.drops | self.renewed | self.rebuilt
        return self.comparison.new | {each for each in again if each in self.comparison.after.facts}


def find_scope(comparison: Comparison) -> Scope:
    """To a fixpoint: what goes disturbs tables, and what is disturbed there makes more go."""
    arounds: Mapping[Identity, Around] = {}
    while True:
        scope = _scope(comparison, arounds)
        following = dict(_arounds(scope))
        if following == arounds:
            return scope
        arounds = following


def is_opaque(fact: Fact) -> bool:
    """A routine whose body is text to PostgreSQL: it may break, but it stands in no way."""
    return fact.kind in ROUTINES and _TEXT_BODY.search(fact.create) is not None


def type_name(fact: Fact) -> str:
    """As columns name it."""
    return fact.drop.partition(f"DROP {fact.kind} ")[2].rstrip(";")


def _scope(comparison: Comparison, arounds: Mapping[Identity, Around]) -> Scope:
    alterations: dict[Identity, Alteration] = {}
    seeds: list[Fact] = [comparison.before.facts[each] for each in _gone(comparison)]
    rebuilt = set(comparison.wishes.rebuilt)
    for identity in _perhaps_altered(comparison):
        alteration = _alteration(comparison, identity, arounds.get(identity, Around()))
        if alteration is None:
            seeds.append(comparison.before.facts[identity])
        elif alteration.obstacles and identity.kind == "TABLE":
            rebuilt.add(identity)
        else:
            alterations[identity] = alteration
    rebuilt &= comparison.before.facts.keys() & comparison.after.facts.keys()
    for identity in rebuilt:
        alterations.pop(identity, None)
        seeds += _leaning(comparison, comparison.before.facts[identity])
    seeds += _standing_aside(comparison, alterations)
    drops, renewed = _close(comparison, seeds)
    for identity in drops | renewed:
        alterations.pop(identity, None)
    return Scope(comparison, drops, renewed, frozenset(rebuilt), alterations)


def _gone(comparison: Comparison) -> Iterator[Identity]:
    for identity in comparison.gone:
        fact = comparison.before.facts[identity]
        if not _is_satellite(identity) and not comparison.is_part(fact) and not _is_given(fact):
            yield identity


def _is_given(fact: Fact) -> bool:
    """The schema public, of which pg_dump only tells whose it is."""
    return fact.kind == "SCHEMA" and not fact.drop


def _is_satellite(identity: Identity) -> bool:
    return identity.kind in SATELLITES or identity.kind == "DEFAULT ACL"


def _perhaps_altered(comparison: Comparison) -> Iterator[Identity]:
    """Not only changed facts: pg_dump tells of defaults and identities elsewhere too."""
    for identity in comparison.before.facts:
        if identity not in comparison.after.facts or _is_satellite(identity):
            continue
        if identity in comparison.changed or identity.kind in TABLES | {"SEQUENCE"}:
            if not comparison.is_part(comparison.after.facts[identity]):
                yield identity
        elif identity in comparison.wishes.remade:
            yield identity


def _alteration(comparison: Comparison, identity: Identity, around: Around) -> Alteration | None:
    """None: it goes and is made again."""
    before, after = comparison.before, comparison.after
    old, new = before.facts[identity], after.facts[identity]
    if identity in comparison.wishes.remade and identity.kind != "TABLE":
        return None
    if identity.kind in TABLES:
        return _table(comparison, new, around)
    if identity.kind == "SEQUENCE":
        return _sequence(comparison, new)
    if old.create == new.create:
        return Alteration()
    if identity.kind == "TYPE":
        return _type(comparison, new.relation)
    if identity.kind == "DOMAIN":
        name = new.relation
        return types.alter_domain(name, before.domains[name], after.domains[name])
    return simple.alter(old, new)


def _table(comparison: Comparison, fact: Fact, around: Around) -> Alteration | None:
    name = fact.relation
    old, new = comparison.before.tables[name], comparison.after.tables[name]
    if old == new and around == Around() and fact.identity not in comparison.changed:
        return Alteration()
    alteration = tables.alter(name, old, new, _with_family(comparison, name, around))
    is_foreign = fact.kind == "FOREIGN TABLE"
    return None if is_foreign and alteration.obstacles else alteration


def _with_family(comparison: Comparison, name: QualifiedName, around: Around) -> Around:
    """Children, and the sequences of identity columns."""
    after = comparison.after
    orphaned = {
        column.name
        for child in after.tables.values()
        if str(name) in child.parents
        for column in child.columns.values()
        if column.is_local
    }
    return replace(around, orphaned=frozenset(orphaned), identities=dict(_identities(after, name)))


def _identities(after: Snapshot, name: QualifiedName) -> Iterator[tuple[str, str]]:
    for sequence_name, sequence in after.sequences.items():
        if sequence.is_identity and sequence.owner == name and sequence.owner_column:
            fact = after.facts.get(Identity("SEQUENCE", sequence_name.schema, sequence_name.name))
            found = _IDENTITY_OPTIONS.search(fact.create) if fact else None
            yield sequence.owner_column, found[1] if found else ""


def _sequence(comparison: Comparison, fact: Fact) -> Alteration | None:
    name = fact.relation
    old, new = comparison.before.sequences[name], comparison.after.sequences[name]
    return sequences.alter(name, old, new, fact.create)


def _type(comparison: Comparison, name: QualifiedName) -> Alteration | None:
    before, after = comparison.before, comparison.after
    if name in before.enums and name in after.enums:
        labels = types.new_labels(name, before.enums[name], after.enums[name])
        return None if labels is None else Alteration(steps=tuple(map(Step, labels)))
    if name in before.tables and name in after.tables:
        return types.alter_composite(name, before.tables[name].columns, after.tables[name].columns)
    return None


def _standing_aside(
    comparison: Comparison, alterations: Mapping[Identity, Alteration]
) -> Iterator[Fact]:
    """The readers of columns that go or change their type; of a bare table, everything on it."""
    before = comparison.before
    for identity, alteration in alterations.items():
        fact = before.facts[identity]
        for column in alteration.disturbed:
            for reader in before.readers.get((fact.relation, column), ()):
                found = before.by_catalogue_id.get(reader)
                if found and found.kind in READERS and not is_opaque(found):
                    yield found
        if identity in comparison.wishes.bare:
            for dependent in comparison.dependents(fact):
                if dependent.kind in _BARE | READERS and not is_opaque(dependent):
                    yield dependent


def _leaning(comparison: Comparison, table: Fact) -> Iterator[Fact]:
    """On a table that is rebuilt: all that would otherwise stay with the old one."""
    for dependent in comparison.dependents(table):
        if dependent.kind not in SATELLITES | KEPT | PARTS and not _stays_within(
            comparison, table, dependent
        ):
            yield dependent


def _stays_within(comparison: Comparison, table: Fact, dependent: Fact) -> bool:
    """A partition that goes anyway goes with the table, after its rows were copied."""
    if dependent.kind != "TABLE ATTACH":
        return False
    children = [need for need in comparison.needs(dependent) if need is not table]
    return all(child.identity in comparison.gone for child in children)


def _close(
    comparison: Comparison, seeds: Iterable[Fact]
) -> tuple[frozenset[Identity], frozenset[Identity]]:
    """With all that depends on them."""
    drops: set[Identity] = set()
    renewed: set[Identity] = set()
    waiting = list(seeds)
    while waiting:
        fact = waiting.pop()
        if fact.identity in drops | renewed:
            continue
        is_renewed = fact.kind in RENEWED and _has_columns(comparison, fact)
        (renewed if is_renewed else drops).add(fact.identity)
        waiting += _following(comparison, fact)
    return frozenset(drops), frozenset(renewed)


def _following(comparison: Comparison, fact: Fact) -> Iterator[Fact]:
    for dependent in comparison.dependents(fact):
        if dependent.kind in SATELLITES or comparison.is_part(dependent):
            continue
        stays = dependent.kind in KEPT and comparison.is_kept(dependent.identity)
        if not stays or (dependent.kind in RENEWED and fact.kind != "SCHEMA"):
            yield dependent


def _has_columns(comparison: Comparison, fact: Fact) -> bool:
    """Whether a table that stays has columns of the type, or in the collation."""
    if not comparison.is_kept(fact.identity):
        return False
    name = type_name(fact)
    return any(
        name in _names(table)
        for identity, table in _staying_tables(comparison)
        if identity.kind == "TABLE"
    )


def _names(table: TableFact) -> set[str | None]:
    columns = table.columns.values()
    return {each.type.removesuffix("[]") for each in columns} | {each.collation for each in columns}


def _staying_tables(comparison: Comparison) -> Iterator[tuple[Identity, TableFact]]:
    for identity, fact in comparison.before.facts.items():
        if identity.kind in TABLES and comparison.is_kept(identity):
            yield identity, comparison.before.tables[fact.relation]


def _arounds(scope: Scope) -> Iterator[tuple[Identity, Around]]:
    before = scope.comparison.before
    names = frozenset(type_name(before.facts[each]) for each in scope.renewed)
    for identity, table in _staying_tables(scope.comparison):
        parts = tuple(_touched(scope, identity))
        around = Around(
            renewed=names & {name for name in _names(table) if name},
            regenerated=frozenset(_regenerated(scope, identity, parts)),
            loosened=frozenset(_loosened(scope, identity, parts)),
        )
        if around != Around():
            yield identity, around


def _touched(scope: Scope, identity: Identity) -> Iterator[Part]:
    """What uses something that goes, or a column that is disturbed."""
    before = scope.comparison.before
    alteration = scope.alterations.get(identity, Alteration())
    for part in before.parts.get(before.facts[identity].relation, ()):
        if _uses_what_goes(scope, part) or part.used_column in alteration.disturbed:
            yield part


def _uses_what_goes(scope: Scope, part: Part) -> bool:
    used = scope.comparison.before.by_catalogue_id.get(part.uses)
    return used is not None and used.identity in scope.drops | scope.renewed


def _regenerated(scope: Scope, identity: Identity, parts: Iterable[Part]) -> Iterator[str]:
    before, after = scope.comparison.before, scope.comparison.after
    name = before.facts[identity].relation
    for part in parts:
        if part.column is not None and before.tables[name].columns[part.column].generated:
            target = after.tables[name].columns.get(part.column)
            if target is not None and target.generated:
                yield part.column


def _loosened(scope: Scope, identity: Identity, parts: Iterable[Part]) -> Iterator[str]:
    before = scope.comparison.before
    table = before.tables[before.facts[identity].relation]
    if identity in scope.comparison.wishes.bare:
        yield from table.checks
    for part in parts:
        if part.check is not None:
            yield part.check
        elif part.column is not None and not table.columns[part.column].generated:
            yield part.column
