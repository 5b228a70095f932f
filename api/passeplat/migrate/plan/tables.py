"""A table before and after goes in, the steps that alter it and keep its rows come out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from passeplat.migrate.model import CheckFact, ColumnFact, Loss, TableFact
from passeplat.migrate.plan import columns
from passeplat.migrate.plan.alteration import (
    Alteration,
    Step,
    as_mapping,
    change_options,
    change_settings,
)
from passeplat.names import QualifiedName, quote, quote_qualified

_REPLICA_IDENTITIES = {"d": "default", "f": "full", "n": "nothing"}
_KINDS = {"r": "a table", "p": "a partitioned table", "f": "a foreign table"}


@dataclass(frozen=True, slots=True)
class Around:
    """What the rest of the schema means to a table."""

    renewed: frozenset[str] = frozenset()  # types and collations that are others of the same name
    regenerated: frozenset[str] = frozenset()  # generated columns that must be made again
    loosened: frozenset[str] = (
        frozenset()
    )  # defaults and checks, by column or name, that step aside
    orphaned: frozenset[str] = frozenset()  # columns that go here and stay with a child
    identities: Mapping[str, str] = field(default_factory=dict)  # sequence options by column


def alter(
    name: QualifiedName, before: TableFact, after: TableFact, around: Around = Around()
) -> Alteration:
    gone = tuple(_gone(before, after))
    kept = [
        (before.columns[each], column)
        for each, column in after.columns.items()
        if each in before.columns
    ]
    moved = [(a, b) for a, b in kept if _is_moved(a, b, around)]
    remade = [a for a, b in kept if columns.is_remade(a, b) and not a.generated]
    return Alteration(
        off=tuple(_off(name, before, after, around)),
        steps=tuple(_steps(name, before, after, around)),
        on=tuple(_on(name, before, after, around)),
        losses=tuple(Loss(name, column.name) for column in (*gone, *remade)),
        disturbed=frozenset((*(each.name for each in gone), *(each.name for each, _ in moved)))
        | around.regenerated,
        obstacles=tuple(_obstacles(before, after)),
    )


def add_check(name: QualifiedName, check: CheckFact) -> str:
    return f"{_alter(name)} add constraint {quote(check.name)} {check.definition};"


def drop_check(name: QualifiedName, check: CheckFact) -> str:
    return f"{_alter(name)} drop constraint if exists {quote(check.name)};"


def _gone(before: TableFact, after: TableFact) -> Iterator[ColumnFact]:
    for column in before.columns.values():
        if column.name not in after.columns and not _is_parents(column, before, after):
            yield column


def _is_parents(column: ColumnFact, before: TableFact, after: TableFact) -> bool:
    """It comes, changes and goes with the parent's."""
    still = (before.is_partition and after.is_partition) or bool(before.parents and after.parents)
    return still and column.is_inherited


def _is_moved(old: ColumnFact, new: ColumnFact, around: Around) -> bool:
    return (
        columns.is_retyped(old, new)
        or columns.is_remade(old, new)
        or (old.generated == "v" and not new.generated)
        or is_renewed(new, around)
    )


def is_renewed(column: ColumnFact, around: Around) -> bool:
    return bool({_bare(column.type), column.collation} & around.renewed)


def _bare(type_: str) -> str:
    return type_.removesuffix("[]")


def _obstacles(before: TableFact, after: TableFact) -> Iterator[str]:
    if before.kind != after.kind:
        yield f"it would be {_KINDS[after.kind]} instead of {_KINDS[before.kind]}"
    elif before.partition_key != after.partition_key:
        yield "it would be partitioned otherwise"
    if before.server != after.server:
        yield "it would be on another server"
    if before.kind != "f" and not before.is_partition and not after.is_partition:
        yield from (
            f"its column {column.name} would be inherited only"
            for column in after.columns.values()
            if _would_be_inherited(before, after, column)
        )


def _would_be_inherited(before: TableFact, after: TableFact, column: ColumnFact) -> bool:
    old = before.columns.get(column.name)
    if column.is_local or (old is not None and not old.is_local):
        return False
    return old is not None or set(before.parents) != set(after.parents)


def _off(
    name: QualifiedName, before: TableFact, after: TableFact, around: Around
) -> Iterator[Step]:
    for parent in before.parents:
        if parent not in after.parents:  # whose columns would otherwise go here too
            yield Step(f"{_alter(name)} no inherit {parent};")
    for column in before.columns.values():
        if column.name in around.regenerated:
            yield Step(columns.drop(name, column))
        elif column.name in around.loosened and not column.generated:
            yield Step(columns.drop_default(name, column))
    for check in before.checks.values():
        new = after.checks.get(check.name)
        stays = new is not None and _can_become(check, new) and check.name not in around.loosened
        if check.is_local and not stays:
            yield Step(drop_check(name, check))


def _on(name: QualifiedName, before: TableFact, after: TableFact, around: Around) -> Iterator[Step]:
    for column in after.columns.values():
        if column.name in around.regenerated:
            yield from columns.add(name, column)
        elif _has_loosened_default(column, around) and column.name in before.columns:
            yield Step(columns.set_default(name, column))
    for check in after.checks.values():
        if check.name in around.loosened and check.is_local:
            yield Step(add_check(name, check))


def _has_loosened_default(column: ColumnFact, around: Around) -> bool:
    is_default = column.expression is not None and not column.generated
    return is_default and column.name in around.loosened


def _without_default(column: ColumnFact, around: Around) -> ColumnFact:
    if column.name in around.loosened and not column.generated:
        return replace(column, expression=None)
    return column


def _steps(
    name: QualifiedName, before: TableFact, after: TableFact, around: Around
) -> Iterator[Step]:
    alter_ = _alter(name)
    if before.of_type and before.of_type != after.of_type:
        yield Step(f"{alter_} not of;")
    if before.persistence != after.persistence:
        yield Step(f"{alter_} set {'unlogged' if after.persistence == 'u' else 'logged'};")
    if before.access_method != after.access_method and after.access_method:
        yield Step(f"{alter_} set access method {quote(after.access_method)};")
    if not (before.of_type and before.of_type == after.of_type):
        yield from _columns(name, before, after, around)
    if after.of_type and before.of_type != after.of_type:
        yield Step(f"{alter_} of {after.of_type};")
    yield from (Step(f"{alter_} inherit {p};") for p in after.parents if p not in before.parents)
    yield from _checks_on(name, before, after, around)
    yield from _whole(name, before, after)


def _columns(
    name: QualifiedName, before: TableFact, after: TableFact, around: Around
) -> Iterator[Step]:
    for column in _gone(before, after):
        yield Step(columns.drop(name, column, only=column.name in around.orphaned))
    for column in _later_generated(after):
        old = before.columns.get(column.name)
        if column.name in around.regenerated:
            continue
        if old is None:
            if column.is_local and not _is_parents(column, before, after):
                yield from columns.add(name, column, around.identities.get(column.name, ""))
        elif old.is_local or column.is_local:
            was, will = _without_default(old, around), _without_default(column, around)
            yield from columns.change(name, was, will, is_renewed=is_renewed(column, around))
        else:
            yield from _inherited(name, old, column)


def _inherited(name: QualifiedName, old: ColumnFact, new: ColumnFact) -> Iterator[Step]:
    """Its own default, all the same."""
    if old.expression != new.expression and not new.generated:
        has_default = new.expression is not None
        step = columns.set_default if has_default else columns.drop_default
        yield Step(step(name, new))


def _later_generated(table: TableFact) -> Iterator[ColumnFact]:
    """What is generated may use columns that come first."""
    yield from (column for column in table.columns.values() if not column.generated)
    yield from (column for column in table.columns.values() if column.generated)


def _checks_on(
    name: QualifiedName, before: TableFact, after: TableFact, around: Around
) -> Iterator[Step]:
    for check in after.checks.values():
        old = before.checks.get(check.name)
        if check.name in around.loosened:
            continue
        if old is None or not _can_become(old, check):
            if check.is_local:
                yield Step(add_check(name, check))
        elif check.is_valid and not old.is_valid:
            yield Step(f"{_alter(name)} validate constraint {quote(check.name)};")


def _can_become(old: CheckFact, new: CheckFact) -> bool:
    if old.is_local != new.is_local and not new.is_local:
        return False
    same = old.definition.removesuffix(" NOT VALID") == new.definition.removesuffix(" NOT VALID")
    return same and (new.is_valid or not old.is_valid)


def _whole(name: QualifiedName, before: TableFact, after: TableFact) -> Iterator[Step]:
    alter_ = _alter(name)
    for change in change_settings(before.options, after.options):
        yield Step(f"{alter_} {change};")
    if before.replica_identity != after.replica_identity in _REPLICA_IDENTITIES:
        yield Step(f"{alter_} replica identity {_REPLICA_IDENTITIES[after.replica_identity]};")
    if before.force_row_security != after.force_row_security:
        no = "" if after.force_row_security else "no "
        yield Step(f"{alter_} {no}force row level security;")
    if options := change_options(as_mapping(before.fdw_options), as_mapping(after.fdw_options)):
        yield Step(f"alter foreign table {quote_qualified(name)} {options};")


def _alter(name: QualifiedName) -> str:
    return f"alter table {quote_qualified(name)}"
