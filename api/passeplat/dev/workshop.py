"""Scratch databases of one server, made before they are needed: an empty one, and a copy of the
schema that is.

To make a database costs a tenth of a second or more, which nobody should wait for after a save.
"""

import asyncio
from collections.abc import Iterable
from contextlib import suppress

import asyncpg

from passeplat.dev.project import Home
from passeplat.errors import PasseplatError
from passeplat.migrate.compare import same
from passeplat.migrate.database import connected
from passeplat.migrate.dump import restore_schema
from passeplat.migrate.model import Snapshot
from passeplat.postgres.scratch import (
    create_database,
    database_url,
    drop_database,
    scratch_name,
)

_OURS = "select datname from pg_database where datname like 'scratch\\_%'"


class Workshop:
    def __init__(self, home: Home) -> None:
        self.home = home
        self.template: tuple[str, Snapshot] | None = None  # a database of the schema that is
        self.empty: str | None = None
        self.copy: str | None = None  # of the template
        self.garbage: set[str] = set()
        self._preparing: asyncio.Task[None] | None = None
        self._cleaning: asyncio.Task[None] | None = None  # slow where fsync is; nobody waits for it

    def url(self, name: str) -> str:
        return database_url(self.home.server, name)

    async def take_empty(self) -> str:
        """The name of an empty database, now the caller's."""
        await self.settle()
        name, self.empty = self.empty or await self._create(), None
        return name

    async def take_copy(self, schema: Snapshot) -> str:
        """The name of a database with this schema and no rows, now the caller's."""
        await self.settle()
        if self.template is not None and same(self.template[1], schema):
            name, self.copy = self.copy or await self._create(self.template[0]), None
            return name
        name = await self.take_empty()
        home = self.home
        await restore_schema(schema.archive, self.url(name), home.binaries, home.environ)
        return name

    def keep(self, name: str, schema: Snapshot) -> None:
        """A database of the schema that is now, to copy from next time."""
        stale = {self.template[0] if self.template else None, self.copy}
        self.discard(each for each in stale if each is not None)
        self.template, self.copy = (name, schema), None

    def discard(self, names: Iterable[str]) -> None:
        self.garbage.update(names)

    def prepare(self) -> None:
        """In the background: first what the next save needs."""
        if self._preparing is None or self._preparing.done():
            self._preparing = asyncio.create_task(self._prepare())
        if self._cleaning is None or self._cleaning.done():
            self._cleaning = asyncio.create_task(self._clean(self._preparing))

    async def settle(self) -> None:
        """Until what was begun in the background is done."""
        if self._preparing is not None:
            await self._preparing

    async def sweep(self) -> None:
        """What earlier runs left, on a server that is ours alone."""
        if self.home.is_ours:
            async with connected(self.home.server) as connection:
                self.discard(row[0] for row in await connection.fetch(_OURS))

    async def close(self) -> None:
        """On another's server nothing is left behind; ours is swept at the next start."""
        tasks = [task for task in (self._preparing, self._cleaning) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self.home.is_ours:
            return
        kept = {self.empty, self.copy, self.template[0] if self.template else None}
        self.discard(each for each in kept if each is not None)
        with suppress(PasseplatError, asyncpg.PostgresError, OSError):
            await self._drop_garbage()

    async def _prepare(self) -> None:
        with suppress(PasseplatError, asyncpg.PostgresError, OSError):  # then it is made when used
            self.empty = self.empty or await self._create()
            if self.template is not None:
                self.copy = self.copy or await self._create(self.template[0])

    async def _clean(self, prepared: "asyncio.Task[None]") -> None:
        await asyncio.wait((prepared,))
        with suppress(PasseplatError, asyncpg.PostgresError, OSError):
            await self._drop_garbage()

    async def _create(self, template: str | None = None) -> str:
        name = scratch_name()
        await create_database(self.home.server, name, template=template)
        return name

    async def _drop_garbage(self) -> None:
        while self.garbage:
            await drop_database(self.home.server, self.garbage.pop())
