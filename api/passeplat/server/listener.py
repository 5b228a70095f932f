"""Reloads on NOTIFY: one connection of its own that listens, for ever, and asks for reloads."""

import asyncio
from collections.abc import Callable

import asyncpg

from passeplat.errors import ApiError, SettingError
from passeplat.names import quote
from passeplat.postgres.connect import open_connection
from passeplat.server.observe import log
from passeplat.server.state import State

_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 32.0  # seconds between attempts, doubled each time
_ALIVE = 30.0  # seconds between looks at a silent connection


async def listen(
    state: State, want_schema: Callable[[], None], want_config: Callable[[], None]
) -> None:
    """Runs until cancelled. After a lost connection anything may have happened: reload."""
    pause, first = _FIRST_PAUSE, True
    while True:
        try:
            connection = await open_connection(state.config.db_uri)
            pause = _FIRST_PAUSE
            if not first:
                want_config()
                want_schema()
            first = False
            await _follow(connection, state, want_schema, want_config)
        except (
            asyncpg.PostgresError,
            asyncpg.InterfaceError,
            OSError,
            ApiError,
            SettingError,
        ) as e:
            channel = state.config.db_channel
            log(state.config, "error", f'Failed listening on the "{channel}" channel: {e}')
        await asyncio.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)


async def _follow(
    connection: "asyncpg.Connection[asyncpg.Record]",
    state: State,
    want_schema: Callable[[], None],
    want_config: Callable[[], None],
) -> None:
    """Returns when the connection is gone."""
    reloads = {"": want_schema, "reload schema": want_schema, "reload config": want_config}

    def notified(_connection: object, _pid: int, _channel: str, payload: object) -> None:
        reload = reloads.get(str(payload))
        if reload is not None:
            reload()

    lost = asyncio.Event()
    connection.add_termination_listener(lambda _: lost.set())
    try:
        await connection.add_listener(state.config.db_channel, notified)
        log(state.config, "info", f"Listening on the {quote(state.config.db_channel)} channel")
        while not lost.is_set():
            await _wait(lost, _ALIVE)
            if not lost.is_set():
                await connection.execute("select 1", timeout=_ALIVE)
    finally:
        if not connection.is_closed():
            connection.terminate()


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return
