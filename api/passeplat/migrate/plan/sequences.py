"""A sequence before and after goes in, the steps that alter it and keep where it is come out."""

from collections.abc import Iterator

from passeplat.migrate.model import Fact, SequenceFact
from passeplat.migrate.plan.alteration import Alteration, Step
from passeplat.names import QualifiedName, literal, quote, quote_qualified

_TYPES = ("smallint", "integer", "bigint")


def is_of_identity(fact: Fact) -> bool:
    """A sequence that comes and goes with its column."""
    return "ADD GENERATED" in fact.create


def alter(
    name: QualifiedName, before: SequenceFact, after: SequenceFact, create: str
) -> Alteration:
    """`create` is what makes it."""
    if before.is_identity == after.is_identity:
        return Alteration(steps=tuple(_steps(name, before, after)))
    return Alteration(off=tuple(_aside(name, before)), steps=tuple(_exchange(name, create)))


def _steps(name: QualifiedName, before: SequenceFact, after: SequenceFact) -> Iterator[Step]:
    if _options(before) != _options(after):
        if before.minimum < after.minimum or before.maximum > after.maximum:
            yield from _clamp(name, before, after)
        yield Step(f"alter sequence {quote_qualified(name)} {_options(after)};")
    if before.persistence != after.persistence:
        kind = "unlogged" if after.persistence == "u" else "logged"
        yield Step(f"alter sequence {quote_qualified(name)} set {kind};")


def _clamp(name: QualifiedName, before: SequenceFact, after: SequenceFact) -> Iterator[Step]:
    """Where it is must be within its bounds, of which there are both until it is."""
    sequence = quote_qualified(name)
    lowest, highest = min(before.minimum, after.minimum), max(before.maximum, after.maximum)
    widest = max(before.type, after.type, key=_TYPES.index)
    yield Step(f"alter sequence {sequence} as {widest} minvalue {lowest} maxvalue {highest};")
    value = f"least(greatest(last_value, {after.minimum}), {after.maximum})"
    yield Step(
        f"select pg_catalog.setval({literal(sequence)}, {value}, is_called) from {sequence};"
    )


def _options(sequence: SequenceFact) -> str:
    cycle = "cycle" if sequence.cycle else "no cycle"
    return (
        f"as {sequence.type} start {sequence.start} increment {sequence.increment}"
        f" minvalue {sequence.minimum} maxvalue {sequence.maximum}"
        f" cache {sequence.cache} {cycle}"
    )


def aside(name: QualifiedName) -> QualifiedName:
    return QualifiedName(name.schema, f"{name.name}__old")


def _aside(name: QualifiedName, before: SequenceFact) -> Iterator[Step]:
    """An identity's sequence and a plain one cannot become each other: where the old one is, the
    new one goes on."""
    if before.is_identity and before.owner and before.owner_column:
        yield Step(f"create sequence {quote_qualified(aside(name))};")
        yield Step(continue_from(aside(name), name))
        table, column = quote_qualified(before.owner), quote(before.owner_column)
        yield Step(f"alter table {table} alter column {column} drop identity if exists;")
    else:
        yield Step(f"alter sequence {quote_qualified(name)} owned by none;")
        yield Step(f"alter sequence {quote_qualified(name)} rename to {quote(aside(name).name)};")


def _exchange(name: QualifiedName, create: str) -> Iterator[Step]:
    yield Step(create)
    yield Step(continue_from(name, aside(name)))
    yield Step(f"drop sequence {quote_qualified(aside(name))};")


def continue_from(name: QualifiedName, old: QualifiedName) -> str:
    sequence = f"pg_catalog.setval({literal(quote_qualified(name))}, last_value, is_called)"
    return f"select {sequence} from {quote_qualified(old)};"
