"""A running service: its state, and the tasks that keep it current."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from passeplat.claims import REFUSED_ROLES_SQL, new_verifier
from passeplat.config import Config, Sources
from passeplat.postgres import pipeline
from passeplat.postgres.connect import open_connection
from passeplat.postgres.model import Connection
from passeplat.postgres.pool import Limits, Pool
from passeplat.server.listener import listen
from passeplat.server.reload import load_schema_cache, read_config, reload_settings
from passeplat.server.state import Loads, State

Connect: TypeAlias = Callable[[str], Awaitable[Connection]]
"""Opens a connection of the pool by its URI: `connect` of postgres.pipeline or postgres.plain."""


@dataclass(slots=True)
class Service:
    state: State
    sources: Sources
    schema_wanted: asyncio.Event = field(default_factory=asyncio.Event)
    config_wanted: asyncio.Event = field(default_factory=asyncio.Event)
    tasks: list["asyncio.Task[None]"] = field(default_factory=list)

    async def reload(self) -> None:
        """The schema cache, now."""
        await load_schema_cache(self.state)

    async def stop(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.state.pool.close()


async def start_service(sources: Sources, connect: Connect = pipeline.connect) -> Service:
    """Raises SettingError or ConnectionFailed if the database cannot be used as configured.

    A schema cache that does not load is no reason not to start: it is tried again.
    """
    first = sources.load()
    connection = await open_connection(first.db_uri)
    try:
        config = await read_config(connection, sources)
        refused = frozenset(row[0] for row in await connection.fetch(REFUSED_ROLES_SQL))
    finally:
        await connection.close(timeout=1)
    state = State(config, new_verifier(config, refused), _pool(config, connect), None, Loads())
    service = Service(state, sources)
    await load_schema_cache(state)
    _start_tasks(service)
    return service


def _start_tasks(service: Service) -> None:
    state = service.state
    keepers: list[Awaitable[None]] = [
        _whenever(service.schema_wanted, lambda: _load_until_loaded(state)),
        _whenever(service.config_wanted, lambda: reload_settings(state, service.sources)),
    ]
    if state.config.db_channel_enabled:
        keepers.append(listen(state, service.schema_wanted.set, service.config_wanted.set))
    service.tasks += [asyncio.ensure_future(keeper) for keeper in keepers]
    if state.schema_cache is None:
        service.schema_wanted.set()


async def _whenever(wanted: asyncio.Event, act: Callable[[], Awaitable[None]]) -> None:
    """What is wanted while it is being done is done once more: nothing is lost or piles up."""
    while True:
        await wanted.wait()
        wanted.clear()
        await act()


async def _load_until_loaded(state: State) -> None:
    pause = 1.0
    while not await load_schema_cache(state):
        await asyncio.sleep(pause)
        pause = min(pause * 2, 32.0)


def _pool(config: Config, connect: Connect) -> Pool:
    limits = Limits(
        size=config.db_pool,
        acquisition=config.db_pool_acquisition_timeout,
        idle=config.db_pool_max_idletime,
        lifetime=config.db_pool_max_lifetime,
    )
    return Pool(lambda: connect(config.db_uri), limits)
