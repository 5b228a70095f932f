"""A throw-away server: snapshots and files go in, databases with their schema and no rows come out.

It is nobody else's, so that roles can be made and dropped on it at will.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import quote as percent
from urllib.parse import unquote, urlsplit

import asyncpg

from passeplat.migrate.database import Connection, connected
from passeplat.migrate.dump import restore_schema
from passeplat.migrate.model import Roles, Snapshot
from passeplat.migrate.plan import roles
from passeplat.migrate.toc import read_roles, take_snapshot
from passeplat.names import quote
from passeplat.postgres.binaries import Binaries
from passeplat.postgres.cluster import Cluster
from passeplat.postgres.create import SUPERUSER
from passeplat.postgres.scratch import (
    create_database,
    database_url,
    ephemeral_cluster,
    scratch_name,
)

_DATABASES = """
select format('drop database %I with (force)', datname)
from pg_database where datname like 'scratch\\_%'
"""
_SUBSCRIPTIONS = """
select
  datname as database,
  format('alter subscription %1$I set (slot_name = none); drop subscription %1$I', subname) as drop
from pg_subscription join pg_database on pg_database.oid = subdbid
"""


@dataclass(frozen=True, slots=True)
class Scratch:
    server: str  # URL of a superuser's
    binaries: Binaries
    environ: Mapping[str, str]

    async def empty(self) -> str:
        """The URL of a database with nothing in it, on a server without roles and databases: what
        was made here before is gone."""
        async with connected(self.server) as connection:
            await _clear(self.server, connection)
        return await create_database(self.server, scratch_name())

    async def copy(self, schema: Snapshot) -> str:
        """The URL of a database like it, on a server with its roles and nothing else."""
        async with connected(self.server) as connection:
            await _clear(self.server, connection)
            await _make_roles(connection, schema)
            if schema.user != SUPERUSER:
                await connection.execute(f"alter role {quote(schema.user)} superuser login")
        url = await create_database(self.server, scratch_name())
        await restore_schema(schema.archive, url, self.binaries, self.environ)
        return user_url(url, schema.user)

    async def clone(self, url: str) -> str:
        """The URL of a database like the one that was made here last. Nobody may be in that."""
        template = unquote(urlsplit(url).path.removeprefix("/"))
        name = scratch_name()
        clone = await create_database(self.server, name, template=template, as_files=True)
        return user_url(clone, urlsplit(url).username or SUPERUSER)

    async def pair(self, one: Snapshot, other: Snapshot) -> tuple[str, str]:
        """Two such databases at once, of schemas with the same roles."""
        first = await self.copy(one)
        second = await create_database(self.server, scratch_name())
        await restore_schema(other.archive, second, self.binaries, self.environ)
        return first, second

    async def snapshot(self, url: str) -> Snapshot:
        return await take_snapshot(url, self.binaries, self.environ)


@asynccontextmanager
async def scratch_server(environ: Mapping[str, str]) -> AsyncIterator[Scratch]:
    """Gone afterwards."""
    context = ephemeral_cluster(environ)
    cluster: Cluster = await asyncio.to_thread(context.__enter__)
    try:
        yield Scratch(cluster.url(), cluster.binaries, environ)
    finally:
        await asyncio.to_thread(context.__exit__, None, None, None)


def user_url(url: str, user: str) -> str:
    """The same database, as this role."""
    return url.replace(f"//{SUPERUSER}@", f"//{percent(user, safe='')}@", 1)


async def _make_roles(connection: Connection, schema: Snapshot) -> None:
    alone = Roles(schema.roles.roles, frozenset())
    for action in roles.come(await read_roles(connection), alone):
        await connection.execute(action.sql)
    left = list(roles.grants(schema.roles))
    while left:  # a grantor must have been granted the right to
        failed = [grant for grant in left if not await _works(connection, grant)]
        if len(failed) == len(left):
            break
        left = failed


async def _works(connection: Connection, sql: str) -> bool:
    try:
        await connection.execute(sql)
    except asyncpg.PostgresError:
        return False
    return True


async def _clear(server: str, connection: Connection) -> None:
    for row in await connection.fetch(_SUBSCRIPTIONS):
        async with connected(database_url(server, row["database"])) as subscriber:
            await subscriber.execute(row["drop"])
    for row in await connection.fetch(_DATABASES):
        await connection.execute(row[0])
    found = await read_roles(connection)
    for name in found.roles:
        if name != SUPERUSER:
            await connection.execute(f"drop role {quote(name)}")
