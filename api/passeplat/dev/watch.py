"""A folder goes in; each time its SQL files are saved, a queue is told."""

import asyncio
from pathlib import Path

from watchfiles import Change, awatch

from passeplat.migrate.files import is_sql_file

_STEP = 20  # milliseconds of quiet that end a burst of saves
_LONGEST = 300


async def watch(folder: Path, stop: asyncio.Event, saves: "asyncio.Queue[bool]") -> None:
    """Puts True for each burst of saves, and at last False, when `stop` is set. It has begun once
    it was awaited: nothing that is saved afterwards is missed.

    Where the system tells nothing, WATCHFILES_FORCE_POLLING=1 makes it look.
    """
    try:
        async for _ in awatch(
            folder, watch_filter=_matters, debounce=_LONGEST, step=_STEP, stop_event=stop
        ):
            saves.put_nowait(True)
    finally:
        saves.put_nowait(False)


def _matters(_: Change, path: str) -> bool:
    """A folder may have come with files in it."""
    changed = Path(path)
    return is_sql_file(changed) or changed.is_dir()
