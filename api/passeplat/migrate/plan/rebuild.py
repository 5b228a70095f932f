"""A table that cannot be altered goes in, what makes it anew beside the old one and moves the rows
comes out."""

from collections.abc import Iterator

from passeplat.migrate.model import ColumnFact, Loss, Snapshot, TableFact
from passeplat.migrate.plan.alteration import Step
from passeplat.migrate.plan.sequences import aside, continue_from
from passeplat.names import QualifiedName, quote, quote_qualified


def rename_aside(name: QualifiedName, before: Snapshot) -> Iterator[str]:
    for sequence in _identities(name, before):
        yield _renamed("sequence", sequence)
    yield _renamed("table", name)


def take_over(name: QualifiedName, before: Snapshot, after: Snapshot) -> Iterator[Step]:
    """The rows, where the sequences are, and the end of the old one."""
    old, new = before.tables[name], after.tables[name]
    yield from _copy(name, old, new)
    sequences = set(_identities(name, after))
    for sequence in _identities(name, before):
        if sequence in sequences:
            yield Step(continue_from(sequence, aside(sequence)))
    yield Step(f"drop table {quote_qualified(aside(name))};")


def losses(name: QualifiedName, before: Snapshot, after: Snapshot) -> Iterator[Loss]:
    old, new = before.tables[name], after.tables[name]
    kept = {column.name for column in _common(old, new)}
    for column in old.columns.values():
        if column.name not in kept and not column.generated:
            yield Loss(name, column.name)


def _copy(name: QualifiedName, old: TableFact, new: TableFact) -> Iterator[Step]:
    common = list(_common(old, new))
    if not common:
        return
    targets = ", ".join(quote(column.name) for column in common)
    plain = ", ".join(_value(old, column, "") for column in common)
    as_text = ", ".join(_value(old, column, "::text") for column in common)
    into = f"insert into {quote_qualified(name)} ({targets}) overriding system value"
    source = f"from {'' if old.kind == 'p' else 'only '}{quote_qualified(aside(name))};"
    yield Step(f"{into} select {plain} {source}", (f"{into} select {as_text} {source}",))


def _common(old: TableFact, new: TableFact) -> Iterator[ColumnFact]:
    for column in new.columns.values():
        if column.name in old.columns and not column.generated:
            yield column


def _value(old: TableFact, column: ColumnFact, way: str) -> str:
    name = quote(column.name)
    is_same = old.columns[column.name].type == column.type
    return name if is_same else f"{name}{way}::{column.type}"


def _identities(name: QualifiedName, snapshot: Snapshot) -> Iterator[QualifiedName]:
    for sequence_name, sequence in snapshot.sequences.items():
        if sequence.is_identity and sequence.owner == name:
            yield sequence_name


def _renamed(kind: str, name: QualifiedName) -> str:
    return f"alter {kind} {quote_qualified(name)} rename to {quote(aside(name).name)};"
