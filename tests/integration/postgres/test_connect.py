"""Opening connections: every form of address works, every refusal is one sentence."""

import asyncio
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from urllib.parse import urlsplit

import pytest

from passeplat import __version__
from passeplat.errors import ConnectionFailed, SettingError
from passeplat.postgres.connect import ConnectionImpossible, open_connection

from .conftest import Connect, World

pytestmark = pytest.mark.anyio

Refusing = Callable[[bytes], Awaitable[str]]


async def ask(uri: str, sql: str) -> object:
    opened = await open_connection(uri)
    try:
        return await opened.fetchval(sql)
    finally:
        await opened.close()


@pytest.fixture
async def sockets(database: str) -> str:
    directories = str(await ask(database, "show unix_socket_directories"))
    if not directories:
        pytest.skip("the server listens on no unix socket")
    return directories.split(",", maxsplit=1)[0].strip()


def address(url: str) -> dict[str, str]:
    parts = urlsplit(url)
    return {
        "host": parts.hostname or "",
        "port": str(parts.port),
        "user": parts.username or "",
        "dbname": parts.path.strip("/"),
    }


def pairs(keys: dict[str, str]) -> str:
    return " ".join(f"{key}={value}" for key, value in keys.items())


async def test_a_uri_connects(database: str) -> None:
    assert await ask(database, "select current_database()") == address(database)["dbname"]


async def test_pairs_connect(database: str) -> None:
    keys = address(database)
    assert await ask(pairs(keys), "select current_database()") == keys["dbname"]


@pytest.mark.parametrize(
    "form",
    [
        "host={sockets} port={port} user={user} dbname={dbname}",
        "postgresql://{user}@/{dbname}?host={sockets}&port={port}",
        "postgresql://{user}@{quoted}:{port}/{dbname}",
    ],
)
async def test_a_unix_socket_connects(database: str, sockets: str, form: str) -> None:
    quoted = sockets.replace("/", "%2F")
    own_port = {"port": await ask(database, "show port")}  # TCP may be forwarded from another
    uri = form.format(sockets=sockets, quoted=quoted, **address(database) | own_port)
    assert await ask(uri, "select inet_server_addr()::text") is None


async def test_the_environment_connects(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = address(database)
    for key, name in (("host", "PGHOST"), ("port", "PGPORT"), ("user", "PGUSER")):
        monkeypatch.setenv(name, keys[key])
    monkeypatch.setenv("PGDATABASE", keys["dbname"])
    assert await ask("postgresql://", "select current_database()") == keys["dbname"]


async def test_the_next_host_is_tried(database: str) -> None:
    keys = address(database)
    uri = pairs({**keys, "host": f"127.0.0.1,{keys['host']}", "port": f"1,{keys['port']}"})
    assert await ask(uri, "select current_database()") == keys["dbname"]


async def test_the_session_says_who_it_is(database: str) -> None:
    name = await ask(database, "select current_setting('application_name')")
    assert name == f"passeplat {__version__}"


async def test_a_missing_database_is_worth_another_attempt(database: str) -> None:
    with pytest.raises(ConnectionFailed) as caught:
        await open_connection(pairs({**address(database), "dbname": "nowhere"}))
    assert not isinstance(caught.value, ConnectionImpossible)
    assert caught.value.details == (
        'The database refused the connection: database "nowhere" does not exist'
    )


async def test_an_unknown_role_is_not_worth_another_attempt(database: str) -> None:
    with pytest.raises(ConnectionImpossible) as caught:
        await open_connection(pairs({**address(database), "user": "nobody_knows"}))
    assert caught.value.message == "Database connection error."
    assert caught.value.details == (
        'The database refused the login: role "nobody_knows" does not exist'
    )


@pytest.mark.parametrize(
    ("uri", "details"),
    [
        ("postgresql://x@127.0.0.1:1/x", "The database cannot be reached"),
        ("postgresql://x@host.invalid/x", "The name of the database's host is not known"),
        ("host=/nowhere user=x", "No database listens on that unix socket"),
    ],
)
async def test_a_database_that_is_not_there_is_a_sentence(uri: str, details: str) -> None:
    with pytest.raises(ConnectionFailed, check=lambda error: details in str(error.details)):
        await open_connection(uri)


async def test_settings_that_contradict_each_other_are_a_setting_error(database: str) -> None:
    with pytest.raises(SettingError):
        await open_connection(pairs({**address(database), "sslmode": "perhaps"}))


def message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!I", len(body) + 4) + body


@pytest.fixture
async def refusing() -> AsyncIterator[Refusing]:
    """Starts a server that gives this answer to everybody; returns its URI."""
    servers: list[asyncio.Server] = []

    async def start(answer: bytes) -> str:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(1024)
            writer.write(answer)
            await reader.read(1024)
            writer.close()

        servers.append(await asyncio.start_server(serve, "127.0.0.1", 0))
        port = servers[-1].sockets[0].getsockname()[1]
        return f"postgresql://ann:secret@127.0.0.1:{port}/shop?sslmode=disable"

    yield start
    for server in servers:
        server.close()
    await asyncio.sleep(0.01)  # the ends of its connections


async def test_a_wrong_password_is_not_worth_another_attempt(refusing: Refusing) -> None:
    fields = b'SFATAL\0VFATAL\0C28P01\0Mpassword authentication failed for user "ann"\0\0'
    uri = await refusing(message(b"E", fields))
    with pytest.raises(ConnectionImpossible) as caught:
        await open_connection(uri)
    assert caught.value.details == (
        'The database refused the login: password authentication failed for user "ann"'
    )


async def test_an_old_server_is_named(refusing: Refusing) -> None:
    greeting = message(b"R", bytes(4)) + message(b"S", b"server_version\0" + b"14.9\0")
    uri = await refusing(greeting + message(b"K", bytes(8)) + message(b"Z", b"I"))
    with pytest.raises(ConnectionImpossible) as caught:
        await open_connection(uri)
    assert caught.value.details == ("PostgreSQL 14.9 is too old: version 15 or later is needed")


async def test_a_server_that_does_not_answer_is_given_up(refusing: Refusing) -> None:
    uri = await refusing(b"")
    with pytest.raises(ConnectionFailed, check=lambda error: "in time" in str(error.details)):
        await open_connection(f"{uri}&connect_timeout=1")


async def test_both_kinds_of_connection_open_from_text(connect: Connect, world: World) -> None:
    connection = await connect(pairs(address(world.url)))
    answer = await connection.run(world.bare("select current_user::text"))
    await connection.close()
    assert answer == (((world.login.encode(),),),)


async def test_a_socket_of_another_protocol_is_not_a_database(refusing: Refusing) -> None:
    uri = await refusing(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    with pytest.raises((ConnectionFailed, SettingError)):
        await asyncio.wait_for(open_connection(f"{uri}&connect_timeout=2"), 5)
