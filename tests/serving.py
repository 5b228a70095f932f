"""The reference application and a real server in front of it, for every test that asks for one.

A server is a process of its own that listens on a free port of 127.0.0.1 and logs in as
`authenticator`, as in production. `served` is shared and only to be read from; a test that writes
takes `serve(example)`.
"""

import asyncio
import os
import re
import ssl
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import httpx
import jwt
import pytest
from tests.forking import Forked, fork_server

ROOT = Path(__file__).parents[1]
SECRET = "the tests of this project share this secret"
PATIENCE = 20  # seconds a server may take to start or to stop
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For httpx, which takes 20 ms to make one for each client, whether it is needed or not."""

ACME, GLOBEX = (f"{letter}0000000-0000-4000-8000-000000000001" for letter in "ab")

Claims = Mapping[str, Any]


def person(tenant: str, number: int, organization: str | None) -> Claims:
    """The claims of a seeded user (see db/seed.sql) who works in the organization, if in any."""
    claims = {"role": "member", "sub": f"{tenant}0000000-0001-4000-8000-{number:012}"}
    return claims if organization is None else claims | {"organization_id": organization}


ADA = person("a", 1, ACME)  # the owner of the one tenant
ANNA = person("a", 3, ACME)  # a mere member of it
BEA = person("b", 1, GLOBEX)  # the owner of the other
NORA = {**person("c", 1, None), "email": "nora@example.com"}  # in no organization
OUTSIDER = person("c", 1, GLOBEX)  # says to be where she is not


def token(claims: Claims, **more: Any) -> str:
    """Signed, and valid for an hour unless the claims say otherwise."""
    return jwt.encode({"exp": int(time.time()) + 3600, **claims, **more}, SECRET)


def expired(claims: Claims) -> str:
    return token(claims, exp=int(time.time()) - 3600)


def bearer(claims: Claims, **more: Any) -> dict[str, str]:
    """The header of a request."""
    return {"Authorization": f"Bearer {token(claims, **more)}"}


@dataclass(frozen=True)
class Served:
    """A running server and the database behind it."""

    url: str  # http://127.0.0.1:port
    admin: str
    database: str  # as superuser
    process: "Forked | subprocess.Popen[bytes]"
    output: Path

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or 0

    def client(self, claims: Claims | None = None, **headers: str) -> httpx.Client:
        """A client that keeps its connections: to be used as a context."""
        sent = ({} if claims is None else bearer(claims)) | headers
        return httpx.Client(base_url=self.url, headers=sent, timeout=PATIENCE, verify=NO_TLS)

    def log(self) -> str:
        return self.output.read_text(errors="replace")

    def stop(self) -> int:
        """Its exit status."""
        self.process.terminate()
        return self.process.wait(PATIENCE)


class Serve(Protocol):
    def __call__(self, database: str, **settings: str) -> Served: ...


SETTINGS = {
    "server_host": "127.0.0.1",
    "server_port": "0",
    "admin_server_port": "0",
    "db_schemas": "v1,v2",
    "db_extra_search_path": "",
    "db_anon_role": "anonymous",
    "db_config": "false",  # the role is the cluster's: another test may set something for it
    "jwt_secret": SECRET,
}


@contextmanager
def serving(database: str, *, command: Sequence[str] = (), **settings: str) -> Iterator[Served]:
    """A server for as long as the context lasts; settings are the fields of Config. `command` is
    for another than the usual one.

    Whatever it was asked meanwhile, it must not have met a defect of its own.
    """
    with tempfile.NamedTemporaryFile(prefix="passeplat-log-") as output:
        path = Path(output.name)
        process = _start(command, {"db_uri": as_authenticator(database)} | settings, path)
        try:
            yield Served(*_addresses(process, path), database, process, path)
        finally:
            process.kill()
            process.wait(PATIENCE)
        lines = path.read_text(errors="replace").splitlines()
        defects = [line for line in lines if " while answering " in line]
        assert not defects, "\n".join(defects)


def _start(
    command: Sequence[str], settings: Mapping[str, str], output: Path
) -> "Forked | subprocess.Popen[bytes]":
    ours = ("PASSEPLAT_", "PGRST_", "PG")
    environ = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    given = SETTINGS | settings
    environ |= {f"PASSEPLAT_{name.upper()}": value for name, value in given.items()}
    if not command:
        return fork_server(environ, output, output)
    with output.open("ab") as file:
        return subprocess.Popen(
            command, env=environ, stdin=subprocess.DEVNULL, stdout=file, stderr=file
        )


def as_authenticator(database: str) -> str:
    """The same database for the role that may become others and is nothing itself."""
    parts = urlsplit(database)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"authenticator@{host}"))


def _addresses(process: "Forked | subprocess.Popen[bytes]", output: Path) -> tuple[str, str]:
    """Of the server and of its admin server, once it answers."""
    end = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < end:
        found = dict(re.findall(r"(API|Admin) server listening on (\S+)", output.read_text()))
        if found.keys() == {"API", "Admin"} and _is_ready(f"http://{found['Admin']}"):
            return f"http://{found['API']}", f"http://{found['Admin']}"
        time.sleep(0.02)
    raise AssertionError(f"the server did not start:\n{output.read_text()}")


def _is_ready(admin: str) -> bool:
    try:
        return httpx.get(f"{admin}/ready", verify=NO_TLS).is_success
    except httpx.TransportError:
        return False


@pytest.fixture
def example(clone: Callable[[Callable[[str], None]], str]) -> str:
    """The URL of the test's own copy of the reference application with its seed."""
    return clone(load_example)


@pytest.fixture
def serve() -> Iterator[Serve]:
    """`serve(database, setting="value")`: a server that is gone after the test."""
    with ExitStack() as stack:
        yield lambda database, **settings: stack.enter_context(serving(database, **settings))


@pytest.fixture(scope="session")
def served(clone_for_session: Callable[[Callable[[str], None]], str]) -> Iterator[Served]:
    """A server of the reference application that nobody writes to."""
    with serving(clone_for_session(load_example)) as running:
        yield running


def load_example(database: str) -> None:
    """Everything of db/ with its seed into an empty database, in whatever order its files need."""
    asyncio.run(_load(database))


def execute(database: str, sql: str) -> None:
    """As superuser."""
    asyncio.run(_execute(database, sql))


def fetch(database: str, sql: str, *arguments: object) -> list[asyncpg.Record]:
    """As superuser."""
    return asyncio.run(_fetch(database, sql, *arguments))


async def _load(database: str) -> None:
    connection = await asyncpg.connect(database)
    try:
        await connection.execute("set search_path = ''")
        await connection.execute((ROOT / "db/roles.sql").read_text())
        folders = ("schema", "private", "v1", "v2")
        paths = (path for each in folders for path in sorted((ROOT / "db" / each).glob("*.sql")))
        waiting = [path.read_text() for path in paths]
        while waiting:
            left = [sql for sql in waiting if not await _runs(connection, sql)]
            assert len(left) < len(waiting), f"these never load: {left}"
            waiting = left
        await connection.execute((ROOT / "db/seed.sql").read_text())
        await connection.execute("analyze")
    finally:
        await connection.close()


async def _runs(connection: "asyncpg.Connection[asyncpg.Record]", sql: str) -> bool:
    try:
        async with connection.transaction():
            await connection.execute(sql)
    except asyncpg.PostgresError:
        return False
    return True


async def _execute(database: str, sql: str) -> None:
    connection = await asyncpg.connect(database)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


async def _fetch(database: str, sql: str, *arguments: object) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(database)
    try:
        return await connection.fetch(sql, *arguments)
    finally:
        await connection.close()
