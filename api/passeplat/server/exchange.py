"""A read that shares a connection, from the parser's callbacks to the bytes of its answer."""

from asyncio import Event
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from time import time
from typing import TypeAlias

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from passeplat.claims import bearer, recall
from passeplat.config import Config
from passeplat.errors import ApiError, DatabaseError
from passeplat.postgres.flight import Flight
from passeplat.query.context import as_object
from passeplat.query.model import Transaction
from passeplat.request.headers import read_cookies, read_headers, without_cookies
from passeplat.response.head import Head, counted
from passeplat.response.model import Headers, Response
from passeplat.server.answer import Call, refuse
from passeplat.server.app import Line, finish, log_call
from passeplat.server.finish import added_headers, as_bytes, with_added
from passeplat.server.observe import logs_status
from passeplat.server.run import as_read, batch_of, result_of
from passeplat.server.shapes import Match
from passeplat.server.state import State
from passeplat.server.stream import is_long, observe_cut

RawHeaders: TypeAlias = list[tuple[bytes, bytes]]

_OTHERWISE = frozenset({b"content-length", b"transfer-encoding", b"expect", b"upgrade"})
_NOBODY_WAITS = Event()
_MARK = "\0"


@dataclass(frozen=True, slots=True)
class Sender:
    """What the headers of a request say. A client sends the same ones again and again."""

    headers: RawHeaders
    config: Config
    fields: dict[str, str]
    token: str | None
    context: tuple[bytes, bytes]  # headers and cookies, JSON
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
        (as_object(without_cookies(read)), as_object(read_cookies(read))),
        added_headers("GET", fields, config, timing="", stopping=False),
        not config.server_timing_enabled
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
    role: str = field(init=False)
    match: Match = field(init=False)
    transaction: Transaction = field(init=False)
    disconnected: bool = False
    keep_alive: bool = True
    response_complete: bool = False
    message_event: Event = field(default=_NOBODY_WAITS)

    def answer(self, flight: Flight, default: bytes) -> tuple[bytes, bytes] | None:
        """Head and body; None if it is a long read, to be asked anew. `default`: the headers that
        uvicorn gives every response."""
        try:
            return self._answer(flight, default)
        except Exception as error:  # noqa: BLE001 - the last line of defence
            call = self._call()
            return self._whole(call, refuse(call, error, self.state), default)

    def _answer(self, flight: Flight, default: bytes) -> tuple[bytes, bytes] | None:
        config, shape, texts = self.state.config, self.match.shape, self.match.texts
        if flight.error is not None:
            raise DatabaseError(flight.error)
        result = result_of(self.transaction, tuple(flight.results))
        if observe_cut(shape, result):
            return None
        count = counted(result)
        if count is None or not self.keep_alive or self.state.stopping:
            return self._whole(self._call(), shape.response(result, texts, config), default)
        head = shape.head(count, result, config)
        before, after = wire(head, self.sender.added)
        location = b"" if head.location is None else shape.canonical(texts).encode()
        body = result.body if head.has_body and self.method == "GET" else b""
        length = b"content-length: %d\r\n" % len(body) if self.method == "GET" else b""
        if logs_status(config, head.status):
            self._log(self._call(), head.status, len(body))
        started = STATUS_LINE[head.status]
        return b"".join((started, default, before, location, after, length, b"\r\n")), body

    def _whole(self, call: Call, response: Response, default: bytes) -> tuple[bytes, bytes]:
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


def wire(head: Head, added: Headers) -> tuple[bytes, bytes]:
    """The lines before and after the query string of Content-Location."""
    found = head.lines.get(added)
    if found is None:
        headers = as_bytes(with_added(head.headers(_MARK), added))
        whole = b"".join(b"%b: %b\r\n" % header for header in headers)
        before, _, after = whole.rpartition(_MARK.encode()) if head.location else (whole, b"", b"")
        found = head.lines[added] = before, after
    return found


def begin(exchange: Exchange, landed: Callable[[Exchange, Flight], None]) -> bool:
    """Whether it is under way. If not, it is to go the other way, which tells what is wrong."""
    state, sender = exchange.state, exchange.sender
    config, shapes, sharing = state.config, state.shapes, state.sharing
    if shapes is None or sharing is None or state.stopping or not sender.is_plain:
        return False
    if config.log_query or config.log_level == "debug" or exchange.url[:1] != b"/":
        return False
    if len(exchange.url) > config.server_max_url:
        return False
    try:
        url = httptools.parse_url(exchange.url)
        claims = recall(state.verifier, sender.token, time())
        if claims is None:
            return False
        parts = exchange.method, url.path, url.query or b"", sender.headers
        match = shapes.match(*parts, claims.role, b"")
        if match is None or match.shape.plan.warning or not sharing.allows(match.shape):
            return False
        if is_long(match.shape):
            return False
        exchange.role, exchange.match = claims.role, match
        exchange.transaction = match.shape.filled(match.values, claims.payload, *sender.context)
        isolation = shapes.cache.role_isolation.get(claims.role)
        batch = as_read(batch_of(exchange.transaction, config, None, isolation))
        if not sharing.lanes.send(batch, partial(_land, exchange, landed)):
            return False
    except (ApiError, DatabaseError, httptools.HttpParserError):
        return False
    if sender.token is not None:
        state.verifier.cache.get(sender.token)
    return True


def _land(
    exchange: Exchange,
    landed: Callable[[Exchange, Flight], None],
    flight: Flight,
    seconds: float,
) -> None:
    exchange.state.shared_reads += 1
    if exchange.state.sharing is not None:
        exchange.state.sharing.observe(exchange.match.shape, seconds)
    landed(exchange, flight)
