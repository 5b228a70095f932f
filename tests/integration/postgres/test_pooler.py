"""Behind a transaction pooler a session is somebody else's after each transaction."""

import asyncio
import struct
from collections.abc import AsyncIterator
from urllib.parse import urlsplit, urlunsplit

import pytest

from passeplat.errors import DatabaseError
from passeplat.postgres import pipeline
from passeplat.postgres.model import Batch, Query

from .conftest import World

pytestmark = pytest.mark.anyio

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Pooler:
    """Two backends that take turns, transaction by transaction, for one client at a time."""

    def __init__(self, host: str, port: int) -> None:
        self.address = (host, port)
        self.turns = 0
        self.tasks: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = (reader, writer)
        startup = await self.read_startup(client)
        backends = [await asyncio.open_connection(*self.address) for _ in range(2)]
        for number, (from_backend, to_backend) in enumerate(backends):
            to_backend.write(startup)
            state = await self.relay(from_backend, writer if number == 0 else None)
        state = b"I"
        try:
            while True:
                if state == b"I":
                    self.turns += 1
                from_backend, to_backend = backends[self.turns % 2]
                await self.forward_to_sync(reader, to_backend)
                state = await self.relay(from_backend, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            for stream in (writer, *(to_backend for _, to_backend in backends)):
                stream.close()

    async def read_startup(self, client: Stream) -> bytes:
        reader, writer = client
        while True:
            head = await reader.readexactly(8)
            size, code = struct.unpack("!II", head)
            if code != 80877103:  # a request for TLS
                return head + await reader.readexactly(size - 8)
            writer.write(b"N")

    async def forward_to_sync(
        self, reader: asyncio.StreamReader, to_backend: asyncio.StreamWriter
    ) -> None:
        kind = b""
        while kind not in {b"S", b"Q"}:
            head = await reader.readexactly(5)
            kind = head[:1]
            if kind == b"X":
                raise ConnectionError
            to_backend.write(head + await reader.readexactly(struct.unpack("!I", head[1:])[0] - 4))

    async def relay(
        self, from_backend: asyncio.StreamReader, writer: asyncio.StreamWriter | None
    ) -> bytes:
        """Up to ReadyForQuery: its state. The client gets a key that is no backend's."""
        while True:
            head = await from_backend.readexactly(5)
            body = await from_backend.readexactly(struct.unpack("!I", head[1:])[0] - 4)
            if head[:1] == b"K":
                body = struct.pack("!II", 1, 1)
            if writer is not None:
                writer.write(head + body)
            if head[:1] == b"Z":
                return body


@pytest.fixture
async def connection(world: World) -> AsyncIterator[pipeline.Pipeline]:
    parts = urlsplit(world.url)
    pooler = Pooler(parts.hostname or "", parts.port or 0)
    server = await asyncio.start_server(pooler.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    url = urlunsplit(parts._replace(netloc=f"{world.login}@127.0.0.1:{port}"))
    opened = await pipeline.connect(url)
    yield opened
    await opened.close()
    server.close()
    await server.wait_closed()
    await asyncio.sleep(0.05)  # the pooler's own end


DIRT = b"select set_config('app.secret', 'x', false), pg_advisory_lock(77)"
PROBE = """select coalesce(current_setting('app.secret', true), '')
  || (select count(*) from pg_locks where locktype = 'advisory' and objid = 77)"""

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
