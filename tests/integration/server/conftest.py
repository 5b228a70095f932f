"""Real server processes in front of a small database: settings in, what they answer and log out."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any, Protocol
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import httpx
import jwt
import pytest
from tests.forking import Forked, fork_server
from tests.serving import NO_TLS, Served, serving

SECRET = "a secret of the tests, long enough for HS256"
PATIENCE = 20  # seconds for whatever a process is to do
PROGRAM = """
import os, sys
from passeplat.config import Sources
from passeplat.errors import PasseplatError
from passeplat.server.serve import serve
if __name__ == "__main__":
    try:
        serve(Sources(os.environ, os.environ.get("CONFIG_FILE")), int(os.environ["WORKERS"]))
    except PasseplatError as error:
        sys.exit(f"Error: {error}")
"""
REFERENCE = """
import os
from passeplat.config import Sources
from passeplat.server.heads import Heads
from passeplat.server.serve import serve
serve(Sources(os.environ, None), protocol=Heads)
"""
SCHEMA = """
create schema api;
create table api.notes (id int primary key, text text unique, check (text <> 'forbidden'));
insert into api.notes values (1, 'one'), (2, 'two');
create table api.parents (id int primary key);
create table api.children (id int primary key, parent_id int references api.parents);
create function api.sleep(seconds float) returns void language sql as 'select pg_sleep(seconds)';
create function api.nap() returns void language sql set statement_timeout = '500ms'
  as 'select pg_sleep(2)';
create function api.rest() returns void language sql set statement_timeout = '4s'
  as 'select pg_sleep(0.7)';
create function api.worker() returns text language sql stable set work_mem = '5MB'
  set statement_timeout = '7s'
  as $$ select current_setting('work_mem') || ' ' || current_setting('statement_timeout') $$;
create function api.setting(name text) returns text language sql stable
  as 'select current_setting(name, true)';
create function api.set_isolation() returns text language sql stable
  set default_transaction_isolation = 'serializable'
  as $$ select current_setting('transaction_isolation') $$;
create function api.isolation() returns text language sql stable
  as $$ select current_setting('transaction_isolation') $$;
create function api.change_isolation() returns text language sql volatile
  as $$ select current_setting('transaction_isolation') $$;
create function api.broken() returns void language plpgsql
  as $$ begin raise exception 'broken' using errcode = 'XX000'; end $$;
create function api.who() returns text language sql stable
  as $$ select current_setting('role') $$;
create function api.application() returns text language sql stable
  as $$ select current_setting('application_name') $$;
create function api.audit() returns trigger language plpgsql as $$ begin
  new.text = current_setting('transaction_isolation'); return new; end $$;
create table api.levels (id int primary key, text text);
create trigger audit before insert or update on api.levels
  for each row execute function api.audit();
grant usage on schema api to public;
grant all on all tables in schema api to public;
"""


@dataclass(frozen=True)
class Home:
    """A database of the test's own, and roles that are named after it."""

    superuser: str  # URL
    name: str

    @property
    def login(self) -> str:
        return f"{self.name}_login"

    @property
    def anonymous(self) -> str:
        return f"{self.name}_anonymous"

    @property
    def author(self) -> str:
        return f"{self.name}_author"

    @property
    def uri(self) -> str:
        """As the login role."""
        parts = urlsplit(self.superuser)
        address = parts.netloc.rpartition("@")[2]
        return urlunsplit(parts._replace(netloc=f"{self.login}@{address}"))

    def run(self, *statements: str) -> None:
        asyncio.run(_execute(self.superuser, statements))

    def fetch(self, sql: str, *arguments: object) -> list[tuple[Any, ...]]:
        return asyncio.run(_fetch(self.superuser, sql, arguments))

    def notify(self, payload: str, channel: str = "pgrst") -> None:
        self.run(f"notify {channel}, '{payload}'")

    def end_backends(self, like: str = "%") -> None:
        """Of the login role, whose last query is like this."""
        self.fetch(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where usename = $1 and query like $2",
            self.login,
            like,
        )

    @contextmanager
    def held(self, *statements: str) -> Iterator[None]:
        """A transaction that stays open, with its locks."""
        with asyncio.Runner() as runner:
            connection = runner.run(asyncpg.connect(self.superuser))
            runner.run(connection.execute("begin; " + "; ".join(statements)))
            try:
                yield
            finally:
                runner.run(connection.close())

    def slow_catalogue(self) -> Any:
        """While it lasts, the schema cache cannot be read."""
        return self.held("lock table pg_catalog.pg_description in access exclusive mode")

    def sessions(self) -> int:
        [(count,)] = self.fetch(
            "select count(*) from pg_stat_activity where usename = $1", self.login
        )
        return int(count)


async def _execute(url: str, statements: tuple[str, ...]) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def _fetch(url: str, sql: str, arguments: tuple[object, ...]) -> list[tuple[Any, ...]]:
    connection = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await connection.fetch(sql, *arguments)]
    finally:
        await connection.close()


def until(
    condition: Callable[[], Any], what: str = "", patience: float = PATIENCE, pause: float = 0.02
) -> Any:
    """What it gives once that is true."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(pause)
    raise AssertionError(what or "it never happened")


@dataclass
class Server:
    process: "Forked | subprocess.Popen[bytes]"
    folder: Path
    _clients: dict[str, httpx.Client] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    @property
    def output(self) -> str:
        """stdout: the access log."""
        return (self.folder / "stdout").read_text()

    @property
    def errors(self) -> str:
        """stderr: everything else."""
        return (self.folder / "stderr").read_text()

    @property
    def address(self) -> str:
        return self._address("API")

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    @property
    def admin_address(self) -> str:
        return self._address("Admin")

    def get(self, path: str, role: str | None = None, **headers: str) -> httpx.Response:
        return self.ask("GET", path, role, **headers)

    def ask(
        self, method: str, path: str, role: str | None = None, body: Any = None, **headers: str
    ) -> httpx.Response:
        """A body is sent as JSON; header names have `_` for `-`."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if role is not None:
            sent["Authorization"] = f"Bearer {token(role)}"
        return self._client("main").request(method, path, headers=sent, json=body)

    def admin(self, path: str) -> httpx.Response:
        return self._client("admin").get(path)

    def ready(self) -> int:
        try:
            return self.admin("/ready").status_code
        except httpx.TransportError:
            return 0

    def metric(self, name: str) -> float:
        found = re.search(rf"^{re.escape(name)} (\S+)$", self.admin("/metrics").text, re.MULTILINE)
        assert found, f"{name} is not in /metrics"
        return float(found[1])

    def loads(self) -> float:
        return self.metric('pgrst_schema_cache_loads_total{status="SUCCESS"}')

    def failures(self) -> float:
        return self.metric('pgrst_schema_cache_loads_total{status="FAIL"}')

    def wait_for(self, text: str, times: int = 1) -> None:
        """In either log."""
        until(
            lambda: (self.errors + self.output).count(text) >= times,
            f"{text!r} is not in\n{self.errors}\n{self.output}",
        )

    def wait_until_ready(self) -> "Server":
        def ready() -> bool:
            assert self.process.poll() is None, f"it has ended:\n{self.errors}"
            return self.ready() == 200 if "Admin server" in self.errors else self._accepts()

        until(ready, f"it is not ready:\n{self.errors}")
        return self

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def reload(self, number: signal.Signals = signal.SIGUSR1) -> None:
        """And waits for it."""
        before = self.loads()
        self.send(number)
        until(lambda: self.loads() > before, f"no reload:\n{self.errors}")

    def wait(self) -> int:
        """For its end: the exit status."""
        return self.process.wait(PATIENCE)

    def stop(self) -> int:
        self.process.terminate()
        return self.wait()

    def close(self) -> None:
        for client in self._clients.values():
            client.close()
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        assert "Traceback" not in self.errors, self.errors
        assert " while answering " not in self.errors, self.errors
        assert " while loading " not in self.errors, self.errors

    def _address(self, which: str) -> str:
        found = until(
            lambda: re.search(rf"{which} server listening on (\S+)", self.errors), self.errors
        )
        return str(found[1])

    def _accepts(self) -> bool:
        return "API server listening on" in self.errors

    def _client(self, which: str) -> httpx.Client:
        with self._lock:  # requests that run at the same time share one
            if which not in self._clients:
                self._clients[which] = self._new_client(which)
            return self._clients[which]

    def _new_client(self, which: str) -> httpx.Client:
        address = self.address if which == "main" else self.admin_address
        unix = address.startswith("/")
        return httpx.Client(
            base_url="http://localhost" if unix else f"http://{address}",
            transport=httpx.HTTPTransport(uds=address, verify=NO_TLS) if unix else None,
            timeout=PATIENCE,
            verify=NO_TLS,
        )


class Start(Protocol):
    def __call__(
        self,
        *,
        wait: bool = True,
        workers: int = 1,
        environ: Mapping[str, str] | None = None,
        stdin: bytes | None = None,
        **settings: str | int | None,
    ) -> Server: ...


def token(role: str | None = None, secret: str = SECRET, **claims: Any) -> str:
    return jwt.encode(claims if role is None else {"role": role, **claims}, secret)


@pytest.fixture
def home(database: str) -> Iterator[Home]:
    made = Home(database, urlsplit(database).path.strip("/"))
    login, roles = f'"{made.login}"', (made.anonymous, made.author)
    named = ", ".join(f'"{role}"' for role in roles)
    made.run(
        f"create role {login} login noinherit",
        *(f'create role "{role}"' for role in roles),
        f"grant {named} to {login}",
        SCHEMA,
    )
    yield made
    made.end_backends()
    made.run(f"drop owned by {login}, {named}", f"drop role {login}, {named}")


@pytest.fixture
def start(home: Home, tmp_path: Path) -> Iterator[Start]:
    """`start(setting="value")`: a server that is gone after the test, and met no defect of ours.
    A setting of None is left out, a lower-case name is PostgREST's."""
    with ExitStack() as stack:
        started = 0

        def launch(
            *,
            wait: bool = True,
            workers: int = 1,
            environ: Mapping[str, str] | None = None,
            stdin: bytes | None = None,
            **settings: str | int | None,
        ) -> Server:
            nonlocal started
            started += 1
            folder = tmp_path / f"server_{started}"
            folder.mkdir()
            given = defaults(home) | settings
            process = run(folder, given, workers, environ or {}, stdin)
            server = Server(process, folder)
            stack.callback(server.close)
            return server.wait_until_ready() if wait else server

        yield launch


def defaults(home: Home) -> dict[str, Any]:
    return {
        "db_uri": home.uri,
        "db_schemas": "api",
        "db_anon_role": home.anonymous,
        "jwt_secret": SECRET,
        "log_level": "info",
        "server_host": "127.0.0.1",
        "server_port": 0,
        "admin_server_port": 0,
    }


def run(
    folder: Path,
    settings: Mapping[str, Any],
    workers: int,
    more: Mapping[str, str],
    stdin: bytes | None,
) -> "Forked | subprocess.Popen[bytes]":
    ours = ("PASSEPLAT_", "PGRST_", "PG")
    environ = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    environ |= {
        f"PGRST_{name.upper()}": str(value) for name, value in settings.items() if value is not None
    }
    environ |= {"WORKERS": str(workers), **more}
    files = folder / "stdout", folder / "stderr"
    for each in files:
        each.touch()
    if workers == 1 and stdin is None:
        return fork_server(environ, *files)
    with files[0].open("wb") as out, files[1].open("wb") as err:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM],
            env=environ,
            stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
            stdout=out,
            stderr=err,
        )
    if stdin is not None and process.stdin is not None:
        process.stdin.write(stdin)
        process.stdin.close()
    return process


def config_file(path: Path, **settings: Any) -> dict[str, str]:
    """Writes settings by PostgREST's names; the environment that names the file."""
    lines = (f"{key.replace('_', '-')} = {json.dumps(str(v))}\n" for key, v in settings.items())
    path.write_text("".join(lines).replace("$", "$$"))
    return {"CONFIG_FILE": str(path)}


@pytest.fixture(scope="module")
def reference(served: Served) -> Iterator[Served]:
    """The same database, answered by the application alone."""
    with serving(served.database, command=(sys.executable, "-c", REFERENCE)) as running:
        yield running
