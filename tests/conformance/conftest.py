"""Servers to ask: settings in, a running server on a database of the library's tables out."""

import asyncio
import json
import os
import re
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from select import select
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg
import jwt
import pytest
from tests.forking import Forked, fork_server

from passeplat.postgres.scratch import create_database, drop_database, scratch_name

SECRET = "a secret of the tests, long enough for HS256"
LIBRARY = Path(__file__).parent / "library"
SCRIPTS = ("tables", "views", "functions", "representations", "grants")
DEFAULTS = {
    "db_anon_role": "contract_anon",
    "db_schemas": "library",
    "db_extra_search_path": "extras",
    "db_tx_end": "rollback-allow-override",
    "jwt_secret": SECRET,
    "log_level": "error",
    "server_host": "127.0.0.1",
    "server_port": "0",
}
MOST_SERVERS = 6  # that stand ready at a time: each has a process of its own
PATIENCE = 20  # seconds for a server to start
ROLES_LOCK = 7_305_114  # of the cluster, whose roles all databases share


@dataclass(frozen=True)
class Answer:
    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        """The values of this name, joined; None without any."""
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        return ", ".join(values) if values else None

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> Any:
        """Of an error."""
        return self.json["code"]


class UnixConnection(HTTPConnection):
    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(PATIENCE)
        self.sock.connect(self.host)


@dataclass
class Api:
    """`api("GET /books?id=eq.1", prefer="count=exact")`; a body that is no text is sent as JSON."""

    process: Forked
    database: str  # the superuser's URL
    logs: Path
    _connection: HTTPConnection | None = field(default=None, repr=False)

    def __call__(
        self,
        line: str,
        body: Any = None,
        *,
        role: str | None = None,
        claims: dict[str, Any] | None = None,
        **headers: str | list[str],
    ) -> Answer:
        """`role` or `claims` are sent in a token; header names have `_` for `-`."""
        method, _, path = line.partition(" ")
        self._drop_if_closed()
        fields = [(name.replace("_", "-"), value) for name, value in headers.items()]
        if role is not None or claims is not None:
            fields.append(("Authorization", f"Bearer {token(role=role, **(claims or {}))}"))
        if body is not None and not isinstance(body, str | bytes):
            body = json.dumps(body)
        raw = body.encode() if isinstance(body, str) else body
        return self._send(method, quote(path, safe=PRINTABLE), raw, fields)

    def _send(
        self, method: str, path: str, body: bytes | None, fields: list[tuple[str, Any]]
    ) -> Answer:
        connection = self._connection = self._connection or self._open(self.address())
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in fields:
            for each in value if isinstance(value, list) else [value]:
                connection.putheader(name, each.encode())
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        response = connection.getresponse()
        content = response.read()
        if response.will_close:
            self._connection = None
        return Answer(response.status, response.reason, tuple(response.getheaders()), content)

    def _drop_if_closed(self) -> None:
        """Servers end connections that nobody used for a while."""
        kept = self._connection
        if kept is not None and kept.sock is not None and select([kept.sock], [], [], 0)[0]:
            kept.close()
            self._connection = None

    @staticmethod
    def _open(address: str) -> HTTPConnection:
        if address.startswith("/"):
            return UnixConnection(address)
        host, _, port = address.rpartition(":")
        return HTTPConnection(host, int(port), timeout=PATIENCE)

    def admin(self, path: str) -> Answer:
        """An answer of the admin server."""
        address = self._listening("Admin")
        assert address is not None
        with closing(self._open(address)) as connection:
            connection.request("GET", path)
            response = connection.getresponse()
            headers = tuple(response.getheaders())
            return Answer(response.status, response.reason, headers, response.read())

    def address(self) -> str:
        found = self._listening("API")
        assert found is not None
        return found

    def log(self) -> str:
        return (self.logs / "stderr").read_text()

    def access_log(self) -> list[str]:
        return (self.logs / "stdout").read_text().splitlines()

    def sql(self, script: str) -> Any:
        """Runs as superuser; the value of the last statement if it is the only one."""
        return run_sql(self.database, script)

    def wait_until(self, holds: Callable[[], Any], patience: float = 10) -> None:
        """Asks again and again, for what a server does in its own time."""
        end = time.monotonic() + patience
        while not holds():
            assert time.monotonic() < end, f"waited for {patience} s\n{self.log()[-2000:]}"
            time.sleep(0.01)

    def start(self) -> None:
        end = time.monotonic() + PATIENCE
        while not self._accepts():
            assert self.process.poll() is None, self.log()
            assert time.monotonic() < end, self.log()
            time.sleep(0.01)

    def stop(self) -> None:
        """Whatever it was asked meanwhile, it must not have met a defect of its own."""
        if self._connection is not None:
            self._connection.close()
        self.process.terminate()
        try:
            self.process.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        assert " while answering " not in self.log(), self.log()

    def _listening(self, which: str) -> str | None:
        found = re.search(rf"{which} server listening on (\S+)", self.log())
        return found[1] if found else None

    def _accepts(self) -> bool:
        address = self._listening("API")
        if address is None:
            return False
        with suppress(OSError, HTTPException), closing(self._open(address)) as connection:
            connection.connect()
            return True
        return False


PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))


def token(secret: str = SECRET, algorithm: str = "HS256", **claims: Any) -> str:
    given = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(given, secret, algorithm)


def run_sql(url: str, script: str) -> Any:
    async def run() -> Any:
        connection = await asyncpg.connect(url)
        try:
            if script.lstrip().startswith("select"):
                return await connection.fetchval(script)
            return await connection.execute(script)
        finally:
            await connection.close()

    return asyncio.run(run())


def as_user(url: str, user: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{user}@{parts.netloc.rpartition('@')[2]}"))


def launch(url: str, logs: Path, **settings: Any) -> Api:
    """A server process that may not listen yet; `settings` by PostgREST's names, None for unset."""
    given = {"db_uri": as_user(url, "contract_login"), **DEFAULTS, **settings}
    environ = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PG", "PASSEPLAT_", "PGRST_"))
    }
    environ |= {
        f"PGRST_{name.upper()}": str(value) for name, value in given.items() if value is not None
    }
    if "config_file" in given:
        environ["CONFIG_FILE"] = str(given["config_file"])
    for name in ("stdout", "stderr"):
        (logs / name).touch()
    return Api(fork_server(environ, logs / "stdout", logs / "stderr"), url, logs)


@pytest.fixture(scope="session")
def template(server: str) -> Iterator[str]:
    """The name of a database with the library's tables, for others to be copied from."""
    name = scratch_name()
    url = asyncio.run(create_database(server, name))
    try:
        asyncio.run(_fill(server, url))
        yield name
    finally:
        asyncio.run(drop_database(server, name))


async def _fill(server: str, url: str) -> None:
    keeper = await asyncpg.connect(server)
    try:
        await keeper.execute(f"select pg_advisory_lock({ROLES_LOCK})")
        await keeper.execute((LIBRARY / "roles.sql").read_text())
    finally:
        await keeper.close()
    connection = await asyncpg.connect(url)
    try:
        for script in SCRIPTS:
            await connection.execute((LIBRARY / f"{script}.sql").read_text())
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def library(server: str, template: str) -> Iterator[str]:
    """The URL of the database that most tests ask; it stays as it is."""
    name = scratch_name()
    yield asyncio.run(create_database(server, name, template=template))
    asyncio.run(drop_database(server, name))


@pytest.fixture(scope="session")
def serve(library: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Api]]:
    """`serve(db_max_rows=2)`: the server of these settings, started when first asked for."""
    running: dict[frozenset[tuple[str, Any]], Api] = {}

    def get(**settings: Any) -> Api:
        key = frozenset(settings.items())
        found = running.pop(key, None)
        if found is None:
            while len(running) >= MOST_SERVERS:
                running.pop(next(iter(running))).stop()
            found = launch(library, tmp_path_factory.mktemp("server"), **settings)
            found.start()
        running[key] = found
        return found

    yield get
    for api in running.values():
        api.stop()


@pytest.fixture
def api(serve: Callable[..., Api]) -> Api:
    """The server of the usual settings: its transactions are rolled back."""
    return serve()


@pytest.fixture
def alone(server: str, template: str, tmp_path: Path) -> Iterator[Callable[..., Api]]:
    """`alone(**settings)`: a server on a database of the test's own. `wait=False`: at once."""
    made: list[Api] = []
    name = scratch_name()
    url = asyncio.run(create_database(server, name, template=template))

    def start(*, wait: bool = True, **settings: Any) -> Api:
        logs = tmp_path / f"server_{len(made)}"
        logs.mkdir()
        made.append(launch(url, logs, **settings))
        if wait:
            made[-1].start()
        return made[-1]

    yield start
    for each in made:
        each.stop()
    asyncio.run(drop_database(server, name))
