"""A migration goes in, the plan a person reads before it runs comes out: lines of styled text.

    + table app.labels
    ~ table app.todos                      locks: AccessExclusiveLock
        alter table "app"."todos" add column "due_on" date;
    - view v1.old                          DELETES_DATA

What is created, changed, destroyed; under what changes, how.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rich.text import Text

from passeplat.migrate.model import Effect, Hazard, Identity, Migration, Step
from passeplat.migrate.words import describe

_SIGNS = {
    Effect.CREATES: ("+", "green", "to create"),
    Effect.CHANGES: ("~", "yellow", "to change"),
    Effect.DESTROYS: ("-", "red", "to destroy"),
}
_LONGEST = 100  # characters of a statement
_HARMLESS = {"ShareUpdateExclusiveLock"}
_MEANINGS = {
    Hazard.DELETES_DATA: "what tables hold is gone afterwards",
    Hazard.ACQUIRES_ACCESS_EXCLUSIVE_LOCK: "nobody can read or write the table meanwhile",
    Hazard.REWRITES_TABLE: "every row is written anew: it takes as long as there are rows",
    Hazard.MAY_FAIL_ON_DATA: "rows may contradict it: then nothing is changed",
    Hazard.AUTHZ_UPDATE: "who may do what changes",
    Hazard.BREAKS_API: "clients of the API may break",
}


@dataclass(frozen=True, slots=True)
class _Thing:
    identity: Identity
    steps: tuple[Step, ...]

    @property
    def effect(self) -> Effect:
        return self.steps[0].effect


def render_plan(migration: Migration) -> Iterator[Text]:
    steps = [step for phase in migration.phases for step in phase.steps]
    if not steps:
        yield Text("Nothing to do: the two are the same.")
        return
    things = tuple(_things(steps))
    for thing in things:
        yield from _thing(thing)
    yield Text()
    yield from _hazards(steps)
    yield _summary(things)


def _things(steps: Sequence[Step]) -> Iterator[_Thing]:
    """In the order in which they are first met."""
    for identity in dict.fromkeys(step.identity for step in steps):
        yield _Thing(identity, tuple(step for step in steps if step.identity == identity))


def _thing(thing: _Thing) -> Iterator[Text]:
    sign, style, _ = _SIGNS[thing.effect]
    line = Text(f"  {sign} {describe(thing.identity)}", style)
    for word in _remarks(thing.steps):
        line.append(f"  {word}", "bold red" if word in Hazard.__members__ else "dim")
    yield line
    if thing.effect is Effect.CHANGES:
        yield from (Text(f"      {_short(step.sql)}", "dim") for step in thing.steps)


def _remarks(steps: Iterable[Step]) -> Iterator[str]:
    """Hazards; and locks that are none, but are felt."""
    hazards = {hazard for step in steps for hazard in step.hazards}
    yield from (hazard.value for hazard in Hazard if hazard in hazards)
    locks = {step.lock for step in steps if step.lock} - _HARMLESS - {"AccessExclusiveLock"}
    yield from sorted(locks)


def _short(sql: str) -> str:
    line = " ".join(sql.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def _hazards(steps: Iterable[Step]) -> Iterator[Text]:
    found = {hazard for step in steps for hazard in step.hazards}
    for hazard in Hazard:
        if hazard in found:
            yield Text(f"  {hazard.value}", "bold red").append(f"  {_MEANINGS[hazard]}", "default")
    if found:
        yield Text()


def _summary(things: Sequence[_Thing]) -> Text:
    counts = (
        f"{sum(thing.effect is effect for thing in things)} {words}"
        for effect, (_, _, words) in _SIGNS.items()
    )
    return Text(f"Proved on a copy: {', '.join(counts)}.", "bold")
