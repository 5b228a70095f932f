"""Databases and servers to throw away."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest

from passeplat.postgres.account import choose_account, own_file
from passeplat.postgres.binaries import find_binaries
from passeplat.postgres.cluster import held
from passeplat.postgres.place import at_temporary
from passeplat.postgres.scratch import (
    create_database,
    database_url,
    drop_database,
    ephemeral_cluster,
    scratch_database,
)

Ask = Callable[[str, str], object]
Clone = Callable[[Callable[[str], None]], str]

NAMES = "select array_agg(datname::text) from pg_database"

KILLED = """
import os, signal
from passeplat.postgres.scratch import ephemeral_cluster

with ephemeral_cluster(os.environ) as cluster:
    print(cluster.place.base, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def is_held(lock: Path) -> bool:
    with held(lock, choose_account(os.environ)) as taken:
        return taken is None


async def execute(url: str, sql: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


def fill(url: str) -> None:
    asyncio.run(execute(url, "create table filled as select clock_timestamp() as at"))


def test_a_scratch_database_is_gone_afterwards(server: str, ask: Ask) -> None:
    async def use() -> str:
        async with scratch_database(server) as url:
            await execute(url, "create table a ()")
            return url

    assert asyncio.run(use()).rpartition("/")[2].partition("?")[0] not in str(ask(server, NAMES))


def test_a_scratch_database_is_gone_after_an_error(server: str, ask: Ask) -> None:
    urls: list[str] = []

    async def fail() -> None:
        async with scratch_database(server) as url:
            urls.append(url)
            raise KeyError

    with pytest.raises(KeyError):
        asyncio.run(fail())
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        ask(urls[0], "select 1")


def test_a_database_may_have_any_name(server: str, ask: Ask) -> None:
    name = f'a "quoted" / name? {os.getpid()}'
    url = asyncio.run(create_database(server, name))
    try:
        assert ask(url, "select current_database()::text") == name
    finally:
        asyncio.run(drop_database(server, name))


def test_dropping_a_database_ends_its_connections(server: str) -> None:
    async def drop_under_a_connection() -> None:
        async with scratch_database(server) as url:
            connection = await asyncpg.connect(url)
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
            await connection.fetchval("select 1")

    asyncio.run(drop_under_a_connection())


def test_another_database_is_on_the_same_server(server: str, ask: Ask) -> None:
    assert ask(database_url(server, "template1"), "select current_database()::text") == "template1"


def test_a_clone_has_what_its_template_has(clone: Clone, ask: Ask) -> None:
    assert ask(clone(fill), "select count(*) from filled") == 1


def test_a_template_is_filled_once(clone: Clone, ask: Ask) -> None:
    one, other = clone(fill), clone(fill)
    assert one != other
    assert ask(one, "select at from filled") == ask(other, "select at from filled")


def test_a_clone_changes_nothing_in_the_next(clone: Clone, ask: Ask) -> None:
    ask(clone(fill), "drop table filled")
    assert ask(clone(fill), "select count(*) from filled") == 1


def test_an_ephemeral_cluster_leaves_nothing(ask: Ask) -> None:
    with ephemeral_cluster(os.environ) as cluster:
        assert ask(cluster.url(), "select current_setting('fsync')") == "off"
        base = cluster.place.base
    assert not base.exists()


def test_ephemeral_clusters_are_separate(ask: Ask) -> None:
    with ephemeral_cluster(os.environ) as one, ephemeral_cluster(os.environ) as other:
        ask(one.url(), "create database only_here")
        assert "only_here" not in str(ask(other.url(), NAMES))


def test_an_ephemeral_cluster_removes_what_killed_ones_left() -> None:
    killed = subprocess.run(
        (sys.executable, "-c", KILLED), stdout=subprocess.PIPE, text=True, check=False
    )
    left = Path(killed.stdout.strip())
    (lock,) = left.glob("*.lock")
    while is_held(lock):  # its server is about to end
        time.sleep(0.01)
    os.utime(left, (0, 0))
    with ephemeral_cluster(os.environ):
        assert not left.exists()


def test_an_ephemeral_cluster_spares_those_that_run() -> None:
    with ephemeral_cluster(os.environ) as running:
        os.utime(running.place.base, (0, 0))
        with ephemeral_cluster(os.environ):
            assert running.place.data.exists()


def test_an_ephemeral_cluster_spares_one_that_is_just_being_made() -> None:
    account = choose_account(os.environ)
    place = at_temporary(account, find_binaries(os.environ).major)
    os.close(own_file(place.lock, account, os.O_RDWR))
    with ephemeral_cluster(os.environ):
        assert place.lock.exists()
    place.lock.unlink()
    place.sockets.rmdir()
    place.base.rmdir()
