"""The hazards of a migration: which it has, which somebody must allow, and how a step gets one."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from passeplat.errors import PasseplatError
from passeplat.migrate.model import Hazard, Migration, Phase, Step

# Nearly every change takes that lock for a moment, and whoever applies it does not wait for long.
NEED_NOT_BE_ALLOWED = frozenset({Hazard.ACQUIRES_ACCESS_EXCLUSIVE_LOCK})


class NotAllowed(PasseplatError):
    """A migration does what nobody has allowed."""

    def __init__(self, hazards: Iterable[Hazard], details: Iterable[str] = ()) -> None:
        self.hazards = frozenset(hazards)
        names = sorted(hazard.value for hazard in self.hazards)
        options = " ".join(f"--allow {name}" for name in names)
        lines = (*details, f"Nobody has allowed {', '.join(names)}: if it is meant so, {options}")
        super().__init__("\n".join(lines))


def hazards_in(migration: Migration) -> frozenset[Hazard]:
    steps = (step for phase in migration.phases for step in phase.steps)
    return frozenset(hazard for step in steps for hazard in step.hazards)


def not_allowed(found: Iterable[Hazard], allowed: Iterable[Hazard]) -> frozenset[Hazard]:
    return frozenset(found) - frozenset(allowed) - NEED_NOT_BE_ALLOWED


def mark(migration: Migration, hazard: Hazard, which: Callable[[Step], bool]) -> Migration:
    def marked(step: Step) -> Step:
        return replace(step, hazards=step.hazards | {hazard}) if which(step) else step

    def phase(each: Phase) -> Phase:
        return replace(each, steps=tuple(map(marked, each.steps)))

    return replace(migration, phases=tuple(map(phase, migration.phases)))
