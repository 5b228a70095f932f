"""HTTP/1.1 by hand: requests in bytes, so that a client can also leave in the middle of one."""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import orjson

PATIENCE = 60  # seconds for an answer, on a machine that is busy with other things


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def raw(self) -> bytes:
        lines = [f"{self.method} {self.target} HTTP/1.1", "Host: fuzz"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        if self.body or self.method in ("POST", "PUT", "PATCH"):
            lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join((*lines, "", "")).encode() + self.body


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @cached_property
    def json(self) -> Any:
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return None

    @property
    def code(self) -> str:
        """Of an error."""
        return str(self.json.get("code")) if isinstance(self.json, dict) else ""

    @property
    def message(self) -> str:
        return str(self.json.get("message")) if isinstance(self.json, dict) else ""


class Client:
    """One connection at a time; a new one after it left."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[StreamReader, StreamWriter] | None = None

    async def ask(self, *requests: Request) -> list[Answer]:
        """Several are pipelined: sent at once, answered in order."""
        reader, writer = await self._connected()
        writer.write(b"".join(request.raw() for request in requests))
        async with asyncio.timeout(PATIENCE):
            answers = [await self._answer(reader, request) for request in requests]
        if any(answer.headers.get("connection") == "close" for answer in answers):
            self.leave()
        return answers

    async def send(self, data: bytes) -> None:
        _, writer = await self._connected()
        writer.write(data)

    async def read_some(self) -> bytes:
        reader, _ = await self._connected()
        async with asyncio.timeout(PATIENCE):
            return await reader.read(4096)

    def leave(self) -> None:
        if self._streams is not None:
            self._streams[1].transport.abort()
            self._streams = None

    async def _connected(self) -> tuple[StreamReader, StreamWriter]:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        return self._streams

    async def _answer(self, reader: StreamReader, request: Request) -> Answer:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        pairs = (line.split(": ", 1) for line in head[1:] if line)
        headers = {name.lower(): value for name, value in pairs}
        status = int(head[0].split()[1])
        if request.method == "HEAD" or status in (204, 304):
            return Answer(status, headers, b"")
        if headers.get("transfer-encoding") == "chunked":
            return Answer(status, headers, await _chunks(reader))
        return Answer(status, headers, await reader.readexactly(int(headers["content-length"])))


async def _chunks(reader: StreamReader) -> bytes:
    found = b""
    while size := int(await reader.readline(), 16):
        found += (await reader.readexactly(size + 2))[:-2]
    await reader.readline()
    return found
