"""`passeplat migrate` and `passeplat status`: the project's files and a database URL in, what was
or would be done on the terminal."""

import asyncio
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from passeplat.cli.terminal import Teller, make_console
from passeplat.config import Sources
from passeplat.errors import PasseplatError
from passeplat.migrate.apply import Applied, Survey, migrate, rehearse, state_left, survey
from passeplat.migrate.drift import Look, drift, render_drift
from passeplat.migrate.files import read_sources
from passeplat.migrate.record import BASELINE, Entry
from passeplat.migrate.script import Script


def run_migrations(project: Path, file: str | None, database: str | None, to: str | None) -> None:
    """Raises PasseplatError."""
    with Teller() as teller:
        look = Look(_url(file, database), os.environ)
        applied = asyncio.run(migrate(look, read_sources(project / "db"), teller.tell, to=to))
    for line in _outcome(applied):
        click.echo(line)


def show_pending(project: Path, file: str | None, database: str | None, to: str | None) -> None:
    """What `run_migrations` would do. Raises PasseplatError."""
    sources = read_sources(project / "db")
    found = asyncio.run(rehearse(Look(_url(file, database), os.environ), sources, to))
    for script in found.pending:
        click.echo(f"Would apply {script.name}: {_described(script)}.")
    if not found.pending:
        click.echo("Nothing to apply.")


def show_status(project: Path, file: str | None, database: str | None) -> None:
    """Raises PasseplatError."""
    url = _url(file, database)
    found = asyncio.run(survey(url, read_sources(project / "db")))
    console = make_console()
    for name, state, style in _states(found):
        console.print(f"{name}  {state}", style=style)
    for line in asyncio.run(_drift(url)):
        console.print(line)


def _url(file: str | None, database: str | None) -> str:
    overrides = {} if database is None else {"db-uri": database}
    return Sources(os.environ, file, overrides).load().db_uri


def _outcome(applied: Applied) -> Iterator[str]:
    if not applied.names:
        yield "Nothing to apply."
    elif applied.names == (BASELINE,):
        yield f"The database was empty: loaded the final state, {applied.files} files."


def _described(script: Script) -> str:
    parts = [f"{script.size} statements"]
    if outside := sum(len(each.statements) for each in script.sections if not each.transactional):
        parts.append(f"{outside} of them outside of a transaction")
    if script.header is not None and script.header.hazards:
        parts.append(", ".join(sorted(hazard.value for hazard in script.header.hazards)))
    return "; ".join(parts)


def _states(found: Survey) -> Iterator[tuple[str, str, str]]:
    for entry in found.entries:
        if entry.applied_at is not None:
            yield entry.name, f"applied {_moment(entry)} by {entry.applied_by}", ""
    entries = {entry.name: entry for entry in found.entries}
    for script in found.pending:
        if begun := entries.get(script.name):
            yield script.name, f"interrupted after {begun.done} of {script.size} statements", "red"
        else:
            yield script.name, f"pending: {_described(script)}", "yellow"
    if not found.entries and not found.pending:
        yield "No migrations", "neither here nor in db/migrations/", ""


def _moment(entry: Entry) -> str:
    return f"{entry.applied_at:%Y-%m-%d %H:%M}" if entry.applied_at else ""


async def _drift(url: str) -> Iterable[str]:
    left = await state_left(url)
    if left is None:
        return ("Drift: not known, no proved migration was applied here.",)
    try:
        live = await Look(url, os.environ)()
    except PasseplatError as error:
        return (f"Drift: not known. {error}",)
    found = drift(left, live)
    if not found:
        return ("Drift: none.",)
    return ("Drift since the last migration (- before, + now):", *render_drift(found))
