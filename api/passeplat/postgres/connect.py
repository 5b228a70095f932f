"""Opening a connection: the text of db-uri and the environment become an asyncpg connection, or an
error in one sentence."""

import os
import socket
import ssl

import asyncpg

from passeplat.errors import ConnectionFailed, PasseplatError, SettingError
from passeplat.postgres import conninfo

MINIMUM_VERSION = 15

_FAILURES = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    ValueError,
)


class ConnectionImpossible(ConnectionFailed):
    """Trying again will not help: wrong password, unknown role, server too old."""


async def open_connection(uri: str) -> asyncpg.Connection:
    """Raises ConnectionFailed, ConnectionImpossible, errors.SettingError."""
    arguments = conninfo.arguments(uri, os.environ)
    try:
        opened: asyncpg.Connection = await asyncpg.connect(**arguments)
    except _FAILURES as error:
        raise _explain(error) from error
    if opened.get_server_version().major < MINIMUM_VERSION:
        await opened.close()
        raise ConnectionImpossible(
            f"PostgreSQL {opened.get_settings().server_version} is too old:"
            f" version {MINIMUM_VERSION} or later is needed"
        )
    return opened


def _explain(error: Exception) -> PasseplatError:
    match error:
        case asyncpg.InvalidPasswordError() | asyncpg.InvalidAuthorizationSpecificationError():
            return ConnectionImpossible(f"The database refused the login: {_sentence(error)}")
        case asyncpg.ClientConfigurationError():
            return SettingError(f"The connection settings cannot be used: {_sentence(error)}")
        case asyncpg.PostgresError() | asyncpg.InterfaceError() | asyncpg.InternalClientError():
            return ConnectionFailed(f"The database refused the connection: {_sentence(error)}")
        case socket.gaierror():
            return ConnectionFailed("The name of the database's host is not known")
        case FileNotFoundError():
            return ConnectionFailed("No database listens on that unix socket")
        case ssl.SSLError():
            return ConnectionFailed(f"The encrypted connection failed: {_sentence(error)}")
        case TimeoutError():
            return ConnectionFailed("The database did not answer in time")
        case OSError():
            return ConnectionFailed(f"The database cannot be reached: {_sentence(error)}")
        case _:
            return SettingError(f"The connection settings cannot be used: {_sentence(error)}")


def _sentence(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
