"""A column before and after goes in, the steps that alter it and keep its values come out."""

from collections.abc import Iterator

from passeplat.migrate.model import ColumnFact
from passeplat.migrate.plan.alteration import Step, as_mapping, change_options, change_settings
from passeplat.names import QualifiedName, quote, quote_qualified

_IDENTITIES = {"a": "always", "d": "by default"}
_STORED = {"s": "stored", "v": "virtual"}
_STORAGES = {"p": "plain", "e": "external", "x": "extended", "m": "main", None: "default"}
_COMPRESSIONS = {"p": "pglz", "l": "lz4", "": "default"}


def is_remade(old: ColumnFact, new: ColumnFact) -> bool:
    """It must become generated, or otherwise generated: only a new column can."""
    return bool(new.generated) and old.generated != new.generated


def is_retyped(old: ColumnFact, new: ColumnFact) -> bool:
    return full_type(old) != full_type(new)


def full_type(column: ColumnFact) -> str:
    return f"{column.type} collate {column.collation}" if column.collation else column.type


def add(name: QualifiedName, column: ColumnFact, sequence: str = "") -> Iterator[Step]:
    """`sequence` has the options of an identity column's."""
    yield Step(f"{_alter(name)} add column {definition(column, sequence)};")
    yield from _details(name, ColumnFact(column.name, column.type), column)


def change(
    name: QualifiedName, old: ColumnFact, new: ColumnFact, *, is_renewed: bool
) -> Iterator[Step]:
    """`is_renewed`: its type is another one of the same name."""
    if is_remade(old, new):
        yield Step(drop(name, old))
        yield from add(name, new)
        return
    if old.generated and not new.generated:
        yield from _degenerate(name, old, new)
    yield from _identity_off(name, old, new)
    yield from _retype(name, old, new, is_renewed=is_renewed)
    yield from _not_null(name, old, new)
    yield from _identity_on(name, old, new)
    yield from _details(name, old, new)


def drop(name: QualifiedName, column: ColumnFact, *, only: bool = False) -> str:
    table = f"alter table only {quote_qualified(name)}" if only else _alter(name)
    return f"{table} drop column if exists {quote(column.name)};"


def set_default(name: QualifiedName, column: ColumnFact) -> str:
    return f"{_alter_column(name, column)} set default {column.expression};"


def drop_default(name: QualifiedName, column: ColumnFact) -> str:
    return f"{_alter_column(name, column)} drop default;"


def definition(column: ColumnFact, sequence: str = "") -> str:
    parts = [quote(column.name), full_type(column)]
    if column.generated:
        stored = _STORED[column.generated]
        parts.append(f"generated always as ({column.expression}) {stored}")
    elif column.expression is not None:
        parts.append(f"default {column.expression}")
    if column.not_null and column.not_null_valid:
        named = column.not_null_name
        parts.append((f"constraint {quote(named)} " if named else "") + "not null")
        if column.not_null_no_inherit:
            parts.append("no inherit")
    if column.identity:
        parts.append(f"generated {_IDENTITIES[column.identity]} as identity {sequence}")
    return " ".join(parts)


def _degenerate(name: QualifiedName, old: ColumnFact, new: ColumnFact) -> Iterator[Step]:
    if old.generated == "s":
        yield Step(f"{_alter_column(name, new)} drop expression;")
        return
    aside = ColumnFact(f"{new.name}__new", new.type, new.collation)
    yield Step(f"{_alter(name)} add column {definition(aside)};")
    copied = f"{quote(aside.name)} = {quote(old.name)}"
    yield Step(f"update {quote_qualified(name)} set {copied};")
    yield Step(drop(name, old))
    yield Step(f"{_alter(name)} rename column {quote(aside.name)} to {quote(new.name)};")


def _retype(
    name: QualifiedName, old: ColumnFact, new: ColumnFact, *, is_renewed: bool
) -> Iterator[Step]:
    """A default steps aside while the type changes: it may have no cast of its own."""
    retyped = is_renewed or is_retyped(old, new)
    had_default = old.expression is not None and not old.generated
    if had_default and (retyped or new.expression is None):
        yield Step(drop_default(name, old))
    if retyped:
        yield _type_step(name, old, new, is_renewed=is_renewed)
    if new.expression is None or not (retyped or old.expression != new.expression):
        return
    if not new.generated:
        yield Step(set_default(name, new))
    elif old.expression != new.expression:
        again = (drop(name, old), *(step.sql for step in add(name, new)))
        yield Step(
            f"{_alter_column(name, new)} set expression as ({new.expression});",
            instead=("\n".join(again),),
        )


def _type_step(name: QualifiedName, old: ColumnFact, new: ColumnFact, *, is_renewed: bool) -> Step:
    """By the cast of assignments, which loses nothing; else by an explicit one, else as text."""
    collation = f" collate {new.collation}" if new.collation else ""
    if old.collation and not new.collation:
        collation = ' collate pg_catalog."default"'
    plain = f"{_alter_column(name, new)} type {new.type}{collation}"
    if new.generated:
        return Step(f"{plain};")
    column = quote(new.name)
    as_text = f"{plain} using {column}::text{_brackets(new)}::{new.type};"
    if is_renewed:
        return Step(as_text, instead=(f"{plain} using {column}::text::{new.type};",))
    return Step(f"{plain};", instead=(f"{plain} using {column}::{new.type};", as_text))


def _brackets(column: ColumnFact) -> str:
    return "[]" if column.type.endswith("[]") else ""


def _not_null(name: QualifiedName, old: ColumnFact, new: ColumnFact) -> Iterator[Step]:
    if old.not_null and not new.not_null:
        yield Step(f"{_alter_column(name, new)} drop not null;")
        return
    if not new.not_null:
        return
    if not old.not_null or (old.not_null_valid and not new.not_null_valid):
        if old.not_null:
            yield Step(f"{_alter_column(name, new)} drop not null;")
        yield Step(set_not_null(name, new))
        return
    before, after = not_null_name(name, old), not_null_name(name, new)
    if before != after and old.not_null_local:
        yield Step(f"{_alter(name)} rename constraint {quote(before)} to {quote(after)};")
    if old.not_null_no_inherit != new.not_null_no_inherit:
        no = "no " if new.not_null_no_inherit else ""
        yield Step(f"{_alter(name)} alter constraint {quote(after)} {no}inherit;")
    if not old.not_null_valid and new.not_null_valid:
        yield Step(f"{_alter(name)} validate constraint {quote(after)};")


def set_not_null(name: QualifiedName, column: ColumnFact) -> str:
    plain = not column.not_null_no_inherit and column.not_null_valid
    if plain and column.not_null_name is None:
        return f"{_alter_column(name, column)} set not null;"
    no_inherit = " no inherit" if column.not_null_no_inherit else ""
    not_valid = "" if column.not_null_valid else " not valid"
    constraint = quote(not_null_name(name, column))
    added = f"add constraint {constraint} not null {quote(column.name)}{no_inherit}{not_valid}"
    return f"{_alter(name)} {added};"


def not_null_name(name: QualifiedName, column: ColumnFact) -> str:
    return column.not_null_name or f"{name.name}_{column.name}_not_null"


def _identity_off(name: QualifiedName, old: ColumnFact, new: ColumnFact) -> Iterator[Step]:
    if old.identity and not new.identity:
        yield Step(f"{_alter_column(name, new)} drop identity if exists;")


def _identity_on(name: QualifiedName, old: ColumnFact, new: ColumnFact) -> Iterator[Step]:
    """One that is new comes with its sequence, which is a fact of its own."""
    if old.identity and new.identity and old.identity != new.identity:
        yield Step(f"{_alter_column(name, new)} set generated {_IDENTITIES[new.identity]};")


def _details(name: QualifiedName, old: ColumnFact, new: ColumnFact) -> Iterator[Step]:
    alter = _alter_column(name, new)
    if old.storage != new.storage:
        yield Step(f"{alter} set storage {_STORAGES[new.storage]};")
    if old.compression != new.compression:
        yield Step(f"{alter} set compression {_COMPRESSIONS[new.compression]};")
    if old.statistics != new.statistics:
        yield Step(f"{alter} set statistics {new.statistics};")
    for change_ in change_settings(old.options, new.options):
        yield Step(f"{alter} {change_};")
    if options := change_options(as_mapping(old.fdw_options), as_mapping(new.fdw_options)):
        yield Step(f"{alter} {options};")


def _alter(name: QualifiedName) -> str:
    return f"alter table {quote_qualified(name)}"


def _alter_column(name: QualifiedName, column: ColumnFact) -> str:
    return f"{_alter(name)} alter column {quote(column.name)}"
