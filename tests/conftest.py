"""A real PostgreSQL for every test that asks for one."""

import asyncio
import itertools
import os
import socket
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from hypothesis import settings

from passeplat.postgres.cluster import Cluster
from passeplat.postgres.scratch import (
    create_database,
    drop_database,
    ephemeral_cluster,
    scratch_name,
)

pytest_plugins = ["tests.serving"]

settings.register_profile("busy machines", deadline=None)
settings.load_profile("busy machines")

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
    with ephemeral_cluster(os.environ, tcp_port=_free_port()) as cluster:
        yield _let_everybody_in(cluster)


def _free_port() -> int:
    """Below those that the system gives to whoever asks for any."""
    for port in itertools.count(20_000 + os.getpid() % 10_000):
        with socket.socket() as trial, suppress(OSError):
            trial.bind(("127.0.0.1", port))
            return port
    raise AssertionError


def _let_everybody_in(cluster: Cluster) -> str:
    """Its URL over TCP, as most tests know databases; whoever is here may log in as anybody."""
    rules = cluster.place.data / "pg_hba.conf"
    rules.write_text(rules.read_text().replace("scram-sha-256", "trust"))
    url = urlsplit(cluster.tcp_url)
    open_url = urlunsplit(url._replace(netloc=f"postgres@127.0.0.1:{url.port}"))
    _done(_reload(cluster.url(), open_url))
    return open_url


async def _reload(url: str, open_url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute("select pg_reload_conf()")
    await connection.close()
    for _ in range(1000):  # until it has
        with suppress(asyncpg.InvalidPasswordError):
            await (await asyncpg.connect(open_url, password="")).close()
            return
        await asyncio.sleep(0.01)


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
