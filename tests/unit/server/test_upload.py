"""A body as it arrives: never more than is allowed, never for ever."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from passeplat.errors import BodyTooLarge, BodyTooSlow
from passeplat.server.upload import ClientGone, Upload

pytestmark = pytest.mark.anyio

NDJSON = "application/x-ndjson"


def upload(chunks: Sequence[bytes], *, ends: bool = True, limit: int = 1000) -> Upload:
    """After the chunks either the end or nothing for ever."""
    left = list(chunks)

    async def receive() -> dict[str, Any]:
        if not left:
            await asyncio.sleep(60)
        chunk = left.pop(0)
        return {"type": "http.request", "body": chunk, "more_body": bool(left) or not ends}

    return Upload(receive, limit, patience=0.05)


async def test_a_body_is_read_up_to_what_is_enough_and_then_the_rest() -> None:
    body = upload([b"12", b"34", b"56", b"78"])
    assert (await body.read(3), body.is_whole()) == (b"1234", False)
    assert (await body.read(), body.is_whole()) == (b"5678", True)


async def test_the_limit_counts_what_was_read_before() -> None:
    body = upload([b"12", b"34", b"56"], limit=5)
    await body.read(3)
    with pytest.raises(BodyTooLarge):
        await body.read(1)


async def test_who_goes_away_sends_no_body() -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    with pytest.raises(ClientGone):
        await Upload(receive, 10).read()


async def test_pieces_end_with_their_rows() -> None:
    body = upload([b'"a"}\n{', b'"b"}\n{"', b'c"}'])
    pieces = [piece async for piece in body.pieces(NDJSON, b"", b"{")]
    assert pieces == [b'{"a"}\n{"b"}\n{"c"}']


async def test_rows_that_do_not_come_are_not_waited_for() -> None:
    body = upload([b"{}\n"], ends=False)
    with pytest.raises(BodyTooSlow) as caught:
        await anext(body.pieces(NDJSON, b"", b""))
    assert (caught.value.status, caught.value.code) == (408, "PGRST132")
