"""`passeplat diff --write`: a project in, the file of the migration that was missing out."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

import click

from passeplat.config import Sources
from passeplat.errors import SettingError
from passeplat.migrate.allowance import NotAllowed, hazards_in
from passeplat.migrate.draft import make_draft, write_draft
from passeplat.migrate.model import Hazard


def write_migration(project: Path, file: str | None, name: str, allowed: Sequence[str]) -> int:
    """The exit status: 2 if somebody must allow a hazard first. Raises PasseplatError."""
    permitted = frozenset(map(_hazard, allowed))
    draft = asyncio.run(make_draft(project, Sources(os.environ, file).load(), os.environ))
    if not draft.migration.phases:
        click.echo("Nothing to write: the migrations lead to db/.")
        return 0
    try:
        path = write_draft(draft, project, name, permitted)
    except NotAllowed as refusal:
        for line in (str(refusal), *draft.questions):
            click.echo(line, err=True)
        return 2
    click.echo(f"Wrote {path.relative_to(project).as_posix()}")
    for hazard in sorted(each.value for each in hazards_in(draft.migration)):
        click.echo(f"  {hazard}")
    return 0


def _hazard(name: str) -> Hazard:
    if name not in Hazard.__members__:
        raise SettingError(f"{name} is no hazard: {', '.join(Hazard.__members__)}")
    return Hazard(name)
