"""Reading what the server knows of the database and of its settings, at the start and again."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import cache
from importlib.resources import files
from time import perf_counter
from typing import Any, TypeAlias
from weakref import ref

import asyncpg

from passeplat.claims import REFUSED_ROLES_SQL, new_verifier
from passeplat.config import (
    DATABASE_NAMES,
    ROLE_SETTINGS_SQL,
    SESSION_SETTINGS_SQL,
    Config,
    Sources,
    reload_config,
    warnings,
)
from passeplat.errors import ApiError, PasseplatError, SettingError
from passeplat.names import QualifiedName, quote_qualified
from passeplat.postgres.connect import open_connection
from passeplat.schema_cache.introspect import introspect
from passeplat.schema_cache.model import SchemaCache
from passeplat.schema_cache.slices import freed, parts
from passeplat.server.aside import aside
from passeplat.server.observe import log, logs
from passeplat.server.state import State

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

_LAST_REQUEST = 60.0  # seconds a request may hold the schema cache it began with
_BREATH = 0.002  # seconds for requests between two steps

FAILURES = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, PasseplatError)
"""What a database that is away, or not as it was, makes of these functions."""


def reason(error: BaseException) -> str:
    """Why, in one sentence."""
    details = error.details if isinstance(error, ApiError) else None
    return str(details or str(error) or type(error).__name__)


@asynccontextmanager
async def connected(uri: str) -> AsyncIterator[Connection]:
    """Raises ConnectionFailed, ConnectionImpossible, SettingError."""
    connection = await open_connection(uri)
    try:
        yield connection
    finally:
        await connection.close(timeout=1)


async def read_settings(sources: Sources) -> Config:
    """The settings of file and environment and, if they say so, of the database."""
    config = sources.load()
    if not config.db_config:
        return config
    async with connected(config.db_uri) as connection:
        return await read_config(connection, sources)


async def read_schema_cache(sources: Sources) -> SchemaCache:
    """As a server of these settings would have it."""
    config = await read_settings(sources)
    async with connected(config.db_uri) as connection:
        found = await introspect(connection, config, 1)
    _check_schemas(config, found)
    return found


async def read_config(connection: Connection, sources: Sources) -> Config:
    """The settings of file and environment, and over them those of the database.

    In one transaction, for a pooler may give each its own session.
    """
    config = sources.load()
    if not config.db_config:
        return config
    async with connection.transaction():
        rows = await connection.fetch(ROLE_SETTINGS_SQL)
        of_role = {row["name"]: row["value"] for row in rows}
        config = sources.load(of_role)
        if config.db_pre_config is None:
            return config
        return sources.load({**await _pre_config(connection, config), **of_role})


async def _pre_config(connection: Connection, config: Config) -> dict[str, str]:
    schema, _, name = (config.db_pre_config or "").rpartition(".")
    function = QualifiedName(schema, name)
    called = quote_qualified(function) if schema else f'"{name}"'
    try:
        async with connection.transaction():
            await connection.execute(f"select {called}()")
            rows = await connection.fetch(SESSION_SETTINGS_SQL, list(DATABASE_NAMES))
    except asyncpg.PostgresError as error:
        log(config, "error", f"db-pre-config: {error}")
        return {}
    return {row["name"]: row["value"] for row in rows}


async def refused_roles(connection: Connection) -> frozenset[str]:
    async with connection.transaction(readonly=True):
        return frozenset(row[0] for row in await connection.fetch(REFUSED_ROLES_SQL))


async def reload_settings(state: State, sources: Sources) -> bool:
    """Replaces what may change while running; an invalid configuration changes nothing.

    Raises what a database that is away makes of it.
    """
    try:
        loaded = reload_config(state.config, await read_settings(sources))
        verifier = new_verifier(loaded, state.verifier.refused_roles, state.verifier.counts)
    except SettingError as error:
        log(state.config, "crit", f"The configuration was not reloaded: {error}")
        return False
    if loaded != state.config:  # else the tokens that were verified stay verified
        state.config, state.verifier = loaded, verifier
    for warning in warnings(loaded):
        log(loaded, "crit", f"WARNING: {warning}")
    return True


async def load_schema_cache(state: State) -> None:
    """Replaces the schema cache. On failure the old one stays, and `/ready` says so."""
    config, spent = state.config, dict[str, float]()
    start = perf_counter()
    try:
        found, refused = await aside(lambda: _read(config, _next_version(state), spent))
        _check_schemas(config, found)
    except BaseException:
        state.loads.failed += 1
        state.loads.pending = True
        raise
    before, state.schema_cache = state.schema_cache, found
    if before is not None:
        _retire(before, state)
    if refused != state.verifier.refused_roles:
        state.verifier = new_verifier(config, refused, state.verifier.counts)
    state.loads.succeeded += 1
    state.loads.pending = False
    state.loads.query_seconds = sum(spent.values())
    state.pool.flush()
    _log_times(config, spent, perf_counter() - start)


async def _read(
    config: Config, version: int, spent: dict[str, float]
) -> tuple[SchemaCache, frozenset[str]]:
    async with connected(config.db_uri) as connection:
        refused = await refused_roles(connection)
        with _timed(connection, spent):
            return await introspect(connection, config, version), refused


def _retire(cache: SchemaCache, state: State) -> None:
    """Frees what it holds when the last request has let it go, for at once would take long."""
    gone = asyncio.Event()
    freeing = asyncio.create_task(_free(parts(cache), ref(cache, lambda _: gone.set()), gone))
    state.retiring.add(freeing)
    freeing.add_done_callback(state.retiring.discard)


async def _free(held: list[list[Any]], _: "ref[SchemaCache]", gone: asyncio.Event) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(_LAST_REQUEST):
            await gone.wait()
    for _step in freed(held):
        await asyncio.sleep(_BREATH)


def _next_version(state: State) -> int:
    return 1 if state.schema_cache is None else state.schema_cache.version + 1


def _check_schemas(config: Config, found: SchemaCache) -> None:
    """One that is not there is a slip of the pen, or is being made: better not than half."""
    for schema in config.db_schemas:
        if schema not in found.schema_descriptions:
            raise SettingError(f'the schema "{schema}" does not exist')


def _log_times(config: Config, spent: Mapping[str, float], total: float) -> None:
    log(config, "crit", f"Schema cache queried in {sum(spent.values()) * 1000:.1f} milliseconds")
    log(config, "crit", f"Schema cache loaded in {total * 1000:.1f} milliseconds")
    if logs(config, "debug"):
        parts = ", ".join(f"{name} {seconds * 1000:.1f}" for name, seconds in spent.items())
        log(config, "debug", f"Schema cache, milliseconds of each query: {parts}")


@contextmanager
def _timed(connection: Connection, spent: dict[str, float]) -> Iterator[None]:
    """Adds the seconds of each family of queries to `spent`."""

    def note(query: Any) -> None:
        if (family := _families().get(query.query)) is not None:
            spent[family] = spent.get(family, 0.0) + query.elapsed

    with connection.query_logger(note):
        yield


@cache
def _families() -> Mapping[str, str]:
    """The catalogue queries by their text."""
    folder = files("passeplat.schema_cache") / "sql"
    return {path.read_text("utf-8"): path.name.removesuffix(".sql") for path in folder.iterdir()}
