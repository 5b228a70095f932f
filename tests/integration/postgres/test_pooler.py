"""Behind a transaction pooler a session is somebody else's after each transaction."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import suppress
from itertools import cycle
from urllib.parse import urlsplit, urlunsplit

import pytest

from passeplat.errors import DatabaseError, SettingError
from passeplat.postgres import pipeline, plain
from passeplat.postgres.model import Batch, Query

from .conftest import World

pytestmark = pytest.mark.anyio

TLS_REQUEST = 80877103


class Backend:
    """A session whose answers go to whoever is the client now."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.client: asyncio.StreamWriter | None = None
        self.state = b""
        self.ready = asyncio.Event()

    async def pump(self) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                kind, body = await read_message(self.reader)
                if kind == b"K":
                    body = struct.pack("!II", 1, 1)  # a key that is no backend's
                if self.client is not None:
                    self.client.write(kind + struct.pack("!I", len(body) + 4) + body)
                if kind == b"Z":
                    self.state = body
                    self.ready.set()


async def read_message(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    kind, size = struct.unpack("!cI", await reader.readexactly(5))
    return kind, await reader.readexactly(size - 4)


class Pooler:
    """Two backends that take turns, transaction by transaction, for one client at a time."""

    def __init__(self, host: str, port: int) -> None:
        self.address = (host, port)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        startup = await self.read_startup(reader, writer)
        backends = [Backend(*await asyncio.open_connection(*self.address)) for _ in range(2)]
        backends[0].client = writer
        pumps = [asyncio.create_task(backend.pump()) for backend in backends]
        for backend in backends:
            backend.writer.write(startup)
            await backend.ready.wait()
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            await self.take_turns(reader, writer, backends)
        for backend in backends:
            backend.writer.close()
        await asyncio.gather(*pumps)
        writer.close()

    async def take_turns(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, backends: list[Backend]
    ) -> None:
        for backend in cycle(backends):
            backend.client = writer
            backend.state = b""
            while backend.state != b"I":
                kind, body = await read_message(reader)
                if kind == b"X":
                    return
                backend.ready.clear()
                backend.writer.write(kind + struct.pack("!I", len(body) + 4) + body)
                if kind in {b"S", b"Q"}:
                    await backend.ready.wait()

    async def read_startup(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bytes:
        while True:
            head = await reader.readexactly(8)
            size, code = struct.unpack("!II", head)
            if code != TLS_REQUEST:
                return head + await reader.readexactly(size - 8)
            writer.write(b"N")


@pytest.fixture
async def url(world: World) -> AsyncIterator[str]:
    parts = urlsplit(world.url)
    pooler = Pooler(parts.hostname or "", parts.port or 0)
    server = await asyncio.start_server(pooler.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    yield urlunsplit(parts._replace(netloc=f"{world.login}@127.0.0.1:{port}"))
    server.close()
    await asyncio.sleep(0.05)  # the pooler's own end


@pytest.fixture
async def connection(url: str) -> AsyncIterator[pipeline.Pipeline]:
    opened = await pipeline.connect(url)
    yield opened
    await opened.close()


DIRT = b"select set_config('app.secret', 'x', false), pg_try_advisory_lock(77)"
PROBE = """select coalesce(current_setting('app.secret', true), '')
  || (select count(*) from pg_locks join pg_database on pg_database.oid = database
      where locktype = 'advisory' and datname = current_database())"""

PREPARE = pytest.mark.parametrize("prepare", [False, True])


async def test_the_pooler_takes_turns(connection: pipeline.Pipeline, world: World) -> None:
    batch = world.batch("select pg_backend_pid()::text", prepare=False)
    assert len({await connection.run(batch) for _ in range(4)}) == 2


@PREPARE
async def test_requests_are_answered_whichever_session_serves_them(
    connection: pipeline.Pipeline, world: World, prepare: bool
) -> None:
    for number in range(9):
        text = "ab"[number % 3 // 2]
        answer = await connection.run(world.batch(f"select '{text}'", prepare=prepare))
        assert answer == (((text.encode(),),),)


@PREPARE
async def test_every_session_is_left_clean(
    connection: pipeline.Pipeline, world: World, prepare: bool
) -> None:
    soil = world.batch("select api.run($1)", DIRT, prepare=prepare)
    probe = world.batch(PROBE, prepare=prepare)
    for _ in range(3):
        await connection.run(soil)
    assert {(await connection.run(probe))[0][0][0] for _ in range(4)} == {b"0"}


@PREPARE
async def test_every_session_is_left_clean_by_a_failure(
    connection: pipeline.Pipeline, world: World, prepare: bool
) -> None:
    broken = (Query("select api.run($1)", (DIRT,)), Query("select (1 / 0)::text"))
    for _ in range(3):
        with pytest.raises(DatabaseError, match="division"):
            await connection.run(Batch(world.context(world.red), broken, prepare=prepare))
    probe = world.batch(PROBE, prepare=prepare)
    assert {(await connection.run(probe))[0][0][0] for _ in range(4)} == {b"0"}


async def test_the_plain_connection_refuses_a_pooler(url: str) -> None:
    with pytest.raises(SettingError, match="pooler"):
        await plain.connect(url)
