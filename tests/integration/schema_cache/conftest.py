"""SQL in, the schema cache of the database it made out."""

import asyncio
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from passeplat.config import Config
from passeplat.schema_cache.introspect import introspect
from passeplat.schema_cache.model import SchemaCache

Load = Callable[..., SchemaCache]

_numbers = count(1)


async def _execute(url: str, sql: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


async def _introspect(url: str, config: Config) -> SchemaCache:
    connection = await asyncpg.connect(url)
    try:
        return await introspect(connection, config, version=1)
    finally:
        await connection.close()


@pytest.fixture
def load(database: str) -> Load:
    """Runs SQL, then reads the cache; schema `api` is there and exposed unless settings differ."""

    def load(sql: str, user: str = "", **settings: Any) -> SchemaCache:
        asyncio.run(_execute(database, f"create schema api; {sql}"))
        config = replace(Config(db_schemas=("api",)), **settings)
        parts = urlsplit(database)
        netloc = f"{user}@{parts.hostname}:{parts.port}" if user else parts.netloc
        return asyncio.run(_introspect(urlunsplit(parts._replace(netloc=netloc)), config))

    return load


@pytest.fixture
def role(database: str) -> Iterator[Callable[[str], str]]:
    """Makes roles, which the whole cluster shares: named by the test's process, dropped after."""
    made: list[str] = []

    def make(attributes: str = "") -> str:
        name = f"test_role_{os.getpid()}_{next(_numbers)}"
        asyncio.run(_execute(database, f"create role {name} {attributes}"))
        made.append(name)
        return name

    yield make
    for name in reversed(made):
        asyncio.run(_execute(database, f"drop owned by {name}; drop role {name}"))
