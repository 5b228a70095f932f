"""A live database, and what its migrations say of it; what it has drifted from them comes out."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from passeplat.errors import PasseplatError
from passeplat.migrate.compare import render_difference
from passeplat.migrate.fingerprint import canonical
from passeplat.migrate.model import Difference
from passeplat.migrate.record import State
from passeplat.migrate.toc import take_snapshot
from passeplat.migrate.words import describe
from passeplat.postgres.binaries import find_binaries

_MOST_LINES = 60


@dataclass(frozen=True, slots=True)
class Look:
    """How to see the schema of a live database. Binaries are looked for when they are needed:
    a migration written by hand needs none."""

    url: str
    environ: Mapping[str, str]

    async def __call__(self) -> State:
        """Raises SettingError without pg_dump, ToolFailed, ConnectionFailed."""
        binaries = find_binaries(self.environ)
        return canonical(await take_snapshot(self.url, binaries, self.environ))


class Drifted(PasseplatError):
    """The live database is not what the next migration begins with."""

    def __init__(self, name: str, left: State | None, live: State) -> None:
        super().__init__("\n".join(_told(name, left, live)))


def drift(left: State, live: State) -> tuple[Difference, ...]:
    """From how the last migration left the schema to how it is."""
    changed = (
        Difference(identity, left.get(identity), text)
        for identity, text in live.items()
        if left.get(identity) != text
    )
    gone = (Difference(identity, left[identity], None) for identity in left if identity not in live)
    return (*changed, *gone)


def render_drift(found: Iterable[Difference]) -> Iterator[str]:
    """Lines: `-` as the migrations left it, `+` as it is."""
    lines = [line for difference in found for line in _one(difference)]
    yield from lines[:_MOST_LINES]
    if len(lines) > _MOST_LINES:
        yield f"  … and {len(lines) - _MOST_LINES} lines more"


def _one(difference: Difference) -> Iterator[str]:
    yield f"  {describe(difference.identity)}"
    yield from (f"    {line}" for line in render_difference(difference))


def _told(name: str, left: State | None, live: State) -> Iterator[str]:
    yield f"The database is not what {name} begins with, so nothing was changed."
    if left is None:
        yield (
            "No migration that left a record of the schema was applied here. See what is different"
            " with `passeplat diff --from db/migrations --to` and the URL of the database"
        )
        return
    yield "Somebody changed it by hand since the last migration (- before, + now):"
    yield from render_drift(drift(left, live))
    yield (
        "Undo that there; if it should stay, put it into db/ and into a migration that is applied"
        " before this one"
    )
