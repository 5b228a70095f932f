"""Between a socket and a reader: little is held, nothing is lost."""

import asyncio

import pytest

from passeplat.postgres.flow import Flow

pytestmark = pytest.mark.anyio


class Socket:
    def __init__(self) -> None:
        self.paused = False

    def pause_reading(self) -> None:
        self.paused = True

    def resume_reading(self) -> None:
        self.paused = False


def bring(flow: Flow, *rows: bytes) -> None:
    flow.rows += rows
    flow.settle()


async def test_rows_are_taken_in_order_until_the_end() -> None:
    flow = Flow(Socket())
    bring(flow, b"1", b"2")
    bring(flow, b"3")
    assert await flow.take() == [b"1", b"2", b"3"]
    bring(flow, b"4")
    flow.end(None)
    assert [await flow.take(), await flow.take()] == [[b"4"], []]


async def test_who_takes_waits_for_rows() -> None:
    flow = Flow(Socket())
    taking = asyncio.create_task(flow.take())
    await asyncio.sleep(0)
    bring(flow, b"1")
    assert await taking == [b"1"]


async def test_the_socket_waits_while_much_is_held() -> None:
    socket = Socket()
    flow = Flow(socket)
    bring(flow, b"x" * 1000)
    assert not socket.paused
    bring(flow, b"x" * 1_000_000)
    assert socket.paused
    await flow.take()
    assert not socket.paused


async def test_what_nobody_takes_is_dropped() -> None:
    socket = Socket()
    flow = Flow(socket)
    bring(flow, b"x" * 1_000_000)
    flow.discard()
    bring(flow, b"x" * 1_000_000)
    assert (flow.rows, socket.paused) == ([], False)
