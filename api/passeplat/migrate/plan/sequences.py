"""A sequence before and after goes in, the steps that alter it and keep where it is come out."""

from collections.abc import Iterator

from passeplat.migrate.model import Fact, SequenceFact
from passeplat.migrate.plan.alteration import Alteration, Step
from passeplat.names import QualifiedName, literal, quote, quote_qualified


def is_of_identity(fact: Fact) -> bool:
    """A sequence that comes and goes with its column."""
    return "ADD GENERATED" in fact.create


def alter(
    name: QualifiedName, before: SequenceFact, after: SequenceFact, create: str
) -> Alteration:
    """`create` is what makes it."""
    if before.is_identity != after.is_identity:
        return Alteration(steps=tuple(_exchange(name, before, create)))
    return Alteration(steps=tuple(_steps(name, before, after)))


def set_owner(name: QualifiedName, sequence: SequenceFact) -> str:
    column = "none"
    if sequence.owner is not None and sequence.owner_column is not None:
        column = f"{quote_qualified(sequence.owner)}.{quote(sequence.owner_column)}"
    return f"alter sequence {quote_qualified(name)} owned by {column};"


def _steps(name: QualifiedName, before: SequenceFact, after: SequenceFact) -> Iterator[Step]:
    if _options(before) != _options(after):
        yield Step(f"alter sequence {quote_qualified(name)} {_options(after)};")
    if before.persistence != after.persistence:
        kind = "unlogged" if after.persistence == "u" else "logged"
        yield Step(f"alter sequence {quote_qualified(name)} set {kind};")


def _options(sequence: SequenceFact) -> str:
    cycle = "cycle" if sequence.cycle else "no cycle"
    return (
        f"as {sequence.type} start {sequence.start} increment {sequence.increment}"
        f" minvalue {sequence.minimum} maxvalue {sequence.maximum}"
        f" cache {sequence.cache} {cycle}"
    )


def _exchange(name: QualifiedName, before: SequenceFact, create: str) -> Iterator[Step]:
    """An identity's sequence and a plain one cannot become each other: the new one goes on where
    the old one was."""
    aside = QualifiedName(name.schema, f"{name.name}__old")
    if before.is_identity and before.owner and before.owner_column:
        yield Step(f"create sequence {quote_qualified(aside)};")
        yield Step(continue_from(aside, name))
        table, column = quote_qualified(before.owner), quote(before.owner_column)
        yield Step(f"alter table {table} alter column {column} drop identity if exists;")
    else:
        yield Step(f"alter sequence {quote_qualified(name)} owned by none;")
        yield Step(f"alter sequence {quote_qualified(name)} rename to {quote(aside.name)};")
    yield Step(create)
    yield Step(continue_from(name, aside))
    yield Step(f"drop sequence {quote_qualified(aside)};")


def continue_from(name: QualifiedName, old: QualifiedName) -> str:
    sequence = f"pg_catalog.setval({literal(quote_qualified(name))}, last_value, is_called)"
    return f"select {sequence} from {quote_qualified(old)};"
