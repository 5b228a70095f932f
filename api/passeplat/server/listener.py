"""Reloads on NOTIFY: one connection of its own that listens, for ever, and asks for reloads."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from passeplat.config import Config
from passeplat.errors import ConnectionLost
from passeplat.names import quote
from passeplat.postgres.connect import open_connection
from passeplat.postgres.recovery import delays
from passeplat.server.observe import log
from passeplat.server.reload import FAILURES, Connection, reason

Want: TypeAlias = Literal["schema", "config"]

_ALIVE = 30.0  # seconds between looks at a silent connection
_RELOADS: dict[str, Want] = {"": "schema", "reload schema": "schema", "reload config": "config"}
_NAMES = {"schema": "schema cache", "config": "config"}

_SERVER = """
select
  current_setting('server_version'),
  coalesce(host(inet_server_addr()) || ':' || inet_server_port(), 'a unix socket')
"""


@dataclass(slots=True)
class Listener:
    config: Config  # as it was when listening began: another channel takes another listener
    want: Callable[[Want], None]
    failed: Callable[[Exception], None]  # told of a connection that was lost, or not to be had
    tried: asyncio.Event = field(default_factory=asyncio.Event)  # listening, or failed to once

    async def run(self) -> None:
        """Runs until cancelled. While nobody listened anything may have happened: reload."""
        missed, pauses = False, delays()
        while True:
            try:
                async with self._listening() as connection:
                    pauses = delays()
                    if missed:
                        self.want("config")
                    self.tried.set()
                    await self._follow(connection)
            except FAILURES as error:
                missed, pause = True, next(pauses)
                self._tell(error, pause)
                await asyncio.sleep(pause)

    def _tell(self, error: Exception, pause: float) -> None:
        self.tried.set()
        self.failed(error)
        channel = self.config.db_channel
        message = f'Failed listening for database notifications on the "{channel}" channel.'
        log(self.config, "error", f"{message} {reason(error)}. Trying again in {pause:g} seconds")

    @asynccontextmanager
    async def _listening(self) -> AsyncIterator[Connection]:
        connection = await open_connection(_primary(self.config.db_uri))
        try:
            [(version, address)] = await connection.fetch(_SERVER)
            await connection.add_listener(self.config.db_channel, self._notified)
            log(
                self.config,
                "crit",
                f"Connected to PostgreSQL {version} at {address} and listening for database"
                f' notifications on the "{self.config.db_channel}" channel',
            )
            yield connection
        finally:
            connection.terminate()

    async def _follow(self, connection: Connection) -> None:
        """Raises when the connection is gone."""
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _: lost.set())
        while not connection.is_closed():
            with suppress(TimeoutError):
                await asyncio.wait_for(lost.wait(), _ALIVE)
            if not lost.is_set():
                # The same again: pg_stat_activity goes on saying what this connection is for.
                await connection.execute(f"listen {quote(self.config.db_channel)}", timeout=_ALIVE)
        raise ConnectionLost("The server closed the connection")

    def _notified(self, _connection: object, _pid: int, channel: str, payload: object) -> None:
        want = _RELOADS.get(str(payload))
        if want is not None:
            message = f'Received a {_NAMES[want]} reload message on the "{channel}" channel'
            log(self.config, "crit", message)
            self.want(want)


def _primary(uri: str) -> str:
    """The same address, for the one server of several that takes LISTEN. Of two values of a key
    the last counts, in either form."""
    if not uri.startswith(("postgresql://", "postgres://")):
        return f"{uri} target_session_attrs=primary"
    return f"{uri}{'&' if '?' in uri else '?'}target_session_attrs=primary"
