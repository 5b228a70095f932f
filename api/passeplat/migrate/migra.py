"""A second opinion: two snapshots go in, what migra would write comes out, proved or refused.

migra compares living databases, so it gets a copy of each. It knows nothing of roles, ownership,
comments, and of privileges only some: where it is silent although there is something to do, or
wrong, its migration is refused. https://github.com/djrobstep/migra
"""

import asyncio
import warnings
from dataclasses import replace
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from passeplat.errors import SettingError
from passeplat.migrate.compare import differences
from passeplat.migrate.database import Connection, connected
from passeplat.migrate.engine import prove_rows
from passeplat.migrate.model import Action, Change, Identity, Migration, Obstacle, Snapshot
from passeplat.migrate.plan import propose
from passeplat.migrate.plan.scope import Wishes
from passeplat.migrate.prove import QUIET, CannotChange, unreached
from passeplat.migrate.scratch import Scratch
from passeplat.migrate.split import split

_DIALECT = "postgresql+psycopg2"


async def find_migration(before: Snapshot, after: Snapshot, scratch: Scratch) -> Migration:
    """Raises CannotChange; SettingError if migra is not installed."""
    if not before.roles.means(after.roles):
        raise CannotChange((Obstacle("roles", "they differ, and migra does not know roles"),))
    copy, target = await scratch.pair(before, after)
    sql = await asyncio.to_thread(_ask, copy, target)
    actions = tuple(
        Action(statement.text, Identity("STATEMENT", "", str(number)))
        for number, statement in enumerate(split(sql), start=1)
    )
    async with connected(copy) as connection:
        await _run(connection, actions)
    result = replace(await scratch.snapshot(copy), roles=before.roles)
    if left := differences(result, after):
        raise CannotChange(map(unreached, left))
    losses = propose(before, after, Wishes()).losses
    change = Change((), actions, losses, result)
    return await prove_rows(change, before, after, scratch)


async def _run(connection: Connection, actions: tuple[Action, ...]) -> None:
    async with connection.transaction():
        await connection.execute(QUIET)
        for action in actions:
            try:
                await connection.execute(action.sql)
            except asyncpg.PostgresError as error:
                first = action.sql.partition("\n")[0]
                raise CannotChange((Obstacle(f"migra's `{first}`", str(error)),)) from error


def _ask(old: str, new: str) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pkg_resources, until migra does without
        try:
            from migra import Migration as Migra  # noqa: PLC0415 - an extra that is seldom used
            from sqlbag import S  # noqa: PLC0415
        except ImportError as missing:
            raise SettingError(
                f"--engine migra needs it: pip install 'passeplat[migra]' ({missing})"
            ) from None
        with S(_url(old)) as left, S(_url(new)) as right:
            migration = Migra(left, right)
            migration.set_safety(False)
            migration.add_all_changes(privileges=True)
            return str(migration.sql)


def _url(url: str) -> str:
    return urlunsplit(urlsplit(url)._replace(scheme=_DIALECT))
