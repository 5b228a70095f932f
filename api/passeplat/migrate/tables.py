"""A table before and after goes in, the statements that alter it and keep its rows come out."""

from collections.abc import Iterator
from dataclasses import dataclass

from passeplat.migrate.model import ColumnFact, Loss, TableFact
from passeplat.names import QualifiedName, literal, quote, quote_qualified

_KINDS = {"a": "always", "d": "by default"}
_STORED = {"s": "stored", "v": "virtual"}


@dataclass(frozen=True, slots=True)
class Alteration:
    statements: tuple[str, ...]
    losses: tuple[Loss, ...]
    frees_columns: bool  # a column goes or changes its type: what reads the table must stand aside
    refusals: tuple[str, ...]


def alter(name: QualifiedName, before: TableFact, after: TableFact) -> Alteration:
    old, new = before.columns, after.columns
    gone = [column for column in old if column not in new]
    kept = [(old[column], new[column]) for column in new if column in old]
    return Alteration(
        statements=tuple(_statements(name, before, after)),
        losses=tuple(Loss(name, column) for column in gone),
        frees_columns=bool(gone) or any(_type(a) != _type(b) for a, b in kept),
        refusals=tuple(refusal for a, b in kept for refusal in _refusals(a, b)),
    )


def set_default(name: QualifiedName, column: ColumnFact) -> str:
    return f"{_alter_column(name, column)} set default {column.expression};"


def drop_default(name: QualifiedName, column: ColumnFact) -> str:
    return f"{_alter_column(name, column)} drop default;"


def add_check(name: QualifiedName, check: str, definition: str) -> str:
    return f"{_alter(name)} add constraint {quote(check)} {definition};"


def drop_check(name: QualifiedName, check: str) -> str:
    return f"{_alter(name)} drop constraint if exists {quote(check)};"


def new_labels(
    name: QualifiedName, before: tuple[str, ...], after: tuple[str, ...]
) -> tuple[str, ...] | None:
    """What adds the labels; None if one is gone or elsewhere, which cannot be done."""
    if [label for label in after if label in before] != list(before):
        return None
    return tuple(
        f"alter type {quote_qualified(name)} add value if not exists {literal(label)}"
        + (f" after {literal(after[place - 1])};" if place else f" before {literal(before[0])};")
        for place, label in enumerate(after)
        if label not in before
    )


def _statements(name: QualifiedName, before: TableFact, after: TableFact) -> Iterator[str]:
    old, new = before.columns, after.columns
    for check, definition in before.checks.items():
        if after.checks.get(check) != definition:
            yield drop_check(name, check)
    yield from (_drop_column(name, old[each]) for each in old if each not in new)
    for column in (column for column in new.values() if column.is_local):
        if column.name in old:
            yield from _changes(name, old[column.name], column)
        else:
            yield f"{_alter(name)} add column {_definition(column)};"
    for check, definition in after.checks.items():
        if before.checks.get(check) != definition:
            yield add_check(name, check, definition)
    if before.force_row_security != after.force_row_security:
        no = "" if after.force_row_security else "no "
        yield f"{_alter(name)} {no}force row level security;"


def _changes(name: QualifiedName, old: ColumnFact, new: ColumnFact) -> Iterator[str]:
    """A default steps aside while the type changes: it may have no cast of its own."""
    alter_column = _alter_column(name, new)
    retyped = _type(old) != _type(new)
    if old.identity and not new.identity:
        yield f"{alter_column} drop identity;"
    if old.generated and not new.generated:
        yield f"{alter_column} drop expression;"
    had_default = old.expression is not None and not old.generated
    if had_default and (retyped or new.expression is None):
        yield drop_default(name, old)
    if retyped:
        yield f"{alter_column} type {_type(new)};"
    if new.expression is not None and (retyped or old.expression != new.expression):
        if new.generated:
            yield f"{alter_column} set expression as ({new.expression});"
        else:
            yield set_default(name, new)
    if old.not_null != new.not_null:
        yield _set_not_null(name, new) if new.not_null else f"{alter_column} drop not null;"
    if new.identity and not old.identity:
        yield f"{alter_column} add {_identity(new)};"
    elif new.identity != old.identity and new.identity:
        yield f"{alter_column} set generated {_KINDS[new.identity]};"


def _refusals(old: ColumnFact, new: ColumnFact) -> Iterator[str]:
    if new.generated and old.generated != new.generated:
        yield f"its column {new.name} would be generated, which needs a new column"
    if old.is_local != new.is_local:
        yield f"its column {new.name} would be inherited, or no longer"


def _definition(column: ColumnFact) -> str:
    parts = [quote(column.name), _type(column)]
    if column.generated:
        stored = _STORED[column.generated]
        parts.append(f"generated always as ({column.expression}) {stored}")
    elif column.expression is not None:
        parts.append(f"default {column.expression}")
    if column.identity:
        parts.append(_identity(column))
    if column.not_null:
        named = column.not_null_name
        parts.append((f"constraint {quote(named)} " if named else "") + "not null")
    return " ".join(parts)


def _identity(column: ColumnFact) -> str:
    return f"generated {_KINDS[column.identity]} as identity"


def _set_not_null(name: QualifiedName, column: ColumnFact) -> str:
    if column.not_null_name:
        constraint = quote(column.not_null_name)
        return f"{_alter(name)} add constraint {constraint} not null {quote(column.name)};"
    return f"{_alter_column(name, column)} set not null;"


def _drop_column(name: QualifiedName, column: ColumnFact) -> str:
    return f"{_alter(name)} drop column {quote(column.name)};"


def _type(column: ColumnFact) -> str:
    return f"{column.type} collate {column.collation}" if column.collation else column.type


def _alter(name: QualifiedName) -> str:
    return f"alter table {quote_qualified(name)}"


def _alter_column(name: QualifiedName, column: ColumnFact) -> str:
    return f"{_alter(name)} alter column {quote(column.name)}"
