"""A read that shares a connection, from the parser's callbacks to the bytes of its answer."""

import re
from asyncio import Event
from collections.abc import Callable
from dataclasses import dataclass, field
from time import time
from typing import TypeAlias

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from passeplat.claims import bearer, recall
from passeplat.config import Config
from passeplat.errors import ApiError, DatabaseError
from passeplat.postgres import wire
from passeplat.postgres.flight import Flight
from passeplat.query.context import as_object
from passeplat.request.headers import read_cookies, read_headers, without_cookies
from passeplat.request.shape import deciding
from passeplat.response.head import Head, counted
from passeplat.response.model import Headers, Response
from passeplat.server.answer import Call, refuse
from passeplat.server.app import Line, finish, log_call
from passeplat.server.finish import added_headers, as_bytes, with_added
from passeplat.server.observe import logs_status
from passeplat.server.run import result_of
from passeplat.server.shape import Reply
from passeplat.server.shapes import Deciding, Match
from passeplat.server.state import State
from passeplat.server.stream import HELD_BACK, is_long, observe_cut, observe_length

RawHeaders: TypeAlias = list[tuple[bytes, bytes]]

_OTHERWISE = frozenset({b"content-length", b"transfer-encoding", b"expect", b"upgrade"})
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
    context: bytes  # headers and cookies, as JSON, packed
    deciding: Deciding
    added: Headers
    is_plain: bool  # nothing in them asks for more than this way can do


def new_sender(headers: RawHeaders, config: Config) -> Sender:
    read = read_headers(headers)
    fields = {name.decode("latin-1"): value.decode("latin-1") for name, value in headers}
    traced = config.server_trace_header
    return Sender(
        headers,
        config,
        fields,
        bearer(next((v.decode("latin-1") for k, v in headers if k == b"authorization"), None)),
        wire.packed(as_object(without_cookies(read)), as_object(read_cookies(read))),
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
    line: Line
    landed: "Callable[[Exchange, Flight], None]"
    role: str = ""
    match: Match = field(init=False)
    disconnected: bool = False
    keep_alive: bool = True
    response_complete: bool = False
    message_event: Event = field(default=_NOBODY_WAITS)

    def land(self, flight: Flight, seconds: float) -> None:
        state = self.state
        state.shared_reads += 1
        if state.sharing is not None:
            state.sharing.observe(self.match.shape, seconds)
        self.landed(self, flight)

    def answer(self, flight: Flight, default: bytes) -> tuple[bytes, ...] | None:
        """What to write, a large body apart; None if it is a long read, to be asked anew.
        `default`: the headers that uvicorn gives every response."""
        try:
            return self._told(flight, default) or self._answer(flight, default)
        except Exception as error:  # noqa: BLE001 - the last line of defence
            call = self._call()
            return self._whole(call, refuse(call, error, self.state), default)

    def _told(self, flight: Flight, default: bytes) -> tuple[bytes, ...] | None:
        """The answer if one like it was given before: only the body is another."""
        shape = self.match.shape
        if self.method != "GET" or not self.keep_alive or self.state.stopping:
            return None
        if flight.error is not None or len(flight.results) != 1 or len(flight.results[0]) != 1:
            return None
        row = flight.results[0][0]
        at = shape.body_at
        body = row[at] or b""
        reply = shape.replies.get((row[:at] + row[at + 1 :], self.sender.added))
        if reply is None:
            return None
        if len(body) > HELD_BACK:
            observe_length(shape, body)
        return self._written(reply, body, default)

    def _answer(self, flight: Flight, default: bytes) -> tuple[bytes, ...] | None:
        shape = self.match.shape
        if flight.error is not None:
            raise DatabaseError(flight.error)
        result = result_of(shape.transaction, tuple(flight.results))
        if observe_cut(shape, result):
            return None
        count = counted(result)
        if count is None or self.method != "GET" or not self.keep_alive or self.state.stopping:
            response = shape.response(result, self.match.texts, self.state.config)
            return self._whole(self._call(), response, default)
        reply = _reply(shape.head(count, result, self.state.config), self.sender.added)
        if shape.explain is None:
            [[row]] = flight.results
            at = shape.body_at
            shape.remember((row[:at] + row[at + 1 :], self.sender.added), reply)
        return self._written(reply, result.body, default)

    def _written(self, reply: Reply, body: bytes, default: bytes) -> tuple[bytes, ...]:
        shape, texts = self.match.shape, self.match.texts
        status, before, after, located, has_body = reply
        if not has_body:
            body = b""
        if logs_status(self.state.config, status):
            self._log(self._call(), status, len(body))
        location = shape.canonical(texts).encode() if located else b""
        parts = (STATUS_LINE[status], default, before, location, after, b"%d\r\n\r\n" % len(body))
        if len(body) < _COPIED:
            return (b"".join((*parts, body)),)
        return b"".join(parts), body

    def _whole(self, call: Call, response: Response, default: bytes) -> tuple[bytes, ...]:
        finished = finish(response, call, self.sender.fields, self.state)
        assert isinstance(finished.body, bytes)  # noqa: S101 - nothing here streams
        body = finished.body if self.method == "GET" else b""
        headers = as_bytes(finished.headers)
        if self.method == "GET":
            headers.append((b"content-length", str(len(body)).encode()))
        self.keep_alive = self.keep_alive and (b"connection", b"close") not in headers
        if not self.keep_alive and (b"connection", b"close") not in headers:
            headers.append((b"connection", b"close"))
        self._log(call, finished.status, len(body))
        lines = [part for name, value in headers for part in (name, b": ", value, b"\r\n")]
        return b"".join((STATUS_LINE[finished.status], default, *lines, b"\r\n")), body

    def _call(self) -> Call:
        path, _, query = self.url.partition(b"?")
        return Call(self.method, path, query, self.sender.headers, b"", role=self.role)

    def _log(self, call: Call, status: int, size: int) -> None:
        log_call(call, self.line, self.sender.fields, (status, size), self.state)


def _reply(head: Head, added: Headers) -> Reply:
    headers = as_bytes(with_added(head.headers(_MARK), added))
    lines = b"".join(b"%b: %b\r\n" % header for header in headers)
    located = head.location is not None
    before, _, after = lines.rpartition(_MARK.encode()) if located else (lines, b"", b"")
    return Reply(head.status, before, after + b"content-length: ", located, head.has_body)


def begin(exchange: Exchange) -> bool:
    """Whether it is under way. If not, it is to go the other way, which tells what is wrong."""
    state, sender, url = exchange.state, exchange.sender, exchange.url
    shapes, sharing = state.shapes, state.sharing
    if shapes is None or sharing is None or state.stopping or not sender.is_plain:
        return False
    if len(url) > state.config.server_max_url or _TARGET.fullmatch(url) is None:
        return False
    path, _, query = url.partition(b"?")
    try:
        claims = recall(state.verifier, sender.token, time())
        if claims is None:
            return False
        match = shapes.match(exchange.method, path, query, sender.deciding, claims.role, b"")
        if match is None or match.shape.packed is None or match.shape.plan.warning:
            return False
        if not sharing.allows(match.shape) or is_long(match.shape):
            return False
        exchange.role, exchange.match = claims.role, match
        reads = match.shape.packed.bound(claims.payload, sender.context, match.values)
        if not sharing.lanes.send(reads, exchange.land):
            return False
    except (ApiError, DatabaseError):
        return False
    if sender.token is not None:
        state.verifier.cache.get(sender.token)
    return True
