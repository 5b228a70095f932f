"""What somebody names as a state of the schema goes in, a database in that state comes out.

A URL is that database itself. A folder is loaded into a scratch database, one at a time, for roles
belong to the server: `migrations` is replayed in order, any other is a final state.
"""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from passeplat.errors import SettingError
from passeplat.migrate.database import connected
from passeplat.migrate.faults import SqlFailed
from passeplat.migrate.files import MIGRATIONS, read_sources
from passeplat.migrate.load import load
from passeplat.migrate.model import Sources, SqlFile
from passeplat.migrate.record import make_record
from passeplat.migrate.renames import Rename, read_renames
from passeplat.migrate.run import Patience, Session, run_script
from passeplat.migrate.scratch import Scratch
from passeplat.migrate.script import Script, read_script


async def database_of(state: str, scratch: Scratch) -> str:
    """Its URL, good until another is asked for. Raises SettingError, SqlFailed,
    ConnectionFailed."""
    if is_database(state):
        return state
    sources, are_migrations = _read(Path(state))
    url = await scratch.empty()
    if are_migrations:
        await replay(url, sources.migrations)
    else:
        await load_final_state(url, sources)
    return url


def renames_of(state: str) -> tuple[Rename, ...]:
    """That its files tell of. Raises UnclearRename."""
    return () if is_database(state) else read_renames(_read(Path(state))[0])


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
