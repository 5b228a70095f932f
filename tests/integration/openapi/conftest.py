"""The reference application, served to those who read its document."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import jwt
import pytest
from tests.serving import NO_TLS

from passeplat.postgres.scratch import create_database, drop_database, scratch_name

ROOT = Path(__file__).parents[3]
JAVASCRIPT = ROOT / "tests/clients/js"
SECRET = "a secret of the tests, long enough for HS256"
SCRIPTS = [
    path.read_text()
    for folder in ("schema", "private", "v1", "v2")
    for path in sorted((ROOT / "db" / folder).glob("*.sql"))
]
PROGRAM = """
import os
from passeplat.config import Sources
from passeplat.server.serve import serve
serve(Sources(os.environ))
"""
PATIENCE = 20  # seconds for a server to start


@dataclass(frozen=True)
class Served:
    url: str  # ends with a slash
    client: httpx.Client

    def get(self, path: str, tenant: str | None = None, **headers: str) -> httpx.Response:
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        if tenant is not None:
            fields["Authorization"] = f"Bearer {token(tenant)}"
        return self.client.get(path, headers=fields)

    def document(self, tenant: str | None = "a", path: str = "/openapi.json") -> Any:
        response = self.get(path, tenant)
        assert response.status_code == 200, response.text
        return response.json()


def token(tenant: str) -> str:
    """Of the owner of Acme (a) or Globex (b)."""
    claims = {
        "role": "member",
        "sub": f"{tenant}0000000-0001-4000-8000-000000000001",
        "organization_id": f"{tenant}0000000-0000-4000-8000-000000000001",
    }
    return jwt.encode(claims, SECRET, "HS256")


async def _load(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute((ROOT / "db/roles.sql").read_text())
        waiting = SCRIPTS
        while waiting:
            left = [script for script in waiting if not await _runs(connection, script)]
            assert len(left) < len(waiting), f"never loads: {left[0]}"
            waiting = left
        await connection.execute((ROOT / "db/seed.sql").read_text())
    finally:
        await connection.close()


async def _runs(connection: asyncpg.Connection, script: str) -> bool:
    try:
        async with connection.transaction():
            await connection.execute(script)
    except asyncpg.PostgresError:
        return False
    return True


def _done(coroutine: Any) -> Any:
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


def _settings(database: str) -> dict[str, str]:
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PGRST_", "PASSEPLAT_"))
    }
    return inherited | {
        "PGRST_DB_URI": database,
        "PGRST_DB_SCHEMAS": "v1,v2",
        "PGRST_DB_ANON_ROLE": "anonymous",
        "PGRST_DB_CHANNEL_ENABLED": "false",
        "PGRST_JWT_SECRET": SECRET,
        "PGRST_SERVER_HOST": "127.0.0.1",
        "PGRST_SERVER_PORT": "0",
    }


def _address(process: "subprocess.Popen[str]") -> str:
    """The server says where it listens."""
    assert process.stderr is not None
    until = time.monotonic() + PATIENCE
    for line in process.stderr:
        if "API server listening on" in line:
            return line.split()[-1]
        assert time.monotonic() < until, "the server does not start"
    pytest.fail("the server ended")


@pytest.fixture(scope="session")
def served(server: str) -> Iterator[Served]:
    name = scratch_name()
    database = _done(create_database(server, name))
    try:
        _done(_load(database))
        yield from _serve(database)
    finally:
        _done(drop_database(server, name))


def _serve(database: str) -> Iterator[Served]:
    command = [sys.executable, "-c", PROGRAM]
    with subprocess.Popen(
        command, env=_settings(database), stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            url = f"http://{_address(process)}/"
            with httpx.Client(base_url=url, trust_env=False, verify=NO_TLS) as client:
                yield Served(url, client)
        finally:
            process.terminate()


@pytest.fixture(scope="session")
def bearer() -> str:
    return token("a")


@pytest.fixture(scope="session")
def other_bearer() -> str:
    return token("b")
