"""A real PostgreSQL for every test that asks for one."""

import asyncio
import os
from collections.abc import Iterator
from itertools import count
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

_numbers = count(1)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def server() -> str:
    """The URL of a throw-away PostgreSQL, as superuser."""
    return os.environ["PASSEPLAT_TEST_SERVER"]


async def _execute(url: str, sql: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


@pytest.fixture
def database(server: str) -> Iterator[str]:
    """The URL of an empty database of the test's own."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    asyncio.run(_execute(server, f'create database "{name}"'))
    yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    asyncio.run(_execute(server, f'drop database "{name}" with (force)'))
