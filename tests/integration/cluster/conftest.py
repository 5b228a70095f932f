"""Projects with a PostgreSQL of their own, and what tests ask of it."""

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import pytest

from passeplat.postgres.cluster import Cluster

ENVIRON = {"PATH": os.environ.get("PATH", "")}


def _reachable_directory() -> Path:
    """One every account can enter; pytest's own is closed to others."""
    directory = Path(tempfile.mkdtemp(prefix="passeplat-test-"))
    directory.chmod(0o755)
    return directory


@pytest.fixture
def project() -> Iterator[Path]:
    directory = _reachable_directory()
    yield directory
    shutil.rmtree(directory)


@pytest.fixture
def open_cluster() -> Iterator[Callable[..., Cluster]]:
    """`open_cluster(project, NAME="value")` with these variables set; stopped after the test."""
    opened: list[Cluster] = []

    def open_one(project: Path, **variables: str) -> Cluster:
        opened.append(Cluster.open(project, environ=ENVIRON | variables))
        return opened[-1]

    yield open_one
    for cluster in opened:
        cluster.stop()
        shutil.rmtree(cluster.place.sockets, ignore_errors=True)


@pytest.fixture
def cluster(project: Path, open_cluster: Callable[..., Cluster]) -> Cluster:
    """The project's, not yet started."""
    return open_cluster(project)


@pytest.fixture(scope="module")
def started() -> Iterator[Cluster]:
    """One that runs, for tests that only look."""
    directory = _reachable_directory()
    with Cluster.open(directory, environ=ENVIRON) as cluster:
        yield cluster
    shutil.rmtree(directory)


@pytest.fixture(scope="session")
def ask() -> Callable[[str, str], object]:
    """`ask(url, sql)`: the first value, through asyncpg."""

    async def answer(url: str, sql: str) -> object:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(sql)
        finally:
            await connection.close()

    return lambda url, sql: asyncio.run(answer(url, sql))


@pytest.fixture(scope="session")
def psql() -> Callable[[Cluster, str, str], str]:
    """`psql(cluster, url, sql)`: the answer, through libpq."""

    def answer(cluster: Cluster, url: str, sql: str) -> str:
        command = (cluster.binaries.tool("psql"), "-XAt", "-c", sql, url)
        return subprocess.check_output(command, text=True).strip()

    return answer
