"""What somebody names as a state of the schema goes in, a database in that state comes out.

A URL is that database itself. A folder is loaded into a scratch database on a server of its own,
for roles belong to the server: `migrations` is replayed in order, any other is a final state.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from passeplat.errors import SettingError
from passeplat.migrate.database import connected
from passeplat.migrate.faults import SqlFailed
from passeplat.migrate.files import MIGRATIONS, read_sources
from passeplat.migrate.load import load
from passeplat.migrate.model import Sources, SqlFile
from passeplat.migrate.record import make_record
from passeplat.migrate.run import Patience, Session, run_script
from passeplat.migrate.script import Script, read_script
from passeplat.postgres.scratch import ephemeral_cluster, scratch_database


@asynccontextmanager
async def database_of(state: str, environ: Mapping[str, str]) -> AsyncIterator[str]:
    """Its URL. Raises SettingError, SqlFailed, ConnectionFailed."""
    if is_database(state):
        yield state
        return
    sources, are_migrations = _read(Path(state))
    async with _server(environ) as server, scratch_database(server) as url:
        if are_migrations:
            await replay(url, sources.migrations)
        else:
            await load_final_state(url, sources)
        yield url


def is_database(state: str) -> bool:
    """It is a URL, not a folder."""
    return "://" in state


def _read(folder: Path) -> tuple[Sources, bool]:
    are_migrations = folder.name == MIGRATIONS
    is_empty = are_migrations and folder.parent.is_dir()  # a project that has none yet
    if not folder.is_dir() and not is_empty:
        raise SettingError(f"{folder} is neither a folder nor the URL of a database")
    return read_sources(folder.parent if are_migrations else folder), are_migrations


async def replay(url: str, migrations: Sequence[SqlFile]) -> None:
    """Into an empty database that is nobody's. Raises SqlFailed."""
    async for _ in replaying(url, migrations):
        pass


async def replaying(url: str, migrations: Sequence[SqlFile]) -> AsyncIterator[Script]:
    """Each when it has been applied."""
    async with connected(url) as connection:
        await make_record(connection)
        session = Session(url, connection, Patience(pauses=()), lambda _: None)
        for file in migrations:
            script = read_script(file)
            await run_script(session, script, None)
            yield script


async def load_final_state(url: str, sources: Sources) -> None:
    """Raises SqlFailed."""
    async with connected(url) as connection:
        loading = await load(connection, sources)
    if loading.faults:
        raise SqlFailed(loading.faults, loading.waiting)


@asynccontextmanager
async def _server(environ: Mapping[str, str]) -> AsyncIterator[str]:
    context = ephemeral_cluster(environ)
    cluster = await asyncio.to_thread(context.__enter__)
    try:
        yield cluster.url()
    finally:
        await asyncio.to_thread(context.__exit__, None, None, None)
