"""Two contracts → what changed between them, for whom, and whether a client can notice.

Additive is what a client that was right before cannot notice: a relation, column, routine, optional
parameter or privilege more. Everything else is breaking. A client may write as well as read: what
must be given in an insert now is as breaking as what can no longer be read.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from passeplat.contract.model import (
    COMPUTED,
    Change,
    ColumnOffer,
    Contract,
    Embed,
    Offer,
    RelationOffer,
    RoutineOffer,
)
from passeplat.names import QualifiedName
from passeplat.schema_cache.model import Parameter

_NOTHING = Offer({}, {}, {})


@dataclass(frozen=True, slots=True)
class _Finding:
    what: str
    is_breaking: bool


def compare(before: Contract, after: Contract) -> tuple[Change, ...]:
    """In the order of schemas and names; equal changes of several roles are one."""
    roles: defaultdict[Change, list[str]] = defaultdict(list)
    for role in sorted(before.keys() | after.keys()):
        for change in _changes(before.get(role, _NOTHING), after.get(role, _NOTHING)):
            roles[change].append(role)
    return tuple(sorted(replace(change, roles=tuple(who)) for change, who in roles.items()))


def _changes(before: Offer, after: Offer) -> Iterator[Change]:
    for name in sorted(before.relations.keys() | after.relations.keys()):
        yield from _relation(name, before.relations.get(name), after.relations.get(name))
    for name in sorted(before.routines.keys() | after.routines.keys()):
        yield from _routines(name, before.routines.get(name, ()), after.routines.get(name, ()))
    yield from _embeds(before, after)


def _relation(
    name: QualifiedName, before: RelationOffer | None, after: RelationOffer | None
) -> Iterator[Change]:
    if before is None or after is None:
        yield _presence(name, str(name), is_new=before is None)
        return
    for finding in _relation_itself(before, after):
        yield _change(name, str(name), finding)
    for column in sorted(before.columns.keys() | after.columns.keys()):
        old, new = before.columns.get(column), after.columns.get(column)
        for finding in _column(before, old, new):
            yield _change(name, f"{name}.{column}", finding)


def _relation_itself(before: RelationOffer, after: RelationOffer) -> Iterator[_Finding]:
    yield from _ability("rows can be deleted", before.is_deletable, after.is_deletable)
    if before.is_insertable and after.is_insertable:
        yield from _hidden(before, after)
    if before.key != after.key:
        old, new = (", ".join(key) or "none" for key in (before.key, after.key))
        yield _Finding(f"key: {old} → {new}", is_breaking=bool(before.key))


def _hidden(before: RelationOffer, after: RelationOffer) -> Iterator[_Finding]:
    if missing := [name for name in after.hidden if name not in before.hidden]:
        what = f"inserts fail: the table must be given {', '.join(missing)}, which is not shown"
        yield _Finding(what, is_breaking=True)
    elif before.hidden and not after.hidden:
        yield _Finding("rows can be inserted now", is_breaking=False)


def _column(
    relation: RelationOffer, before: ColumnOffer | None, after: ColumnOffer | None
) -> Iterator[_Finding]:
    if before is None or not before.is_offered:
        if after is not None and after.is_offered:
            yield _new_column(relation, after)
    elif after is None or not after.is_offered:
        yield _Finding("is gone", is_breaking=True)
    else:
        yield from _both(before, after)


def _new_column(relation: RelationOffer, column: ColumnOffer) -> _Finding:
    if column.is_required and relation.is_insertable:
        return _Finding("is new, and inserts must give it", is_breaking=True)
    return _Finding("is new", is_breaking=False)


def _both(before: ColumnOffer, after: ColumnOffer) -> Iterator[_Finding]:
    if before.type != after.type and COMPUTED.type not in {before.type, after.type}:
        yield _Finding(f"type: {before.type} → {after.type}", is_breaking=True)
    yield from _labels(before.labels, after.labels)
    yield from _ability("can be read", before.is_readable, after.is_readable)
    yield from _ability("can be inserted", before.is_insertable, after.is_insertable)
    yield from _ability("can be updated", before.is_updatable, after.is_updatable)
    if before.is_required != after.is_required and before.is_insertable and after.is_insertable:
        how = "must" if after.is_required else "need not"
        yield _Finding(f"inserts {how} give it", is_breaking=after.is_required)
    if before.is_nullable != after.is_nullable:
        yield _nullability(before, after)


def _nullability(before: ColumnOffer, after: ColumnOffer) -> _Finding:
    """Who reads must be ready for null, who writes may no longer write it."""
    if after.is_nullable:
        return _Finding("may be null", is_breaking=before.is_readable)
    is_written = before.is_insertable or before.is_updatable
    return _Finding("may no longer be null", is_breaking=is_written)


def _labels(before: tuple[str, ...], after: tuple[str, ...]) -> Iterator[_Finding]:
    if not before or not after:  # a change of the type
        return
    if gone := [label for label in before if label not in after]:
        yield _Finding(f"labels gone: {', '.join(gone)}", is_breaking=True)
    if new := [label for label in after if label not in before]:
        yield _Finding(f"labels added: {', '.join(new)}", is_breaking=False)


def _ability(what: str, before: bool, after: bool) -> Iterator[_Finding]:
    if before and not after:
        yield _Finding(what.replace("can", "can no longer", 1), is_breaking=True)
    elif after and not before:
        yield _Finding(f"{what} now", is_breaking=False)


def _routines(
    name: QualifiedName, before: Iterable[RoutineOffer], after: Iterable[RoutineOffer]
) -> Iterator[Change]:
    left = list(after)
    for old in before:
        new = _counterpart(old, left)
        if new is None:
            yield _presence(name, _signature(name, old), is_new=False)
            continue
        left.remove(new)
        for finding in _routine(old, new):
            yield _change(name, _signature(name, new), finding)
    for new in left:
        yield _presence(name, _signature(name, new), is_new=True)


def _counterpart(old: RoutineOffer, candidates: Iterable[RoutineOffer]) -> RoutineOffer | None:
    """That every call of the old one still arrives at; rather one that takes just the same."""
    fitting = [new for new in candidates if _accepts(new, old)]
    return min(fitting, key=lambda new: len(new.parameters), default=None)


def _accepts(new: RoutineOffer, old: RoutineOffer) -> bool:
    known = {each.name: each for each in new.parameters}
    given = {each.name: each for each in old.parameters}
    if any(name not in known or known[name].type != each.type for name, each in given.items()):
        return False
    return all(
        name in given and given[name].required for name, each in known.items() if each.required
    )


def _routine(old: RoutineOffer, new: RoutineOffer) -> Iterator[_Finding]:
    names = {each.name for each in old.parameters}
    for parameter in new.parameters:
        if parameter.name not in names:
            yield _Finding(f"parameter {parameter.name} is new, and optional", is_breaking=False)
    if old.returns != new.returns:
        yield _Finding(f"returns: {old.returns} → {new.returns}", is_breaking=True)
    yield from _returned_columns(dict(old.columns), dict(new.columns))
    yield from _ability("can be called by GET", old.is_read_only, new.is_read_only)


def _returned_columns(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[_Finding]:
    for name, type_ in old.items():
        if name not in new:
            yield _Finding(f"no longer returns {name}", is_breaking=True)
        elif new[name] != type_:
            yield _Finding(f"returned {name}: {type_} → {new[name]}", is_breaking=True)
    for name in new:
        if old and name not in old:
            yield _Finding(f"returns {name} too", is_breaking=False)


def _embeds(before: Offer, after: Offer) -> Iterator[Change]:
    old, new = _ways(before), _ways(after)
    for embed in sorted(before.embeds.keys() | after.embeds.keys()):
        for finding in _embed(embed, before, after):
            yield _change(embed.relation, _way(embed), finding)
    for ends, ways in new.items():
        if ways > 1 and old[ends] == 1:
            text = f"{ends[0]} → {ends[1]}"
            finding = _Finding("is ambiguous without a hint", is_breaking=True)
            yield _change(ends[0], text, finding)


def _embed(embed: Embed, before: Offer, after: Offer) -> Iterator[_Finding]:
    old, new = before.embeds.get(embed), after.embeds.get(embed)
    if old is None:
        if embed.relation in before.relations and embed.foreign_relation in before.relations:
            yield _Finding("can be embedded", is_breaking=False)
    elif new is None:
        if embed.relation in after.relations and embed.foreign_relation in after.relations:
            yield _Finding("can no longer be embedded", is_breaking=True)
    elif old != new:
        yield _Finding(f"embed: {old} → {new}", is_breaking=True)


def _ways(offer: Offer) -> Counter[tuple[QualifiedName, QualifiedName]]:
    return Counter((embed.relation, embed.foreign_relation) for embed in offer.embeds)


def _way(embed: Embed) -> str:
    return f"{embed.relation} → {embed.foreign_relation}!{embed.hint}"


def _signature(name: QualifiedName, routine: RoutineOffer) -> str:
    return f"{name}({', '.join(map(_parameter, routine.parameters))})"


def _parameter(parameter: Parameter) -> str:
    optional = "" if parameter.required else " default"
    return f"{parameter.name} {parameter.type}".strip() + optional


def _presence(name: QualifiedName, subject: str, *, is_new: bool) -> Change:
    what = "is new" if is_new else "is gone"
    return Change(name.schema, subject, what, not is_new, name)


def _change(name: QualifiedName, subject: str, finding: _Finding) -> Change:
    return Change(name.schema, subject, finding.what, finding.is_breaking, name)
