"""A project goes in, what CI has to say of its migrations comes out.

Applied from nothing they must lead to what `db/` says, each from the state and to the state that
its header names; their hazards must have been allowed; row level security must be closed.
"""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from passeplat.config import Config
from passeplat.migrate.allowance import not_allowed
from passeplat.migrate.compare import differences, render_difference
from passeplat.migrate.data import pending_steps
from passeplat.migrate.database import connected
from passeplat.migrate.files import read_sources
from passeplat.migrate.fingerprint import canonical, fingerprint
from passeplat.migrate.lint import (
    acceptances,
    lint,
    malformed,
    needless,
    open_findings,
    render_finding,
)
from passeplat.migrate.model import Difference, Hazard, Snapshot, Sources
from passeplat.migrate.scratch import Scratch, scratch_server
from passeplat.migrate.script import Header, Script, read_script
from passeplat.migrate.state import database_of, replaying
from passeplat.migrate.words import describe

_MOST_LINES = 40


@dataclass(frozen=True, slots=True)
class Verdict:
    """Of one question: what was asked, and what speaks against it."""

    question: str
    faults: tuple[str, ...]
    exit_status: int = 1  # if there are faults

    @property
    def is_good(self) -> bool:
        return not self.faults


async def check(project: Path, config: Config, environ: Mapping[str, str]) -> tuple[Verdict, ...]:
    """Raises SqlFailed where files do not load, SettingError."""
    sources = read_sources(project / "db")
    async with scratch_server(environ) as scratch:
        final = await database_of(str(project / "db"), scratch)
        wanted, rls = await asyncio.gather(scratch.snapshot(final), _lint(final, config, sources))
        steps, reached = await _replay(sources, scratch)
    return (
        Verdict("Each migration leads from the state to the state it says", tuple(steps)),
        Verdict("The migrations lead to db/", tuple(_missing(reached, wanted, sources))),
        Verdict("What they do was allowed", tuple(_unallowed(sources)), exit_status=2),
        Verdict("Row level security is closed", rls),
    )


async def _replay(sources: Sources, scratch: Scratch) -> tuple[list[str], Snapshot]:
    """What is wrong with single files, and where all of them lead to."""
    url = await scratch.empty()
    faults: list[str] = []
    snapshot = await scratch.snapshot(url)
    async for script in replaying(url, sources.migrations):
        before, snapshot = snapshot, await scratch.snapshot(url)
        faults += _proof_faults(script, before, snapshot)
    return faults, snapshot


def _proof_faults(script: Script, before: Snapshot, after: Snapshot) -> Iterator[str]:
    if script.header is None:
        return
    if fingerprint(canonical(before)) != script.header.source:
        yield f"{script.file.path}: it does not begin with the state that the files before it make"
    elif fingerprint(canonical(after)) != script.header.target:
        yield (
            f"{script.file.path}: it does not lead to the state it was proved to reach: it was"
            " changed by hand, or this is another version of PostgreSQL"
        )


def _missing(reached: Snapshot, wanted: Snapshot, sources: Sources) -> Iterator[str]:
    lines = [line for each in differences(reached, wanted) for line in _shown(each)]
    lines += [f"{step.path}:{step.line}: a data step" for step in pending_steps(sources)]
    if not reached.roles.means(wanted.roles):
        lines.append("roles, or who is a member of them")
    if lines:
        yield "db/ says more than they do: `passeplat diff --write NAME` makes what is missing"
        yield from lines[:_MOST_LINES]
        if len(lines) > _MOST_LINES:
            yield f"… and {len(lines) - _MOST_LINES} lines more"


def _shown(difference: Difference) -> Iterator[str]:
    yield describe(difference.identity)
    yield from (f"  {line}" for line in render_difference(difference))


def _unallowed(sources: Sources) -> Iterator[str]:
    for header, path in ((read_script(file).header, file.path) for file in sources.migrations):
        for hazard in sorted(h.value for h in _of(header)):
            yield f"{path}: {hazard}"


def _of(header: Header | None) -> frozenset[Hazard]:
    return frozenset() if header is None else not_allowed(header.hazards, header.allowed)


async def _lint(url: str, config: Config, sources: Sources) -> tuple[str, ...]:
    async with connected(url) as connection:
        found = await lint(connection, config.db_schemas)
    accepted = acceptances(sources)
    return (
        *(line for each in open_findings(found, accepted) for line in render_finding(each)),
        *(
            f"{each.path}:{each.line}: what it accepts is not there: remove the line"
            for each in needless(found, accepted)
        ),
        *(f"{place}: write `-- @accept RULE WHAT: why`" for place in malformed(sources)),
    )
