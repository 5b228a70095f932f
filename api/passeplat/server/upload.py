"""The body of a request, as it arrives: whole, or in pieces of complete rows."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from passeplat.errors import BodyTooLarge, BodyTooSlow
from passeplat.request.rows import end_of_rows
from passeplat.server.watch import Receive

PIECE = 256 * 1024
"""Bytes: a longer body of rows is taken in pieces."""


class ClientGone(Exception):
    """Nobody waits for the answer any more."""


@dataclass(slots=True)
class Upload:
    receive: Receive
    limit: int  # bytes
    patience: float = 30  # seconds until the next bytes, while rows before them hold a connection
    size: int = 0  # of what has arrived
    _ended: bool = False

    def is_whole(self) -> bool:
        return self._ended

    async def read(self, enough: int | None = None) -> bytes:
        """What arrives until it is that much, or the rest. Raises BodyTooLarge and ClientGone."""
        chunk = await self._next()
        if self.is_whole():
            return chunk
        chunks = [chunk]
        until = None if enough is None else self.size - len(chunk) + enough
        while not self.is_whole() and (until is None or self.size < until):
            chunks.append(await self._next())
        return b"".join(chunks)

    async def _next(self) -> bytes:
        message = await self.receive()
        if message["type"] == "http.disconnect":  # half a body is not what was asked
            raise ClientGone
        chunk: bytes = message.get("body", b"")
        self.size += len(chunk)
        if self.size > self.limit:
            raise BodyTooLarge(self.limit)
        self._ended = not message.get("more_body")
        return chunk

    async def pieces(self, name: str, header: bytes, held: bytes) -> AsyncIterator[bytes]:
        """What follows `held`, and it: each piece a body of its own, of the media type `name`."""
        while not self.is_whole():
            held += await self._soon()
            end = len(held) if self.is_whole() else end_of_rows(name, held)
            if end:
                yield header + held[:end]
                held = held[end:]

    async def _soon(self) -> bytes:
        try:
            async with asyncio.timeout(self.patience):
                return await self.read(PIECE)
        except TimeoutError:
            raise BodyTooSlow(self.patience) from None
