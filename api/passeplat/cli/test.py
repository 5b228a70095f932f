"""`passeplat test`: the SQL tests of a project run on copies of its seeded database."""

import asyncio
import os
import time
from collections.abc import Sequence
from pathlib import Path

import click

from passeplat.errors import SettingError
from passeplat.migrate.faults import render_fault
from passeplat.migrate.files import is_sql_file, read_file, read_sources
from passeplat.migrate.model import SqlFile
from passeplat.migrate.trial import try_all
from passeplat.postgres.scratch import ephemeral_cluster


def run_tests(project: Path, paths: Sequence[Path]) -> bool:
    """Whether all passed. Raises PasseplatError."""
    tests = [read_file(path, _shown(path, project)) for path in _files(project, paths)]
    started = time.monotonic()
    with ephemeral_cluster(os.environ) as cluster:
        failed = asyncio.run(_run(project, cluster.url(), tests))
    spent = time.monotonic() - started
    passed = len(tests) - failed
    click.echo(f"{passed} passed, {failed} failed in {spent:.1f} s")
    return failed == 0


async def _run(project: Path, server: str, tests: Sequence[SqlFile]) -> int:
    failed = 0
    async for verdict in try_all(server, read_sources(project / "db"), tests):
        if verdict.fault is None:
            click.echo(f"{click.style('pass', fg='green')}  {verdict.file.path}")
            continue
        failed += 1
        click.echo(f"{click.style('FAIL', fg='red', bold=True)}  {verdict.file.path}")
        for line in render_fault(verdict.fault):
            click.echo(f"      {line}")
    return failed


def _files(project: Path, paths: Sequence[Path]) -> list[Path]:
    """The SQL files named, or within the folders named; those of tests/db without a name."""
    found = [file for path in paths or [project / "tests" / "db"] for file in _within(path)]
    if not found:
        raise SettingError("There is no test: put SQL files into tests/db/.")
    return found


def _within(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(each for each in path.rglob("*.sql") if is_sql_file(each))
    if not path.is_file():
        raise SettingError(f"{path} is not there.")
    return [path]


def _shown(path: Path, project: Path) -> str:
    resolved = path.resolve()
    if resolved.is_relative_to(project):
        return resolved.relative_to(project).as_posix()
    return str(path)
