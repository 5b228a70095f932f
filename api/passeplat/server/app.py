"""The ASGI application: reads a request, has it answered, sends the response."""

from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from dataclasses import replace
from typing import Any, TypeAlias

from passeplat import __version__
from passeplat.errors import BodyTooLarge
from passeplat.response.cors import expose, is_preflight, preflight
from passeplat.response.model import Headers, Response
from passeplat.response.problem import render_error
from passeplat.server.answer import Call, answer
from passeplat.server.observe import log_access
from passeplat.server.state import State

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_SERVER = ("Server", f"passeplat/{__version__}")
_NO_CONTENT = frozenset({204, 304})


async def rest(scope: Scope, receive: Receive, send: Send) -> None:
    """The REST interface as an ASGI application; the State is in the scope's lifespan state."""
    state: State = scope["state"]["passeplat"]
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    if is_preflight(scope["method"], headers):
        allowed = state.config.server_cors_allowed_origins
        answered = preflight(headers, allowed)
        await _send(replace(answered, headers=(*answered.headers, _SERVER)), "OPTIONS", send)
        return
    call = Call(scope["method"], scope["raw_path"], scope["query_string"], scope["headers"], b"")
    response = await _answer(call, state, receive)
    finished = _finish(response, call, headers, state)
    await _send(finished, call.method, send)
    _log(call, scope, headers, finished, state)


def _log(
    call: Call, scope: Scope, headers: dict[str, str], response: Response, state: State
) -> None:
    target = call.raw_path + (b"?" + call.query_string if call.query_string else b"")
    log_access(
        state.config,
        client=(scope.get("client") or ("-",))[0],
        role=call.role,
        method=call.method,
        target=target.decode("latin-1"),
        status=response.status,
        size=len(response.body) if isinstance(response.body, bytes) else None,
        headers=headers,
    )


async def _answer(call: Call, state: State, receive: Receive) -> Response:
    try:
        call.body = await _read(receive, state.config.server_max_body)
    except BodyTooLarge as error:
        return render_error(error, state.config, None)
    return await answer(call, state)


async def _read(receive: Receive, limit: int) -> bytes:
    message = await receive()
    if not message.get("more_body"):
        whole: bytes = message.get("body", b"")
        if len(whole) > limit:
            raise BodyTooLarge(limit)
        return whole
    chunks, size = [message["body"]], len(message["body"])
    while message.get("more_body"):
        message = await receive()
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise BodyTooLarge(limit)
        chunks.append(chunk)
    return b"".join(chunks)


def _finish(response: Response, call: Call, headers: dict[str, str], state: State) -> Response:
    """The headers that do not depend on what was asked of the database."""
    config = state.config
    added: Headers = (_SERVER, *expose(headers.get("origin"), config.server_cors_allowed_origins))
    if call.method == "OPTIONS" and "origin" not in headers:
        added = (*added, ("Access-Control-Allow-Origin", "*"))
    if config.server_timing_enabled:
        added = (*added, ("Server-Timing", call.timings.header()))
    traced = config.server_trace_header
    if traced is not None and (value := headers.get(traced.lower())) is not None:
        added = (*added, (traced, value))
    return Response(response.status, _without_repeats(response.headers, added), response.body)


def _without_repeats(own: Headers, added: Headers) -> Headers:
    """What SQL said of the response stands; only `Vary` adds up."""
    taken = {name.lower() for name, _ in own} - {"vary"}
    return (*own, *(pair for pair in added if pair[0].lower() not in taken))


async def _send(response: Response, method: str, send: Send) -> None:
    body = response.body
    headers = [
        (name.lower().encode("latin-1"), value.encode("utf-8")) for name, value in response.headers
    ]
    bodiless = response.status in _NO_CONTENT
    if isinstance(body, bytes) and not bodiless and method != "HEAD":
        headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    if isinstance(body, AsyncIterator):
        await _stream(body, send)
        return
    await send(
        {
            "type": "http.response.body",
            "body": b"" if bodiless or method == "HEAD" else body,
        }
    )


async def _stream(body: AsyncIterator[bytes], send: Send) -> None:
    async for chunk in body:
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b""})
