"""A request of a known shape, from the parser's callbacks to the bytes of its answer: a short read
on a connection that others use too, anything else on one of its own.
"""

import re
from asyncio import Event, Task
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from time import time
from typing import TypeAlias

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from passeplat.claims import Claims, bearer, recall
from passeplat.config import Config
from passeplat.errors import ApiError, DatabaseError
from passeplat.postgres import wire
from passeplat.postgres.flight import Flight
from passeplat.postgres.model import Batch, Results
from passeplat.query.context import as_object
from passeplat.request.headers import read_cookies, read_headers, without_cookies
from passeplat.request.shape import deciding
from passeplat.response.head import Head, counted
from passeplat.response.model import Headers, Response
from passeplat.response.verdict import needs_verdict
from passeplat.server.answer import Call, refuse
from passeplat.server.app import CLIENT_GONE, NO_CONTENT, Line, finish, log_call
from passeplat.server.finish import added_headers, as_bytes, with_added
from passeplat.server.observe import logs_status
from passeplat.server.run import batch_of, result_of
from passeplat.server.shape import Reply, Shape, Told
from passeplat.server.shapes import Deciding, Match, Shapes
from passeplat.server.sharing import Sharing
from passeplat.server.state import State
from passeplat.server.stream import HELD_BACK, is_long, observe_cut, observe_length

RawHeaders: TypeAlias = list[tuple[bytes, bytes]]
Landed: TypeAlias = "Callable[[Exchange, Flight], None]"

_OTHERWISE = frozenset({b"transfer-encoding", b"expect", b"upgrade"})
_NOBODY_WAITS = Event()
_MARK = "\0"
_COPIED = 65536  # bytes of a body that are worth one write instead of two
_TARGET = re.compile(rb"/(?!/)[^?#]*+(?:\?[^#]*+)?")


@dataclass(frozen=True, slots=True)
class Sender:
    """What the headers of a request say. A client sends the same ones again and again."""

    headers: RawHeaders
    config: Config
    fields: dict[str, str]
    token: str | None
    context: tuple[bytes, bytes]  # headers and cookies, as JSON
    packed: bytes  # both, as they travel
    deciding: Deciding
    added: Headers
    is_plain: bool  # nothing in them asks for more than this way can do


def new_sender(headers: RawHeaders, config: Config) -> Sender:
    read = read_headers(headers)
    fields = {name.decode("latin-1"): value.decode("latin-1") for name, value in headers}
    traced = config.server_trace_header
    context = as_object(without_cookies(read)), as_object(read_cookies(read))
    return Sender(
        headers,
        config,
        fields,
        bearer(next((v.decode("latin-1") for k, v in headers if k == b"authorization"), None)),
        context,
        wire.packed(*context),
        deciding(headers),
        added_headers("GET", fields, config, timing="", stopping=False),
        not (config.server_timing_enabled or config.log_query or config.log_level == "debug")
        and (traced is None or traced.lower() not in fields)
        and _OTHERWISE.isdisjoint(name for name, _ in headers),
    )


@dataclass(slots=True, eq=False)
class Exchange:
    """uvicorn's protocol takes it for a cycle of its own, by the four last fields."""

    state: State
    sender: Sender
    method: str
    url: bytes
    body: bytes
    line: Line
    role: str = ""
    match: Match = field(init=False)
    batch: Batch | None = None  # still to be run; None: it is under way
    task: "Task[None] | None" = None  # that runs it
    disconnected: bool = False
    keep_alive: bool = True
    response_complete: bool = False
    message_event: Event = field(default=_NOBODY_WAITS)

    def land(self, landed: Landed, flight: Flight, seconds: float) -> None:
        state = self.state
        state.shared_reads += 1
        if state.sharing is not None:
            state.sharing.observe(self.match.shape, seconds)
        landed(self, flight)

    def answer(self, results: Results, default: bytes) -> tuple[bytes, ...] | None:
        """What to write, a large body apart; None if it is a long read, to be asked anew.
        `default`: the headers that uvicorn gives every response."""
        try:
            return self._told(results, default) or self._answer(results, default)
        except Exception as error:  # noqa: BLE001 - the last line of defence
            return self.refused(error, default)

    def refused(self, error: Exception, default: bytes) -> tuple[bytes, ...]:
        call = self._call()
        return self._whole(call, refuse(call, error, self.state), default)

    def leave(self) -> None:
        """Nobody waits for the answer any more."""
        self._log(self._call(), CLIENT_GONE, 0)

    def _told(self, results: Results, default: bytes) -> tuple[bytes, ...] | None:
        """The answer if one like it was given before: only the body is another."""
        told = self._telling(results)
        reply = None if told is None else self.match.shape.replies.get(told)
        if reply is None:
            return None
        body = results[0][0][self.match.shape.body_at] or b""
        if len(body) > HELD_BACK:
            observe_length(self.match.shape, body)
        return self._written(reply, body, default)

    def _telling(self, results: Results) -> Told | None:
        """All that the head depends on. None where it depends on more."""
        if self.method == "HEAD" or not self.keep_alive or self.state.stopping:
            return None
        if len(results) != 1 or len(results[0]) != 1 or not self.match.shape.transaction.columns:
            return None
        row, at = results[0][0], self.match.shape.body_at
        return row[:at] + row[at + 1 :], self.sender.added

    def _answer(self, results: Results, default: bytes) -> tuple[bytes, ...] | None:
        shape, config = self.match.shape, self.state.config
        result = result_of(shape.transaction, results)
        if observe_cut(shape, result):
            return None
        count, told = counted(result), self._telling(results)
        if count is None or told is None:
            response = shape.response(result, self.match.texts, config)
            return self._whole(self._call(), response, default)
        reply = _reply(shape.head(count, result, config), self.sender.added)
        shape.remember(told, reply)
        return self._written(reply, result.body, default)

    def _written(self, reply: Reply, body: bytes, default: bytes) -> tuple[bytes, ...]:
        shape, texts = self.match.shape, self.match.texts
        status, before, after, located, has_body = reply
        if not has_body:
            body = b""
        if logs_status(self.state.config, status):
            self._log(self._call(), status, len(body))
        location = shape.canonical(texts).encode() if located else b""
        length = b"" if status in NO_CONTENT else b"content-length: %d\r\n" % len(body)
        return _joined((STATUS_LINE[status], default, before, location, after, length), body)

    def _whole(self, call: Call, response: Response, default: bytes) -> tuple[bytes, ...]:
        finished = finish(response, call, self.sender.fields, self.state)
        assert isinstance(finished.body, bytes)  # noqa: S101 - nothing here streams
        is_bodiless = self.method == "HEAD" or finished.status in NO_CONTENT
        body = b"" if is_bodiless else finished.body
        headers = as_bytes(finished.headers)
        if not is_bodiless:
            headers.append((b"content-length", str(len(body)).encode()))
        self.keep_alive = self.keep_alive and (b"connection", b"close") not in headers
        if not self.keep_alive and (b"connection", b"close") not in headers:
            headers.append((b"connection", b"close"))
        self._log(call, finished.status, len(body))
        lines = [part for name, value in headers for part in (name, b": ", value, b"\r\n")]
        return _joined((STATUS_LINE[finished.status], default, *lines), body)

    def _call(self) -> Call:
        path, _, query = self.url.partition(b"?")
        return Call(self.method, path, query, self.sender.headers, self.body, role=self.role)

    def _log(self, call: Call, status: int, size: int) -> None:
        log_call(call, self.line, self.sender.fields, (status, size), self.state)


def _joined(lines: tuple[bytes, ...], body: bytes) -> tuple[bytes, ...]:
    """Both at once, unless copying the body costs more than another write."""
    if len(body) < _COPIED:
        return (b"".join((*lines, b"\r\n", body)),)
    return b"".join((*lines, b"\r\n")), body


def _reply(head: Head, added: Headers) -> Reply:
    headers = as_bytes(with_added(head.headers(_MARK), added))
    lines = b"".join(b"%b: %b\r\n" % header for header in headers)
    located = head.location is not None
    before, _, after = lines.rpartition(_MARK.encode()) if located else (lines, b"", b"")
    return Reply(head.status, before, after, located, head.has_body)


def begin(exchange: Exchange, landed: Landed) -> bool:
    """Whether it is under way, to land there, or has a batch to be run. If not, it is to go the
    other way, which tells what is wrong."""
    state, sender, url = exchange.state, exchange.sender, exchange.url
    shapes, sharing = state.shapes, state.sharing
    if shapes is None or sharing is None or state.stopping or not sender.is_plain:
        return False
    if len(url) > state.config.server_max_url or _TARGET.fullmatch(url) is None:
        return False
    path, _, query = url.partition(b"?")
    parts = exchange.method, path, query, sender.deciding
    try:
        claims = recall(state.verifier, sender.token, time())
        match = None if claims is None else shapes.match(*parts, claims.role, exchange.body)
        if claims is None or match is None or not _is_ordinary(match.shape):
            return False
        exchange.role, exchange.match = claims.role, match
        if not _share(exchange, sharing, claims, landed):
            exchange.batch = _batch(exchange, shapes, claims)
    except (ApiError, DatabaseError):
        return False
    if sender.token is not None:
        state.verifier.cache.get(sender.token)
    return True


def _is_ordinary(shape: Shape) -> bool:
    """One row of PostgreSQL is all of its answer, which nothing else has a say in."""
    return not (shape.plan.warning or is_long(shape) or needs_verdict(shape.plan))


def _share(exchange: Exchange, sharing: Sharing, claims: Claims, landed: Landed) -> bool:
    match = exchange.match
    packed = match.shape.packed
    if packed is None or not sharing.allows(match.shape):
        return False
    reads = packed.bound(claims.payload, exchange.sender.packed, match.values)
    return sharing.lanes.send(reads, partial(exchange.land, landed))


def _batch(exchange: Exchange, shapes: Shapes, claims: Claims) -> Batch:
    match = exchange.match
    transaction = match.shape.filled(match.values, claims.payload, *exchange.sender.context)
    isolation = shapes.cache.role_isolation.get(claims.role)
    return batch_of(transaction, shapes.config, None, isolation)
