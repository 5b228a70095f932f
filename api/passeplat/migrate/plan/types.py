"""A type before and after goes in, the steps that alter it where its values are kept come out; None
where it must be made again."""

from collections.abc import Iterator, Mapping

from passeplat.migrate.model import ColumnFact, DomainFact
from passeplat.migrate.plan.alteration import Alteration, Step
from passeplat.migrate.plan.columns import full_type
from passeplat.names import QualifiedName, literal, quote, quote_qualified


def new_labels(
    name: QualifiedName, before: tuple[str, ...], after: tuple[str, ...]
) -> tuple[str, ...] | None:
    """What adds the labels; None if one is gone or elsewhere, which cannot be done."""
    if [label for label in after if label in before] != list(before):
        return None
    return tuple(
        f"alter type {quote_qualified(name)} add value if not exists {literal(label)}"
        + _place(after, place, before)
        for place, label in enumerate(after)
        if label not in before
    )


def _place(after: tuple[str, ...], place: int, before: tuple[str, ...]) -> str:
    if place:
        return f" after {literal(after[place - 1])};"
    return f" before {literal(before[0])};" if before else ";"


def alter_composite(
    name: QualifiedName, before: Mapping[str, ColumnFact], after: Mapping[str, ColumnFact]
) -> Alteration | None:
    kept = [each for each in before if each in after]
    new = [each for each in after if each not in before]
    if [*kept, *new] != list(after):
        return None
    return Alteration(steps=tuple(map(Step, _attributes(name, before, after))))


def _attributes(
    name: QualifiedName, before: Mapping[str, ColumnFact], after: Mapping[str, ColumnFact]
) -> Iterator[str]:
    alter = f"alter type {quote_qualified(name)}"
    for each in before:
        if each not in after:
            yield f"{alter} drop attribute if exists {quote(each)} cascade;"
    for each, attribute in after.items():
        if each not in before:
            yield f"{alter} add attribute {quote(each)} {full_type(attribute)} cascade;"
        elif full_type(before[each]) != full_type(attribute):
            yield f"{alter} alter attribute {quote(each)} type {full_type(attribute)} cascade;"


def alter_domain(name: QualifiedName, before: DomainFact, after: DomainFact) -> Alteration | None:
    if (before.type, before.collation) != (after.type, after.collation):
        return None
    return Alteration(steps=tuple(map(Step, _domain(name, before, after))))


def _domain(name: QualifiedName, before: DomainFact, after: DomainFact) -> Iterator[str]:
    alter = f"alter domain {quote_qualified(name)}"
    for change in (*_checks(before, after), *_default(before, after), *_not_null(before, after)):
        yield f"{alter} {change};"


def _checks(before: DomainFact, after: DomainFact) -> Iterator[str]:
    old, new = dict(before.checks), dict(after.checks)
    for check, definition in old.items():
        if not _can_become(definition, new.get(check, "")):
            yield f"drop constraint if exists {quote(check)}"
    for check, definition in new.items():
        if not _can_become(old.get(check, ""), definition):
            yield f"add constraint {quote(check)} {definition}"
        elif old[check] != definition:
            yield f"validate constraint {quote(check)}"


def _default(before: DomainFact, after: DomainFact) -> Iterator[str]:
    if before.expression != after.expression:
        has = after.expression is not None
        yield f"set default {after.expression}" if has else "drop default"


def _not_null(before: DomainFact, after: DomainFact) -> Iterator[str]:
    was = (before.not_null, before.not_null_name)
    if was == (after.not_null, after.not_null_name):
        return
    if before.not_null:
        yield "drop not null"
    if after.not_null and after.not_null_name:
        yield f"add constraint {quote(after.not_null_name)} not null"
    elif after.not_null:
        yield "set not null"


def _can_become(old: str, new: str) -> bool:
    """The same, or it needs no more than to be validated."""
    return old == new or old.removesuffix(" NOT VALID") == new
