"""A running service: its state, and the tasks that keep it current."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeAlias

import asyncpg

from passeplat.claims import new_verifier
from passeplat.config import Config, Sources, warnings
from passeplat.errors import (
    ConnectionFailed,
    ConnectionLost,
    DatabaseError,
    PasseplatError,
    SettingError,
)
from passeplat.postgres import pipeline
from passeplat.postgres.model import Connection
from passeplat.postgres.pool import Limits, Pool
from passeplat.postgres.recovery import delays, is_fatal
from passeplat.server.listener import Listener, Want
from passeplat.server.observe import described, log, log_failure
from passeplat.server.reload import (
    FAILURES,
    connected,
    load_schema_cache,
    read_config,
    reason,
    refused_roles,
    reload_settings,
)
from passeplat.server.state import Loads, State

Connect: TypeAlias = Callable[[str], Awaitable[Connection]]
"""Opens a connection of the pool by its URI: `connect` of postgres.pipeline or postgres.plain."""

_DEBOUNCE = 0.1  # seconds from one reload to the next: a hundred notifications are two reloads
_CALM = 1.0  # seconds from one look at a lost database to the next
_PATIENCE = 5.0  # seconds the listener may take before the service starts without it


@dataclass(slots=True)
class Service:
    state: State
    sources: Sources
    tasks: list["asyncio.Task[None]"] = field(default_factory=list)
    failure: SettingError | None = None  # why it cannot go on; its text says what to do
    when_failed: Callable[[], None] = lambda: None
    loaded: asyncio.Event = field(default_factory=asyncio.Event)  # a schema cache, at least once
    _wanted: set[Want] = field(default_factory=set)
    _woken: asyncio.Event = field(default_factory=asyncio.Event)
    _failing: bool = False  # the last reload failed: it is being tried again
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _listener: "asyncio.Task[None] | None" = None

    async def begin(self) -> None:
        """Listens, then loads the schema cache: what changes meanwhile is not missed."""
        await self._listen()
        if not await self._try(frozenset()):
            self._wanted.add("schema")
            self._woken.set()
        self.tasks += [asyncio.create_task(self._keep()), asyncio.create_task(self._look_after())]

    def want(self, what: Want) -> None:
        """A reload, soon: of the schema cache, or of the settings and the schema cache."""
        self._wanted.add(what)
        self._woken.set()

    async def reload(self) -> None:
        """The schema cache, now."""
        await self._try(frozenset())

    def fail(self, sentence: str) -> None:
        if self.failure is None:
            self.failure = SettingError(sentence)
            self.when_failed()

    async def stop(self) -> None:
        tasks = [*self.tasks, *([self._listener] if self._listener else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.state.pool.close()

    async def _keep(self) -> None:
        """What is wanted while it is being done is done once more: nothing is lost or piles up.
        What fails is tried again."""
        while True:
            await self._woken.wait()
            for pause in delays():
                self._woken.clear()
                wanted, self._wanted = frozenset(self._wanted), set()
                done = await self._try(wanted)
                self._failing = not done
                await asyncio.sleep(_DEBOUNCE)
                if done:
                    break
                self._wanted |= wanted
                message = f"Attempting to reconnect to the database in {pause:g} seconds..."
                log(self.state.config, "crit", message)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._woken.wait(), pause)

    async def _look_after(self) -> None:
        """A database that requests have lost may come back as another."""
        while True:
            await self.state.lost.wait()
            self._weigh(ConnectionLost("A request lost its connection to the database"))
            if not self._failing:
                self.want("config")
            await asyncio.sleep(_CALM)
            self.state.lost.clear()

    async def _try(self, wanted: frozenset[Want]) -> bool:
        state = self.state
        async with self._lock:
            try:
                if "config" in wanted or ("schema" in wanted and state.config.db_config):
                    await self._reload_settings(told="config" in wanted)
                await load_schema_cache(state)
            except FAILURES as error:
                self._complain(error)
                return False
            except Exception as error:  # noqa: BLE001 - a defect must not end what keeps us current
                log_failure(state.config, "loading the schema cache", error)
                return False
        self.loaded.set()
        return True

    async def _reload_settings(self, *, told: bool) -> None:
        state, before = self.state, self.state.config
        if await reload_settings(state, self.sources) and told:
            log(state.config, "crit", "Config reloaded")
        if _channel(before) != _channel(state.config):
            await self._listen()

    async def _listen(self) -> None:
        if self._listener is not None:
            self._listener.cancel()
            self._listener = None
        config = self.state.config
        if config.db_channel_enabled:
            listener = Listener(config, self.want, self._lost)
            self._listener = asyncio.create_task(listener.run())
            with suppress(TimeoutError):
                await asyncio.wait_for(listener.tried.wait(), _PATIENCE)

    def _lost(self, error: Exception) -> None:
        """The listener's connection."""
        if isinstance(error, ConnectionLost):
            self._weigh(error)

    def _weigh(self, error: Exception) -> None:
        """Whether the program had better end than go on trying."""
        away = isinstance(error, ConnectionFailed | ConnectionLost)
        if is_fatal(_known(error)):
            self.fail(advice(error))
        elif away and not self.state.config.db_pool_automatic_recovery:
            self.fail(f"{reason(error)}. db-pool-automatic-recovery is false: the server ends")

    def _complain(self, error: Exception) -> None:
        config = self.state.config
        log(
            config,
            "crit",
            f"Failed to load the schema cache using db-schemas={','.join(config.db_schemas)} and"
            f" db-extra-search-path={','.join(config.db_extra_search_path)}: {reason(error)}",
        )
        self._weigh(error)


async def start_service(sources: Sources, connect: Connect = pipeline.connect) -> Service:
    """Raises SettingError if the database cannot be used as configured.

    A schema cache that does not load is no reason not to start: it is tried again.
    """
    service = await open_service(sources, connect)
    await service.begin()
    return service


async def open_service(sources: Sources, connect: Connect = pipeline.connect) -> Service:
    """As `start_service`, but with `Service.begin` still to be awaited."""
    first = sources.load()
    try:
        async with connected(first.db_uri) as connection:
            config = await read_config(connection, sources)
            refused = await refused_roles(connection)
    except SettingError:
        raise
    except FAILURES as error:
        if isinstance(error, ConnectionFailed):
            log(first, "error", described(error))
        raise SettingError(advice(error)) from error
    for warning in warnings(config):
        log(config, "crit", f"WARNING: {warning}")
    state = State(config, new_verifier(config, refused), _pool(config, connect), None, Loads())
    return Service(state, sources)


def advice(error: Exception) -> str:
    """Why the program ends, and what to do: one sentence each."""
    why = reason(error).rstrip(".")
    if isinstance(_known(error), ConnectionFailed):
        todo = "Correct" if is_fatal(error) else "Start it, or correct"
        return f"{why}. {todo} db-uri, or PGHOST, PGUSER and the like."
    return f"{why}."


def _known(error: Exception) -> PasseplatError:
    """asyncpg's errors as ours."""
    if isinstance(error, asyncpg.PostgresError):
        return DatabaseError({"C": error.sqlstate or "XX000", "M": str(error)})
    return error if isinstance(error, PasseplatError) else ConnectionLost(str(error))


def _channel(config: Config) -> tuple[str, bool]:
    return config.db_channel, config.db_channel_enabled


def _pool(config: Config, connect: Connect) -> Pool:
    limits = Limits(
        size=config.db_pool,
        acquisition=config.db_pool_acquisition_timeout,
        idle=config.db_pool_max_idletime,
        lifetime=config.db_pool_max_lifetime,
    )
    return Pool(lambda: connect(config.db_uri), limits)
