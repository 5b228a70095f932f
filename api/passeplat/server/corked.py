"""A socket that is written to once for what is written at the same moment: head and body leave in
one packet, for one system call.
"""

from asyncio import AbstractEventLoop, Transport
from typing import Any

_MOST = 65536  # bytes that are worth being joined


class Corked:
    """Everything else is the transport's own."""

    def __init__(self, transport: Transport, loop: AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._held: list[bytes] = []
        self._size = 0

    def write(self, data: bytes) -> None:
        """Soon: before anything is awaited that takes time."""
        if not self._held:
            self._loop.call_soon(self.flush)
        self._held.append(data)
        self._size += len(data)
        if self._size > _MOST:
            self.flush()

    def write_now(self, data: bytes) -> None:
        if self._held:
            self.flush()
        self._transport.write(data)

    def flush(self) -> None:
        if self._held:
            held, self._held, self._size = self._held, [], 0
            if not self._transport.is_closing():
                self._transport.write(b"".join(held))

    def close(self) -> None:
        self.flush()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
