"""Rows between the socket that brings them and who takes them: few are held, else it waits."""

import asyncio
from typing import Protocol

_MOST = 256 * 1024  # bytes held before the socket waits


class Socket(Protocol):
    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


class Flow:
    def __init__(self, socket: Socket) -> None:
        self.rows: list[bytes] = []  # what came and was not taken; the same list for ever
        self._socket = socket
        self._woken = asyncio.Event()
        self._paused = False
        self._discards = False
        self._ended = False

    async def take(self) -> list[bytes]:
        """What came since the last time, at least one row; none at the end."""
        while not self.rows and not self._ended:
            self._woken.clear()
            await self._woken.wait()
        taken = self.rows.copy()
        self.rows.clear()
        self._resume()
        return taken

    def settle(self) -> None:
        """After rows have come."""
        if self._discards:
            self.rows.clear()
        elif self.rows:
            self._woken.set()
            if not self._paused and sum(map(len, self.rows)) > _MOST:
                self._paused = True
                self._socket.pause_reading()

    def end(self, _: object) -> None:
        self._ended = True
        self._woken.set()

    def discard(self) -> None:
        """Nobody takes any more."""
        self._discards = True
        self.rows.clear()
        self._resume()

    def _resume(self) -> None:
        if self._paused:
            self._paused = False
            self._socket.resume_reading()
