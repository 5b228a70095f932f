"""`passeplat diff`: two states of a schema go in, the proved migration between them comes out: a
plan for people, SQL for a pipe, or JSON."""

import asyncio
import json
import os
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import click

from passeplat.cli import project_file
from passeplat.cli.api import as_document, print_changes
from passeplat.cli.plan import render_plan
from passeplat.cli.terminal import make_console
from passeplat.config import Config, Sources
from passeplat.contract import Change, compare
from passeplat.migrate import migra
from passeplat.migrate.authorization import mark_authorizations
from passeplat.migrate.draft import mark_changes, read_state
from passeplat.migrate.engine import find_migration
from passeplat.migrate.files import MIGRATIONS
from passeplat.migrate.model import Migration, Phase, Snapshot, Step
from passeplat.migrate.scratch import Scratch, scratch_server
from passeplat.migrate.state import database_of, is_database, renames_of
from passeplat.migrate.viewpoint import beside

T = TypeVar("T")


def run_diff(
    project: Path, source: str | None, target: str | None, engine: str, *, as_json: bool
) -> None:
    """Raises PasseplatError."""
    db, console = project / "db", make_console()
    ends = source or str(db / MIGRATIONS), target or str(db)
    with make_console(stderr=True).status("Looking for a migration and proving it"):
        if not (as_json or console.is_terminal):
            for phase in asyncio.run(_find(*ends, engine)).phases:
                click.echo("\n".join(as_sql(phase)))
            return
        config = Sources(os.environ, project_file()).load()
        migration, changes = asyncio.run(_find_with_changes(*ends, engine, config))
    if as_json:
        click.echo(json.dumps(_as_json(migration, changes), indent=2))
        return
    for line in render_plan(migration):
        console.print(line)
    if changes:
        console.print("\nFor the clients of the API:")
        print_changes(changes)


async def _find(source: str, target: str, engine: str) -> Migration:
    async with scratch_server(os.environ) as scratch:
        before, after = await _both(source, target, partial(_snapshot, scratch))
        before, after = _beside(source, target, before, after)
        return await _ask(engine, target, before, after, scratch)


async def _ask(
    engine: str, target: str, before: Snapshot, after: Snapshot, scratch: Scratch
) -> Migration:
    if engine == "migra":
        return await migra.find_migration(before, after, scratch)
    return await find_migration(before, after, scratch, renames_of(target))


async def _find_with_changes(
    source: str, target: str, engine: str, config: Config
) -> tuple[Migration, tuple[Change, ...]]:
    """With the hazards that only who reads the plan asks for."""
    async with scratch_server(os.environ) as scratch:
        read = partial(read_state, scratch=scratch, config=config)
        (before, old), (after, new) = await _both(source, target, read)
        before, after = _beside(source, target, before, after)
        migration = await _ask(engine, target, before, after, scratch)
    changes = compare(old, new)
    return mark_changes(mark_authorizations(migration, before, after), changes), changes


async def _both(
    source: str, target: str, read: Callable[[str], Coroutine[Any, Any, T]]
) -> tuple[T, T]:
    """At the same time, unless both are folders, which are loaded into the same server."""
    if is_database(source) or is_database(target):
        return await asyncio.gather(read(source), read(target))
    return await read(source), await read(target)


async def _snapshot(scratch: Scratch, state: str) -> Snapshot:
    return await scratch.snapshot(await database_of(state, scratch))


def _beside(
    source: str, target: str, before: Snapshot, after: Snapshot
) -> tuple[Snapshot, Snapshot]:
    """Files beside a database are seen as its user sees them."""
    if is_database(source) and not is_database(target):
        return before, beside(before, after)
    if is_database(target) and not is_database(source):
        return beside(after, before), after
    return before, after


def as_sql(phase: Phase) -> list[str]:
    """Statements that psql runs as they are."""
    statements = [step.sql for step in phase.steps]
    if not phase.transactional:
        return statements
    settings = "set local search_path = ''; set local check_function_bodies = off;"
    return ["begin;", settings, *statements, "commit;"]


def _as_json(migration: Migration, changes: Sequence[Change]) -> dict[str, object]:
    return {
        "from": migration.source,
        "to": migration.target,
        "phases": [
            {"transactional": phase.transactional, "steps": [*map(_step, phase.steps)]}
            for phase in migration.phases
        ],
        "api": as_document(changes),
    }


def _step(step: Step) -> dict[str, object]:
    return {
        "kind": step.identity.kind.lower(),
        "schema": step.identity.schema,
        "name": step.identity.name,
        "effect": step.effect.value,
        "hazards": sorted(hazard.value for hazard in step.hazards),
        "lock": step.lock,
        "sql": step.sql,
    }
