"""Throw-away databases: a server's URL goes in, the URL of an empty or cloned database comes out.

A clone copies files, not statements: tens of milliseconds however long its template took to load.
"""

import os
import secrets
import shutil
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg

from passeplat.names import quote as quote_name
from passeplat.postgres.account import Account, choose_account
from passeplat.postgres.binaries import Binaries, find_binaries
from passeplat.postgres.cluster import Cluster, held
from passeplat.postgres.place import SCRATCH, at_temporary, reachable
from passeplat.postgres.ready import copy_ready

LONG_AGO = 3600  # seconds: no start takes that long


def database_url(server: str, database: str) -> str:
    """The same server's other database."""
    return urlunsplit(urlsplit(server)._replace(path="/" + quote(database, safe="")))


async def create_database(
    server: str, name: str, *, template: str | None = None, as_files: bool = False
) -> str:
    """Its URL. Nobody may be connected to the template; PostgreSQL waits up to 5 seconds. As files
    a big one is copied sooner, where nothing is synced."""
    source = f" template {quote_name(template)}" if template else ""
    source += " strategy file_copy" if as_files else ""
    await _execute(server, f"create database {quote_name(name)}{source}")
    return database_url(server, name)


async def drop_database(server: str, name: str) -> None:
    """Whoever is connected to it loses the connection."""
    await _execute(server, f"drop database if exists {quote_name(name)} with (force)")


@asynccontextmanager
async def scratch_database(server: str, *, template: str | None = None) -> AsyncIterator[str]:
    """The URL of a database that is gone afterwards."""
    name = scratch_name()
    url = await create_database(server, name, template=template)
    try:
        yield url
    finally:
        await drop_database(server, name)


def scratch_name() -> str:
    return f"scratch_{os.getpid()}_{secrets.token_hex(4)}"


@contextmanager
def ephemeral_cluster(
    environ: Mapping[str, str], *, binaries: Binaries | None = None, tcp_port: int | None = None
) -> Iterator[Cluster]:
    """A running server with data of its own that survive nothing, and are gone afterwards.
    `tcp_port`: see Cluster.start."""
    account = choose_account(environ)
    chosen = reachable(binaries or find_binaries(environ), account)
    place = at_temporary(account, chosen.major)
    _sweep(place.base, account)
    cluster = Cluster(place, account, chosen, environ)
    try:
        copy_ready(place, account, chosen, environ)
        cluster.start(ephemeral=True, tcp_port=tcp_port)
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(place.base, ignore_errors=True)
        shutil.rmtree(place.sockets, ignore_errors=True)


def _sweep(ours: Path, account: Account) -> None:
    """Remove the neighbours that killed commands left: old, and nobody holds their lock."""
    for lock in ours.parent.glob(f"{SCRATCH}*/*.lock"):
        base = lock.parent
        found = base.stat()
        if found.st_uid == account.uid and time.time() - found.st_mtime > LONG_AGO:
            with held(lock, account) as taken:
                if taken is not None:
                    shutil.rmtree(base, ignore_errors=True)


async def _execute(server: str, statement: str) -> None:
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
