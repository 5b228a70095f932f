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


async def error_of(connection: Connection, sql: str) -> asyncpg.PostgresError | None:
    """Of statements within a savepoint: what failed leaves nothing behind."""
    try:
        async with connection.transaction():
            await connection.execute(sql)
    except asyncpg.PostgresError as error:
        return error
    return None
