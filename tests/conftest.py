"""A real PostgreSQL for every test that asks for one."""

import asyncio
import os
import socket
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import pytest

from passeplat.postgres.scratch import (
    create_database,
    drop_database,
    ephemeral_cluster,
    scratch_name,
)

pytest_plugins = ["tests.serving"]

Build = Callable[[str], None]
Clone = Callable[[Build], str]
T = TypeVar("T")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The URL of a throw-away PostgreSQL, as superuser: PASSEPLAT_TEST_SERVER or one of our own,
    a second's work once per pytest process."""
    if given := os.environ.get("PASSEPLAT_TEST_SERVER"):
        yield given
        return
    with ephemeral_cluster(os.environ) as cluster, _over_tcp(cluster.url()) as url:
        yield url


@contextmanager
def _over_tcp(url: str) -> Iterator[str]:
    """The same server behind a TCP port, as most tests know databases: bytes go to and fro."""
    folder = parse_qs(urlsplit(url).query)["host"][0]
    [path] = Path(folder).glob(".s.PGSQL.[0-9]*[0-9]")
    stop = Event()

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError), closing(writer):
            while data := await reader.read(1 << 16):
                writer.write(data)
                await writer.drain()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        to_server = await asyncio.open_unix_connection(path)
        await asyncio.gather(forward(reader, to_server[1]), forward(to_server[0], writer))

    async def serve() -> None:
        accepting = await asyncio.start_server(accept, sock=bound)
        await asyncio.to_thread(stop.wait)
        accepting.close()

    bound = socket.create_server(("127.0.0.1", 0), backlog=100)
    thread = Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    yield f"postgresql://postgres@127.0.0.1:{bound.getsockname()[1]}/postgres"
    stop.set()
    thread.join()


@pytest.fixture
def database(server: str) -> Iterator[str]:
    """The URL of an empty database of the test's own."""
    name = scratch_name()
    yield _done(create_database(server, name))
    _done(drop_database(server, name))


@pytest.fixture(scope="session")
def templates(server: str) -> Iterator[dict[Build, str]]:
    """The databases `clone` copies, by who filled them."""
    made: dict[Build, str] = {}
    yield made
    for name in made.values():
        _done(drop_database(server, name))


@pytest.fixture
def clone(server: str, templates: dict[Build, str]) -> Iterator[Clone]:
    """`clone(build)`: the URL of the test's own copy of the database `build(url)` filled.

    `build` runs once per pytest process; it must have closed its connections when it returns.
    """
    with _cloning(server, templates) as make:
        yield make


@pytest.fixture(scope="session")
def clone_for_session(server: str, templates: dict[Build, str]) -> Iterator[Clone]:
    """As `clone`, for copies that tests share."""
    with _cloning(server, templates) as make:
        yield make


@contextmanager
def _cloning(server: str, templates: dict[Build, str]) -> Iterator[Clone]:
    made: list[str] = []

    def make(build: Build) -> str:
        if build not in templates:
            templates[build] = _template(server, build)
        made.append(scratch_name())
        return _done(create_database(server, made[-1], template=templates[build]))

    yield make
    for name in made:
        _done(drop_database(server, name))


def _template(server: str, build: Build) -> str:
    name = scratch_name()
    url = _done(create_database(server, name))
    try:
        build(url)
    except BaseException:
        _done(drop_database(server, name))
        raise
    return name


def _done(coroutine: Coroutine[Any, Any, T]) -> T:
    """Its result, also where a loop runs already."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()
