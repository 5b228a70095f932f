"""What changing one thing in place takes, and the small words its SQL is made of."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from passeplat.migrate.model import Loss
from passeplat.names import literal, quote


@dataclass(frozen=True, slots=True)
class Step:
    """A statement, and others that are tried in this order where it cannot be run."""

    sql: str
    instead: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Alteration:
    off: tuple[Step, ...] = ()  # what steps aside before anything is dropped
    steps: tuple[Step, ...] = ()
    on: tuple[Step, ...] = ()  # what comes back when everything is there
    losses: tuple[Loss, ...] = ()
    disturbed: frozenset[str] = frozenset()  # columns whose readers must stand aside
    obstacles: tuple[str, ...] = ()  # why it cannot be altered, in words


def change_settings(old: Iterable[str], new: Iterable[str]) -> Iterator[str]:
    """Of `name=value`: what follows `alter table x`."""
    before, after = as_mapping(old), as_mapping(new)
    if gone := [name for name in before if name not in after]:
        yield f"reset ({', '.join(gone)})"
    if set_ := [f"{n}={literal(v)}" for n, v in after.items() if before.get(n) != v]:
        yield f"set ({', '.join(set_)})"


def change_options(old: Mapping[str, str], new: Mapping[str, str]) -> str:
    """Of something foreign: `options (add …)`, or nothing."""
    changes = (
        *(f"drop {quote(name)}" for name in old if name not in new),
        *(
            f"{'set' if name in old else 'add'} {quote(name)} {literal(value)}"
            for name, value in new.items()
            if old.get(name) != value
        ),
    )
    return f"options ({', '.join(changes)})" if changes else ""


def as_mapping(settings: Iterable[str]) -> dict[str, str]:
    pairs = (each.partition("=") for each in settings)
    return {name: value for name, _, value in pairs}
