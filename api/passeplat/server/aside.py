"""Work beside the requests, in a thread with a loop of its own.

A thread that computes lets the others go on only every few milliseconds. Here it does so more
often, so that a request that is answered meanwhile hardly waits.
"""

import asyncio
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from threading import Thread
from typing import Any, TypeVar

T = TypeVar("T")

_TURN = 0.0005  # seconds


async def aside(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Its result. Who is cancelled while waiting for it cancels it as well. One at a time."""
    here, there = asyncio.get_running_loop(), asyncio.new_event_loop()
    done = asyncio.Event()
    task = there.create_task(work())

    def run() -> None:
        with _short_turns():
            there.run_until_complete(asyncio.wait((task,)))
        with suppress(RuntimeError):  # nobody is there any more
            here.call_soon_threadsafe(done.set)

    Thread(target=run, daemon=True).start()
    try:
        await done.wait()
    except asyncio.CancelledError:
        with suppress(RuntimeError):
            there.call_soon_threadsafe(task.cancel)
        await done.wait()
        raise
    finally:
        if done.is_set():
            there.close()
    return task.result()


@contextmanager
def _short_turns() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(_TURN)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
