"""`passeplat diff`: two states of a schema go in, the proved migration between them comes out: a
plan for people, SQL for a pipe, or JSON."""

import asyncio
import json
import os
from pathlib import Path

import click

from passeplat.cli.plan import render_plan
from passeplat.cli.terminal import make_console
from passeplat.migrate import migra
from passeplat.migrate.engine import find_migration
from passeplat.migrate.files import MIGRATIONS
from passeplat.migrate.model import Migration, Phase, Snapshot, Step
from passeplat.migrate.scratch import Scratch, scratch_server
from passeplat.migrate.state import database_of, is_database
from passeplat.migrate.viewpoint import beside

ENGINES = {"passeplat": find_migration, "migra": migra.find_migration}


def run_diff(
    project: Path, source: str | None, target: str | None, engine: str, *, as_json: bool
) -> None:
    """Raises PasseplatError."""
    db = project / "db"
    with make_console(stderr=True).status("Looking for a migration and proving it"):
        migration = asyncio.run(_find(source or str(db / MIGRATIONS), target or str(db), engine))
    console = make_console()
    if as_json:
        click.echo(json.dumps(_as_json(migration), indent=2))
    elif console.is_terminal:
        for line in render_plan(migration):
            console.print(line)
    else:
        for phase in migration.phases:
            click.echo("\n".join(as_sql(phase)))


async def _find(source: str, target: str, engine: str) -> Migration:
    async with scratch_server(os.environ) as scratch:
        before, after = await _snapshots(source, target, scratch)
        if is_database(source) and not is_database(target):
            after = beside(before, after)
        elif is_database(target) and not is_database(source):
            before = beside(after, before)
        return await ENGINES[engine](before, after, scratch)


async def _snapshots(source: str, target: str, scratch: Scratch) -> tuple[Snapshot, Snapshot]:
    """At the same time, unless both are folders, which are loaded into the same server."""
    if is_database(source) or is_database(target):
        return await asyncio.gather(_snapshot(source, scratch), _snapshot(target, scratch))
    return await _snapshot(source, scratch), await _snapshot(target, scratch)


async def _snapshot(state: str, scratch: Scratch) -> Snapshot:
    return await scratch.snapshot(await database_of(state, scratch))


def as_sql(phase: Phase) -> list[str]:
    """Statements that psql runs as they are."""
    statements = [step.sql for step in phase.steps]
    if not phase.transactional:
        return statements
    settings = "set local search_path = ''; set local check_function_bodies = off;"
    return ["begin;", settings, *statements, "commit;"]


def _as_json(migration: Migration) -> dict[str, object]:
    return {
        "from": migration.source,
        "to": migration.target,
        "phases": [
            {"transactional": phase.transactional, "steps": [*map(_step, phase.steps)]}
            for phase in migration.phases
        ],
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
