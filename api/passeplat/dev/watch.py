"""A folder goes in; each time its SQL files were saved, something comes out."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from watchfiles import Change, awatch

from passeplat.migrate.files import is_sql_file

_STEP = 20  # milliseconds of quiet that end a burst of saves
_LONGEST = 300


async def saves(folder: Path, stop: asyncio.Event) -> AsyncIterator[None]:
    """Until `stop`. Where the system tells nothing, WATCHFILES_FORCE_POLLING=1 makes it look."""
    async for _ in awatch(
        folder, watch_filter=_matters, debounce=_LONGEST, step=_STEP, stop_event=stop
    ):
        yield


def _matters(_: Change, path: str) -> bool:
    """A folder may have come with files in it."""
    changed = Path(path)
    return is_sql_file(changed) or changed.is_dir()
