"""The ASGI application: reads a request, has it answered, sends the response."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from dataclasses import replace
from typing import Any, TypeAlias

from passeplat.errors import BodyTooLarge, ConnectionFailed
from passeplat.response.cors import is_preflight, preflight
from passeplat.response.model import Response
from passeplat.response.problem import render_error
from passeplat.server.answer import Call, answer
from passeplat.server.finish import SERVER, added_headers, as_bytes, with_added
from passeplat.server.observe import log, log_access, log_queries, logs_status
from passeplat.server.state import State
from passeplat.server.watch import Receive

Message: TypeAlias = MutableMapping[str, Any]
Scope: TypeAlias = Message
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Line: TypeAlias = tuple[str, str]
"""Who asks, and in which version of HTTP."""

NO_CONTENT = frozenset({204, 304})
_CLIENT_GONE = 499  # as nginx logs it


async def rest(scope: Scope, receive: Receive, send: Send) -> None:
    """The REST interface as an ASGI application; the State is in the scope's lifespan state."""
    state: State = scope["state"]["passeplat"]
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    if is_preflight(scope["method"], headers):
        allowed = state.config.server_cors_allowed_origins
        answered = preflight(headers, allowed)
        await _send(replace(answered, headers=(*answered.headers, SERVER)), "OPTIONS", send)
        return
    call = Call(scope["method"], scope["raw_path"], scope["query_string"], scope["headers"], b"")
    try:
        response = await _answer(call, headers, state, receive)
    except ClientGone:
        log_call(call, _line(scope), headers, (_CLIENT_GONE, 0), state)
        return
    finished = finish(response, call, headers, state)
    size = await _send(finished, call.method, send)
    log_call(call, _line(scope), headers, (finished.status, size), state)


def _line(scope: Scope) -> Line:
    return (scope.get("client") or ("-",))[0], scope["http_version"]


def log_call(
    call: Call, line: Line, headers: dict[str, str], outcome: tuple[int, int], state: State
) -> None:
    """The line of the request, after what led to it. `outcome`: status and bytes of the body."""
    config, (status, size) = state.config, outcome
    if call.error is not None:
        state.complaints.add(config, call.error, status)
    if call.warning is not None:
        log(config, "warn", f"WARNING: {call.warning}")
    if not logs_status(config, status):
        return
    log_queries(call.queries)
    target = call.raw_path + (b"?" + call.query_string if call.query_string else b"")
    log_access(
        client=line[0],
        role=call.role,
        method=call.method,
        target=target.decode("latin-1"),
        version=line[1],
        status=status,
        size=size,
        headers=headers,
    )


class ClientGone(Exception):
    """Nobody waits for the answer any more."""


async def _answer(call: Call, headers: dict[str, str], state: State, receive: Receive) -> Response:
    try:
        call.body = await _read(receive, headers, state.config.server_max_body)
    except BodyTooLarge as error:
        return render_error(error, state.config, None)
    visit = state.watch.begin(receive)
    try:
        return await answer(call, state)
    except asyncio.CancelledError:
        if visit.task is not None:
            visit.task.uncancel()  # what is left to do is short
        if visit.gone:
            raise ClientGone from None
        return render_error(ConnectionFailed("The server is stopping"), state.config, None)
    finally:
        state.watch.end(visit)


async def _read(receive: Receive, headers: dict[str, str], limit: int) -> bytes:
    """The whole body; of one that is declared too large nothing is read."""
    if int(headers.get("content-length", 0)) > limit:
        raise BodyTooLarge(limit)
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body"):
        whole: bytes = message.get("body", b"")
        if len(whole) > limit:
            raise BodyTooLarge(limit)
        return whole
    return await _read_rest(message, receive, limit)


async def _read_rest(message: Message, receive: Receive, limit: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        if message["type"] == "http.disconnect":  # half a body is not what was asked
            raise ClientGone
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > limit:
            raise BodyTooLarge(limit)
        if not message.get("more_body"):
            return b"".join(chunks)
        message = await receive()


def finish(response: Response, call: Call, headers: dict[str, str], state: State) -> Response:
    """The headers that do not depend on what was asked of the database."""
    timing = call.timings.header() if state.config.server_timing_enabled else ""
    added = added_headers(
        call.method, headers, state.config, timing=timing, stopping=state.stopping
    )
    return replace(response, headers=with_added(response.headers, added))


async def _send(response: Response, method: str, send: Send) -> int:
    """How many bytes of a body were sent."""
    body = response.body
    headers = as_bytes(response.headers)
    bodiless = response.status in NO_CONTENT
    if isinstance(body, bytes) and not bodiless and method != "HEAD":
        headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    if isinstance(body, AsyncIterator):
        return await _stream(body, send)
    sent = b"" if bodiless or method == "HEAD" else body
    await send({"type": "http.response.body", "body": sent})
    return len(sent)


async def _stream(body: AsyncIterator[bytes], send: Send) -> int:
    size = 0
    async for chunk in body:
        size += len(chunk)
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b""})
    return size
