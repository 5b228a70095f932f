"""Two snapshots go in, what should make the first the second and keep its rows comes out.

Nothing here is trusted: prove.py tries it on a copy, finds the order in which it works, compares,
and plans again from where it got to. So a plan need not be complete; it must be harmless.
"""

import re
from collections.abc import Iterable, Iterator

from passeplat.migrate.model import Action, Fact, Identity, Loss, Proposal, Snapshot
from passeplat.migrate.plan import rebuild, roles, sequences, simple
from passeplat.migrate.plan.alteration import Alteration, Step
from passeplat.migrate.plan.grants import change_grants, is_undone, remove_comment, undo_grants
from passeplat.migrate.plan.kinds import FIRST_TO_GO, OWNED, SATELLITES
from passeplat.migrate.plan.scope import Comparison, Scope, Wishes, find_scope, type_name
from passeplat.names import QualifiedName, quote, quote_qualified

_PUBLIC = "COMMENT ON SCHEMA public IS"
_BEFORE_ROWS, _KEYS, _PARTITIONS, _LAST = range(4)
# pg_dump makes these after the rows are there.
_AFTER_ROWS = frozenset(
    {
        *("FK CONSTRAINT", "INDEX ATTACH", "TRIGGER", "RULE", "POLICY"),
        *("ROW SECURITY", "STATISTICS", "PUBLICATION", "EVENT TRIGGER", "MATERIALIZED VIEW"),
    }
)


def propose(before: Snapshot, after: Snapshot, wishes: Wishes) -> Proposal:
    comparison = Comparison(before, after, wishes)
    scope = find_scope(comparison)
    return Proposal(
        labels=tuple(_labels(scope)),
        actions=tuple(action for action in _actions(scope) if action.sql),
        losses=tuple(_losses(scope)),
    )


def _actions(scope: Scope) -> Iterator[Action]:
    before, after = scope.comparison.before, scope.comparison.after
    yield from roles.come(before.roles, after.roles)
    for identity, alteration in scope.alterations.items():
        yield from _as_actions(identity, alteration.off, is_removal=True)
    yield from _go(scope)
    yield from _come(scope)
    for identity, alteration in scope.alterations.items():
        yield from _as_actions(identity, alteration.on)
    yield from _old_types_go(scope)
    yield from roles.go(before.roles, after.roles)


def _as_actions(
    identity: Identity, steps: Iterable[Step], *, is_removal: bool = False
) -> Iterator[Action]:
    for step in steps:
        yield Action(step.sql, identity, step.instead, is_removal)


# Enumerations


def _is_enum(scope: Scope, identity: Identity) -> bool:
    name = QualifiedName(identity.schema, identity.name)
    return identity.kind == "TYPE" and name in scope.comparison.after.enums


def _labels(scope: Scope) -> Iterator[Action]:
    for identity, alteration in scope.alterations.items():
        if _is_enum(scope, identity):
            yield from _as_actions(identity, alteration.steps)


# What goes, for good or to be made again


def _go(scope: Scope) -> Iterator[Action]:
    before = scope.comparison.before
    backwards = tuple(reversed(list(before.facts.values())))
    first = [fact for kind in FIRST_TO_GO for fact in backwards if fact.kind == kind]
    for fact in (*first, *(fact for fact in backwards if fact.kind not in FIRST_TO_GO)):
        yield from _going(scope, fact)


def _going(scope: Scope, fact: Fact) -> Iterator[Action]:
    identity = fact.identity
    if identity in scope.rebuilt:
        names = rebuild.rename_aside(fact.relation, scope.comparison.before)
        yield from (Action(sql, identity) for sql in names)
    elif identity in scope.renewed:
        name = quote(sequences.aside(fact.relation).name)
        yield Action(f"alter {fact.kind.lower()} {type_name(fact)} rename to {name};", identity)
    elif identity in scope.drops:
        yield from _dropping(scope, fact)
    elif _is_unsaid(scope, fact):
        yield Action(_undo(fact), identity, is_removal=True)


def _dropping(scope: Scope, fact: Fact) -> Iterator[Action]:
    if sequences.is_of_identity(fact) or _is_of_rebuilt(scope, fact):
        return
    for sql in simple.drop(fact):
        yield Action(_with_shell(scope, fact, sql), fact.identity, is_removal=True)


def _with_shell(scope: Scope, fact: Fact, sql: str) -> str:
    """A base type and its functions depend on each other: they go together."""
    shell = Identity("SHELL TYPE", fact.identity.schema, fact.identity.name)
    is_base = fact.kind == "TYPE" and shell in scope.comparison.before.facts
    return sql.replace(";", " CASCADE;") if is_base and "CASCADE" not in sql else sql


def _is_of_rebuilt(scope: Scope, fact: Fact) -> bool:
    """A partition that goes with the table that was renamed, after its rows were copied."""
    if fact.kind != "TABLE" or not scope.rebuilt:
        return False
    return any(
        dependent.kind == "TABLE ATTACH"
        and any(need.identity in scope.rebuilt for need in scope.comparison.needs(dependent))
        for dependent in scope.comparison.dependents(fact)
    )


def _is_unsaid(scope: Scope, fact: Fact) -> bool:
    """It is said of something that stays."""
    if fact.identity in scope.comparison.gone and not _goes_with_parent(scope, fact):
        sequence = scope.comparison.after.sequences.get(fact.relation)
        return fact.kind != "SEQUENCE OWNED BY" or sequence is None or not sequence.is_identity
    return fact.kind == "SEQUENCE OWNED BY" and _is_left_behind(scope, fact)


def _goes_with_parent(scope: Scope, fact: Fact) -> bool:
    needs = scope.comparison.needs(fact)
    if fact.kind == "SEQUENCE OWNED BY":
        needs = (need for need in needs if need.kind == "SEQUENCE")
    return any(need.identity in scope.drops for need in needs)


def _is_left_behind(scope: Scope, fact: Fact) -> bool:
    """The sequence stays, the table it belongs to does not."""
    sequence = scope.comparison.before.sequences.get(fact.relation)
    if sequence is None or sequence.owner is None:
        return False
    stays = Identity("SEQUENCE", fact.identity.schema, fact.identity.name) not in scope.drops
    table = Identity("TABLE", sequence.owner.schema, sequence.owner.name)
    return stays and table in scope.drops | scope.rebuilt


def _undo(fact: Fact) -> str:
    """Of what is said of something that stays."""
    match fact.kind:
        case "ACL" | "DEFAULT ACL":
            return undo_grants(fact)
        case "COMMENT":
            if fact.identity.name == "SCHEMA public":  # every database is made with one
                return f"{_PUBLIC} 'standard public schema';"
            return remove_comment(fact)
        case "ROW SECURITY":
            return fact.create.replace("ENABLE ROW", "DISABLE ROW")
        case "SEQUENCE OWNED BY":
            return f"{fact.create.partition(' OWNED BY ')[0]} OWNED BY NONE;"
        case "SECURITY LABEL":
            return f"{fact.create.rpartition(' IS ')[0]} IS NULL;"
        case "SCHEMA":
            return f"ALTER SCHEMA {quote(fact.identity.name)} OWNER TO pg_database_owner;"
        case _:
            return ""


# What comes, is altered or made again


def _come(scope: Scope) -> Iterator[Action]:
    facts = tuple(scope.comparison.after.facts.values())
    for fact in facts:
        if _when(scope, fact) == _BEFORE_ROWS:
            yield from _coming(scope, fact)
    for identity in sorted(scope.rebuilt):
        name = QualifiedName(identity.schema, identity.name)
        steps = rebuild.take_over(name, scope.comparison.before, scope.comparison.after)
        yield from _as_actions(identity, steps)
    for moment in (_KEYS, _PARTITIONS, _LAST):
        for fact in facts:
            if _when(scope, fact) == moment:
                yield from _coming(scope, fact)


def _when(scope: Scope, fact: Fact) -> int:
    """A partition with the keys of its table is attached as it is; else PostgreSQL makes more."""
    if fact.kind in {"CONSTRAINT", "INDEX"}:
        return _LAST if _is_on_partitioned(scope, fact) else _KEYS
    if fact.kind == "TABLE ATTACH":
        return _BEFORE_ROWS if _is_filled(scope, fact) else _PARTITIONS
    return _LAST if fact.kind in _AFTER_ROWS | SATELLITES else _BEFORE_ROWS


def _is_on_partitioned(scope: Scope, fact: Fact) -> bool:
    after = scope.comparison.after
    tables = (after.tables.get(need.relation) for need in scope.comparison.needs(fact))
    return any(table is not None and table.kind == "p" for table in tables)


def _is_filled(scope: Scope, attach: Fact) -> bool:
    """The table that the partition is of takes over rows."""
    return any(
        need.identity in scope.rebuilt and f" ONLY {type_name(need)} ATTACH " in attach.create
        for need in scope.comparison.needs(attach)
    )


def _coming(scope: Scope, fact: Fact) -> Iterator[Action]:
    identity, comparison = fact.identity, scope.comparison
    if fact.kind in SATELLITES:
        yield Action(_satellite(scope, fact), identity)
    elif fact.kind == "DEFAULT ACL":
        if identity in comparison.new | comparison.changed:
            yield Action(change_grants(comparison.before.facts.get(identity), fact), identity)
    elif comparison.is_part(fact):
        return
    elif identity in scope.made:
        yield from _creation(scope, fact)
    else:
        yield from _alteration(scope, fact)


def _creation(scope: Scope, fact: Fact) -> Iterator[Action]:
    if fact.kind == "SEQUENCE" and _came_with_column(scope, fact):
        return
    if fact.kind == "SEQUENCE" and (former := _former_name(scope, fact)):
        yield from _as_actions(fact.identity, _renaming(scope, former, fact.relation))
        return
    if fact.kind == "SCHEMA" and not fact.drop:
        schema = quote(fact.identity.name)
        yield Action(f"ALTER SCHEMA {schema} OWNER TO {quote(fact.owner)};", fact.identity)
        return
    yield _made(fact)
    if fact.owner != scope.comparison.before.user:
        yield Action(_own(fact), fact.identity)


def _former_name(scope: Scope, fact: Fact) -> QualifiedName | None:
    """Of the sequence of an identity column that stays one."""
    after = scope.comparison.after.sequences.get(fact.relation)
    if after is None or not after.is_identity:
        return None
    for name, before in scope.comparison.before.sequences.items():
        is_same = (before.owner, before.owner_column) == (after.owner, after.owner_column)
        if before.is_identity and is_same and name != fact.relation:
            return name
    return None


def _renaming(scope: Scope, former: QualifiedName, name: QualifiedName) -> Iterator[Step]:
    before, after = (
        scope.comparison.before.sequences[former],
        scope.comparison.after.sequences[name],
    )
    yield Step(f"alter sequence {quote_qualified(former)} rename to {quote(name.name)};")
    yield from sequences.alter(name, before, after, "").steps


def _made(fact: Fact) -> Action:
    """A materialized view is filled at once, as whoever migrates: its owner may not be able to."""
    if fact.kind != "MATERIALIZED VIEW":
        return Action(fact.create, fact.identity)
    filled = re.sub(r"\s+WITH NO DATA;$", ";", fact.create)
    return Action(filled, fact.identity, instead=(fact.create,))


def _came_with_column(scope: Scope, fact: Fact) -> bool:
    """The sequence of an identity column that was added to a table."""
    after, before = scope.comparison.after, scope.comparison.before
    sequence = after.sequences.get(fact.relation)
    if sequence is None or not sequence.is_identity or sequence.owner is None:
        return False
    table = before.tables.get(sequence.owner)
    identity = Identity("TABLE", sequence.owner.schema, sequence.owner.name)
    is_altered = identity in scope.alterations and table is not None
    return is_altered and table is not None and sequence.owner_column not in table.columns


def _alteration(scope: Scope, fact: Fact) -> Iterator[Action]:
    identity, comparison = fact.identity, scope.comparison
    alteration = scope.alterations.get(identity, Alteration())
    if not _is_enum(scope, identity):
        yield from _as_actions(identity, alteration.steps)
    is_moved = identity in comparison.changed and not _follows_its_table(scope, fact)
    if is_moved and fact.owner != comparison.before.facts[identity].owner:
        yield Action(_own(fact), identity)


def _satellite(scope: Scope, fact: Fact) -> str:
    former = scope.comparison.before.facts.get(fact.identity)
    parents = {need.identity for need in scope.comparison.needs(fact)}
    if parents & scope.made or former is None:
        return fact.create
    if fact.kind == "ACL":
        is_of_column = fact.identity.name.startswith("COLUMN ")
        swept = is_of_column and parents & set(_swept(scope))
        return change_grants(former, fact) + (f"\n{fact.create}" if swept else "")
    return "" if former.create == fact.create else fact.create


def _swept(scope: Scope) -> Iterator[Identity]:
    """To revoke from a table revokes from its columns: theirs are granted once more."""
    before, after = scope.comparison.before, scope.comparison.after
    for grants in before.facts.values():
        if grants.kind == "ACL" and is_undone(grants, after.facts.get(grants.identity)):
            yield from (need.identity for need in scope.comparison.needs(grants))


def _own(fact: Fact) -> str:
    if fact.kind not in OWNED or sequences.is_of_identity(fact):
        return ""
    return f"ALTER {fact.drop.removeprefix('DROP ').rstrip(';')} OWNER TO {quote(fact.owner)};"


def _follows_its_table(scope: Scope, fact: Fact) -> bool:
    sequence = scope.comparison.after.sequences.get(fact.relation)
    return fact.kind == "SEQUENCE" and sequence is not None and sequence.owner is not None


# What is left to do


def _old_types_go(scope: Scope) -> Iterator[Action]:
    before = scope.comparison.before
    for identity in reversed(tuple(each for each in before.facts if each in scope.renewed)):
        name = quote_qualified(sequences.aside(before.facts[identity].relation))
        yield Action(f"drop {identity.kind.lower()} {name};", identity, is_removal=True)


def _losses(scope: Scope) -> Iterator[Loss]:
    comparison = scope.comparison
    for identity in sorted(comparison.gone):
        fact = comparison.before.facts[identity]
        if fact.kind == "TABLE" and not _is_of_rebuilt(scope, fact):
            yield Loss(fact.relation)
    for identity in sorted(scope.rebuilt):
        name = QualifiedName(identity.schema, identity.name)
        yield from rebuild.losses(name, comparison.before, comparison.after)
    for alteration in scope.alterations.values():
        yield from alteration.losses
