"""Connections of the SQL side: a URL goes in, an asyncpg connection without state comes out."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeAlias

import asyncpg

from passeplat.postgres.connect import open_connection

if TYPE_CHECKING:
    Connection: TypeAlias = asyncpg.Connection[asyncpg.Record]
else:
    Connection: TypeAlias = asyncpg.Connection


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Connection]:
    """Raises ConnectionFailed or SettingError. Closed when it returns: a template must be free."""
    connection = await open_connection(url)
    try:
        yield connection
    finally:
        await connection.close(timeout=5)
