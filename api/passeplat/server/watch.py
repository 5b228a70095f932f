"""Clients that go away: a request that takes long is watched, and cancelled when nobody waits for
it any more. A short one costs an entry in a set: only what two looks in a row have seen is watched.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any, TypeAlias

Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]

_PAUSE = 0.1  # seconds between two looks


@dataclass(slots=True, eq=False)
class Visit:
    """A request whose body has been read: what comes next from the client is its departure."""

    receive: Receive
    task: "asyncio.Task[Any] | None"
    seen: bool = False
    gone: bool = False
    watcher: "asyncio.Task[None] | None" = None


class Watch:
    def __init__(self) -> None:
        self._visits: set[Visit] = set()
        self._looking = False

    def begin(self, receive: Receive) -> Visit:
        """From now on the running task is cancelled when its client goes away."""
        visit = Visit(receive, asyncio.current_task())
        self._visits.add(visit)
        if not self._looking:
            self._look_later()
        return visit

    def end(self, visit: Visit) -> None:
        self._visits.discard(visit)
        if visit.watcher is not None:
            visit.watcher.cancel()

    def _look_later(self) -> None:
        self._looking = True
        asyncio.get_running_loop().call_later(_PAUSE, self._look)

    def _look(self) -> None:
        for visit in self._visits:
            if visit.seen and visit.watcher is None:
                visit.watcher = asyncio.create_task(self._wait(visit))
            visit.seen = True
        self._looking = False
        if self._visits:
            self._look_later()

    async def _wait(self, visit: Visit) -> None:
        while (await visit.receive())["type"] != "http.disconnect":
            pass
        if visit in self._visits and visit.task is not None:
            visit.gone = True
            visit.task.cancel()
