"""What became of a change of the files: values for whoever shows them."""

from dataclasses import dataclass
from typing import TypeAlias

from passeplat.migrate.model import Fault, Obstacle


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The files mean what they meant."""


@dataclass(frozen=True, slots=True)
class Applied:
    summary: str  # "changed view v1.todos"


@dataclass(frozen=True, slots=True)
class Broken:
    """The files do not load: the database is as it was."""

    faults: tuple[Fault, ...]
    waiting: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """The files load, but rows are in the way: the database is as it was."""

    obstacles: tuple[Obstacle, ...]


Outcome: TypeAlias = Unchanged | Applied | Broken | Refused
