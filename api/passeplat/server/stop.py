"""Signals: SIGTERM and SIGINT become an end that can be waited for, whatever else is being awaited;
SIGUSR1 and SIGUSR2 ask for a reload.
"""

import asyncio
import signal
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from passeplat.config import Config
from passeplat.server.listener import Want
from passeplat.server.observe import log

T = TypeVar("T")

_ENDS = (signal.SIGTERM, signal.SIGINT)
_RELOADS: dict[signal.Signals, Want] = {signal.SIGUSR1: "schema", signal.SIGUSR2: "config"}


class Stopped(Exception):
    """It was time to end before what was awaited had come."""


class Stop:
    def __init__(self) -> None:
        self._event = asyncio.Event()
        self.when_forced: Callable[[], None] = lambda: None  # SIGINT, when it is ending already
        self.when_reloaded: Callable[[Want], None] = lambda _: None  # SIGUSR1, SIGUSR2

    def set(self) -> None:
        self._event.set()

    def is_set(self) -> bool:
        return self._event.is_set()

    async def wait(self) -> None:
        await self._event.wait()

    async def unless(self, doing: Coroutine[Any, Any, T]) -> T:
        """What it gives, if it is there before the end. Raises Stopped, and what it raises."""
        task = asyncio.ensure_future(doing)
        ending = asyncio.ensure_future(self._event.wait())
        try:
            await asyncio.wait({task, ending}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
            raise Stopped
        finally:
            ending.cancel()
            task.cancel()
            with suppress(BaseException):
                await task


@contextmanager
def stopping(config: Config | None = None) -> Iterator[Stop]:
    """The signals of this process; with a configuration they are logged by name."""
    loop, stop = asyncio.get_running_loop(), Stop()

    def received(number: signal.Signals) -> None:
        if stop.is_set() and number == signal.SIGINT:
            stop.when_forced()
        if config is not None:
            log(config, "crit", f"Received {number.name}: finishing the requests in flight")
        stop.set()

    for end in _ENDS:
        loop.add_signal_handler(end, received, end)

    def asked(what: Want) -> None:
        stop.when_reloaded(what)

    for number, what in _RELOADS.items():
        loop.add_signal_handler(number, asked, what)
    try:
        yield stop
    finally:
        for number in (*_ENDS, *_RELOADS):
            loop.remove_signal_handler(number)
