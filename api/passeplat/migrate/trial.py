"""SQL tests and a seeded database go in; which of them failed, and where, comes out."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import asyncpg

from passeplat.migrate.database import Connection, connected
from passeplat.migrate.faults import SqlFailed, locate
from passeplat.migrate.load import load, load_file
from passeplat.migrate.model import Fault, Sources, SqlFile
from passeplat.migrate.split import split
from passeplat.postgres.scratch import scratch_database

_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Verdict:
    file: SqlFile
    fault: Fault | None  # None: passed


async def try_all(
    server: str, sources: Sources, tests: Sequence[SqlFile]
) -> AsyncIterator[Verdict]:
    """As they end. Each file has a copy of a database with the final state and the seed.
    Raises SqlFailed if these do not load."""
    async with scratch_database(server) as template:
        async with connected(template) as connection:
            await _prepare(connection, sources)
        name = template.partition("?")[0].rpartition("/")[2]
        gate = asyncio.Semaphore(_AT_ONCE)
        tasks = [asyncio.create_task(_try(server, name, test, gate)) for test in tests]
        try:
            for finished in asyncio.as_completed(tasks):
                yield await finished
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _prepare(connection: Connection, sources: Sources) -> None:
    loading = await load(connection, sources)
    if loading.faults:
        raise SqlFailed(loading.faults, loading.waiting)
    if sources.seed is not None and (fault := await load_file(connection, sources.seed)):
        raise SqlFailed((fault,))


async def _try(server: str, template: str, test: SqlFile, gate: asyncio.Semaphore) -> Verdict:
    async with (
        gate,
        scratch_database(server, template=template) as copy,
        connected(copy) as connection,
    ):
        return Verdict(test, await _run(connection, test))


async def _run(connection: Connection, test: SqlFile) -> Fault | None:
    for statement in split(test.text):
        try:
            await connection.execute(statement.text)
        except asyncpg.PostgresError as error:
            return locate(test, statement, error)
    return None
