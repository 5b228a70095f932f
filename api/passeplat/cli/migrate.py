"""`passeplat migrate`: the project's files and a database URL in, what was done on the terminal."""

import asyncio
import os
from pathlib import Path

import click

from passeplat.config import Sources
from passeplat.migrate.apply import BASELINE, Applied, migrate
from passeplat.migrate.files import read_sources


def run_migrations(project: Path, file: str | None, database: str | None) -> None:
    """Raises PasseplatError."""
    overrides = {} if database is None else {"db-uri": database}
    config = Sources(os.environ, file, overrides).load()
    applied = asyncio.run(migrate(config.db_uri, read_sources(project / "db")))
    for line in _told(applied):
        click.echo(line)


def _told(applied: Applied) -> list[str]:
    if not applied.names:
        return ["Nothing to apply."]
    if applied.names == (BASELINE,):
        return [f"The database was empty: loaded the final state, {applied.files} files."]
    return [f"Applied {name}." for name in applied.names]
