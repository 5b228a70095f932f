"""The database of the bench: a server of its own with its rows in place, gone afterwards."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
from workloads import ROLES

from passeplat.names import quote
from passeplat.postgres.scratch import ephemeral_cluster

LOGIN = "bench_authenticator"


@dataclass(frozen=True)
class Database:
    url: str  # as superuser
    login: str  # as the role that becomes the others
    process: int  # the server's first
    pgbench: str | None
    version: str


@contextmanager
def database() -> Iterator[Database]:
    with ephemeral_cluster(os.environ) as cluster:
        [pid, *_] = (cluster.place.data / "postmaster.pid").read_text().split()
        yield Database(
            url=cluster.url(),
            login=cluster.url(user=LOGIN),
            process=int(pid),
            pgbench=_pgbench(cluster.binaries.bindir),
            version=cluster.binaries.version,
        )


async def fill(url: str) -> None:
    roles = ", ".join(map(quote, ROLES))
    script = Path(__file__).with_name("database.sql").read_text().replace("{roles}", roles)
    *statements, vacuum = script.rpartition("vacuum")[0], "vacuum analyze"
    connection = await asyncpg.connect(url)
    try:
        for role in ROLES:
            await connection.execute(f"create role {quote(role)}")
        await connection.execute(f"create role {LOGIN} login noinherit in role {roles}")
        for statement in (*statements, vacuum):
            await connection.execute(statement)
    finally:
        await connection.close()


def _pgbench(bindir: Path) -> str | None:
    beside = bindir / "pgbench"
    return str(beside) if beside.exists() else shutil.which("pgbench")
