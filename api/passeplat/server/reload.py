"""Loading what the server knows of the database and of its settings, and loading it again."""

from time import perf_counter

import asyncpg

from passeplat.claims import REFUSED_ROLES_SQL, new_verifier
from passeplat.config import (
    DATABASE_NAMES,
    ROLE_SETTINGS_SQL,
    SESSION_SETTINGS_SQL,
    Config,
    Sources,
    reload_config,
)
from passeplat.errors import ApiError, DatabaseError, SettingError
from passeplat.names import QualifiedName, quote_qualified
from passeplat.postgres.connect import open_connection
from passeplat.schema_cache.introspect import introspect
from passeplat.server.observe import log
from passeplat.server.state import State

_FAILURES = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, ApiError, DatabaseError)


async def read_config(connection: "asyncpg.Connection[asyncpg.Record]", sources: Sources) -> Config:
    """The settings of file and environment, and over them those of the database."""
    config = sources.load()
    if not config.db_config:
        return config
    rows = await connection.fetch(ROLE_SETTINGS_SQL)
    of_role = {row["name"]: row["value"] for row in rows}
    config = sources.load(of_role)
    if config.db_pre_config is None:
        return config
    return sources.load({**await _pre_config(connection, config), **of_role})


async def _pre_config(
    connection: "asyncpg.Connection[asyncpg.Record]", config: Config
) -> dict[str, str]:
    schema, _, name = (config.db_pre_config or "").rpartition(".")
    try:
        async with connection.transaction():
            await connection.execute(f"select {quote_qualified(QualifiedName(schema, name))}()")
            rows = await connection.fetch(SESSION_SETTINGS_SQL, list(DATABASE_NAMES))
    except asyncpg.PostgresError as error:
        log(config, "error", f"db-pre-config: {error}")
        return {}
    return {row["name"]: row["value"] for row in rows}


async def load_schema_cache(state: State) -> bool:
    """Replaces the schema cache; on failure the old one stays, and `/ready` says so."""
    config = state.config
    version = 1 if state.schema_cache is None else state.schema_cache.version + 1
    start = perf_counter()
    try:
        connection = await open_connection(config.db_uri)
        try:
            refused = await connection.fetch(REFUSED_ROLES_SQL)
            cache = await introspect(connection, config, version)
        finally:
            await connection.close(timeout=1)
    except _FAILURES as error:
        state.loads.failed += 1
        state.loads.pending = True
        log(config, "error", _failure(config, error))
        return False
    state.schema_cache = cache
    roles = frozenset(row[0] for row in refused)
    if roles != state.verifier.refused_roles:
        state.verifier = new_verifier(config, roles, state.verifier.counts)
    state.loads.succeeded += 1
    state.loads.pending = False
    state.loads.query_seconds = perf_counter() - start
    state.pool.flush()
    spent = f"{state.loads.query_seconds * 1000:.1f}"
    log(config, "info", f"Schema cache loaded in {spent} milliseconds")
    return True


def _failure(config: Config, error: Exception) -> str:
    return (
        f"Failed to load the schema cache using db-schemas={','.join(config.db_schemas)} and"
        f" db-extra-search-path={','.join(config.db_extra_search_path)}: {error}"
    )


async def reload_settings(state: State, sources: Sources) -> None:
    """Replaces what may change while running; an invalid configuration changes nothing."""
    try:
        connection = await open_connection(state.config.db_uri)
        try:
            loaded = reload_config(state.config, await read_config(connection, sources))
        finally:
            await connection.close(timeout=1)
        verifier = new_verifier(loaded, state.verifier.refused_roles, state.verifier.counts)
    except (*_FAILURES, SettingError) as error:
        log(state.config, "crit", f"The configuration was not reloaded: {error}")
        return
    state.config, state.verifier = loaded, verifier
    log(loaded, "info", "Config reloaded")
