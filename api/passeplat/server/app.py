"""The ASGI application: reads a request, has it answered, sends the response."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import replace
from typing import Any, TypeAlias, cast

from passeplat.errors import BodyTooLarge, ConnectionFailed
from passeplat.request.media_type import content_type
from passeplat.request.rows import BY_ROWS
from passeplat.response.cors import is_preflight, preflight
from passeplat.response.model import Chunks, Response
from passeplat.response.problem import render_error
from passeplat.server.answer import Call, answer, refuse
from passeplat.server.finish import SERVER, added_headers, as_bytes, with_added
from passeplat.server.observe import log, log_access, log_queries, logs_status
from passeplat.server.state import State
from passeplat.server.upload import PIECE, ClientGone, Upload
from passeplat.server.watch import Receive, Visit

Message: TypeAlias = MutableMapping[str, Any]
Scope: TypeAlias = Message
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Line: TypeAlias = tuple[str, str]
"""Who asks, and in which version of HTTP."""

NO_CONTENT = frozenset({204, 304})
CLIENT_GONE = 499  # as nginx logs it
_PATIENCE = 30  # seconds a client may take to read a chunk, while it holds a connection


async def rest(scope: Scope, receive: Receive, send: Send) -> None:
    """The REST interface as an ASGI application; the State is in the scope's lifespan state."""
    state: State = scope["state"]["passeplat"]
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    if is_preflight(scope["method"], headers):
        allowed = state.config.server_cors_allowed_origins
        answered = preflight(headers, allowed)
        await _send(replace(answered, headers=(*answered.headers, SERVER)), b"", "OPTIONS", send)
        return
    call = Call(scope["method"], scope["raw_path"], scope["query_string"], scope["headers"], b"")
    call.may_stream = scope["http_version"] != "1.0"
    try:
        response = await _answer(call, headers, state, receive)
        finished = finish(response, call, headers, state)
        if isinstance(finished.body, bytes):
            size = await _send(finished, finished.body, call.method, send)
        else:
            size = await _stream(finished, call, state, receive, send)
    except ClientGone:
        log_call(call, _line(scope), headers, (CLIENT_GONE, 0), state)
        return
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


async def _answer(call: Call, headers: dict[str, str], state: State, receive: Receive) -> Response:
    try:
        await _read(call, headers, state.config.server_max_body, receive)
    except BodyTooLarge as error:
        return render_error(error, state.config, None)
    visit = None if call.upload else state.watch.begin(receive)
    try:
        return await answer(call, state)
    except asyncio.CancelledError:
        _revive(visit)
        return render_error(ConnectionFailed("The server is stopping"), state.config, None)
    finally:
        if visit is not None:
            state.watch.end(visit)


async def _read(call: Call, headers: dict[str, str], limit: int, receive: Receive) -> None:
    """The whole body, or of many rows the first; of one that is declared too large nothing."""
    if int(headers.get("content-length", 0)) > limit:
        raise BodyTooLarge(limit)
    upload = Upload(receive, limit)
    by_rows = call.method == "POST" and content_type(call.headers) in BY_ROWS
    call.body = await upload.read(PIECE if by_rows else None)
    call.upload = None if upload.is_whole() else upload


def finish(response: Response, call: Call, headers: dict[str, str], state: State) -> Response:
    """The headers that do not depend on what was asked of the database."""
    timing = call.timings.header() if state.config.server_timing_enabled else ""
    added = added_headers(
        call.method, headers, state.config, timing=timing, stopping=state.stopping
    )
    return replace(response, headers=with_added(response.headers, added))


async def _send(response: Response, body: bytes, method: str, send: Send) -> int:
    """How many bytes of a body were sent."""
    headers = as_bytes(response.headers)
    bodiless = response.status in NO_CONTENT
    if not bodiless and method != "HEAD":
        headers.append((b"content-length", str(len(body)).encode()))
    await _start(response, headers, send)
    sent = b"" if bodiless or method == "HEAD" else body
    await send({"type": "http.response.body", "body": sent})
    return len(sent)


async def _start(response: Response, headers: list[tuple[bytes, bytes]], send: Send) -> None:
    await send({"type": "http.response.start", "status": response.status, "headers": headers})


async def _stream(
    response: Response, call: Call, state: State, receive: Receive, send: Send
) -> int:
    """How many bytes were sent. Of what goes wrong now the client learns by a body without an end,
    which the server makes of an application that returns too early."""
    sent, body = 0, cast("Chunks", response.body)
    visit = state.watch.begin(receive)
    try:
        await _start(response, as_bytes(response.headers), send)
        async for chunk in body:
            async with asyncio.timeout(_PATIENCE):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            sent += len(chunk)
        await send({"type": "http.response.body", "body": b""})
    except TimeoutError:
        raise ClientGone from None
    except asyncio.CancelledError:
        _revive(visit)
        call.error = ConnectionFailed("The server is stopping")
    except Exception as error:  # noqa: BLE001 - the last line of defence
        refuse(call, error, state)
    finally:
        state.watch.end(visit)
        await body.aclose()
    return sent


def _revive(visit: Visit | None) -> None:
    """The cancelled task, for what is left to do is short. Raises ClientGone."""
    task = asyncio.current_task()
    if task is not None:
        task.uncancel()
    if visit is not None and visit.gone:
        raise ClientGone from None
