"""What happens while migrations are applied: events for whoever watches, and the look at a
statement that takes long."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TypeAlias

import asyncpg

from passeplat.errors import PasseplatError
from passeplat.migrate.database import connected
from passeplat.migrate.record import query

_LONG = 1.0  # seconds after which a statement is looked at, and between two looks


@dataclass(frozen=True, slots=True)
class Queued:
    """Another process migrates this database: we wait for it."""


@dataclass(frozen=True, slots=True)
class Began:
    name: str
    statements: int
    done: int  # of these, when it was interrupted before


@dataclass(frozen=True, slots=True)
class Slow:
    """A statement that has been running for so many seconds."""

    line: int
    sql: str
    seconds: float
    percent: float | None
    blockers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Locked:
    """The lock was not to be had in time: tried again after a pause."""

    line: int
    sql: str
    pause: float
    blockers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Done:
    name: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Note:
    """What should be known, and stops nothing."""

    text: str


Event: TypeAlias = Queued | Began | Slow | Locked | Done | Note
Tell: TypeAlias = Callable[[Event], None]


@dataclass(slots=True)
class Watch:
    """What is known of the statement that runs."""

    line: int
    sql: str
    blockers: tuple[str, ...] = ()
    began: float = field(default_factory=lambda: asyncio.get_running_loop().time())


@asynccontextmanager
async def watched(url: str, process: int, watch: Watch, tell: Tell) -> AsyncIterator[None]:
    """Tells how the statement gets on, as long as the block runs."""
    task = asyncio.create_task(_look(url, process, watch, tell))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _look(url: str, process: int, watch: Watch, tell: Tell) -> None:
    await asyncio.sleep(_LONG)
    # Nothing depends on what a watcher sees: if it cannot see, the statement runs all the same.
    with suppress(PasseplatError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        async with connected(url) as connection:
            while True:
                row = await connection.fetchrow(query("progress"), process)
                watch.blockers = tuple(row["blockers"]) if row else ()
                spent = asyncio.get_running_loop().time() - watch.began
                percent = row["percent"] if row else None
                tell(Slow(watch.line, watch.sql, spent, percent, watch.blockers))
                await asyncio.sleep(_LONG)
