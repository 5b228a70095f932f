"""Work in a thread beside the loop is as if it were awaited here."""

import asyncio
import sys
import threading

import pytest

from passeplat.server.aside import aside

pytestmark = pytest.mark.anyio


async def test_work_has_its_result_and_a_thread_of_its_own() -> None:
    async def work() -> tuple[int, float]:
        await asyncio.sleep(0)
        return threading.get_ident(), sys.getswitchinterval()

    before = sys.getswitchinterval()
    thread, interval = await aside(work)
    assert thread != threading.get_ident()
    assert interval < before == sys.getswitchinterval()


async def test_what_the_work_raises_is_raised() -> None:
    async def work() -> None:
        await asyncio.sleep(0)
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await aside(work)


async def test_the_loop_goes_on_meanwhile() -> None:
    begun, end = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    async def work() -> bool:
        loop.call_soon_threadsafe(begun.set)
        return await asyncio.to_thread(end.wait, 5)

    waiting = asyncio.create_task(aside(work))
    await begun.wait()
    end.set()
    assert await waiting


async def test_who_does_not_wait_any_more_cancels_the_work() -> None:
    begun, cleaned = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    async def work() -> None:
        loop.call_soon_threadsafe(begun.set)
        try:
            await asyncio.sleep(60)
        finally:
            cleaned.set()

    waiting = asyncio.create_task(aside(work))
    await begun.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert cleaned.is_set()
