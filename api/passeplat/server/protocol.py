"""The HTTP protocol of `passeplat serve`: a request of a known shape is answered by callbacks of
the parser and of PostgreSQL's answer, without ASGI's messages in between. If it shares a connection
there is not even a task.

Everything else goes the way of uvicorn's own protocol, to the ASGI callable of server/app.py, which
could answer all of it, with the same bytes.

A client says the same of itself with every request. So a head that is, byte for byte, one that the
parser has read on this connection, but for its target, is not read again.
"""

import re
from asyncio import CancelledError, Event
from typing import Any
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from passeplat.errors import ConnectionFailed, DatabaseError
from passeplat.postgres.flight import Flight
from passeplat.postgres.lanes import must_run_elsewhere
from passeplat.postgres.model import Batch
from passeplat.server.app import rest
from passeplat.server.corked import Corked
from passeplat.server.exchange import Exchange, RawHeaders, Sender, begin, new_sender
from passeplat.server.heads import Heads
from passeplat.server.run import run_alone
from passeplat.server.state import State

_READS = {b"GET": "GET", b"HEAD": "HEAD"}
_METHODS = _READS | {b"POST": "POST", b"PATCH": "PATCH", b"PUT": "PUT", b"DELETE": "DELETE"}
_BODILESS = frozenset({"GET", "HEAD", "DELETE"})
_REQUEST = re.compile(rb"(GET|HEAD) (/[!-~]*+) HTTP/1\.1\r\n")
_END = b"\r\n\r\n"
_MOST_SENDERS = 8  # of one connection
_LONGEST = 8192  # bytes of a head that is remembered
_MOST_BODY = 65536  # bytes; a longer one takes a while to be read
_TICK = 0.01  # seconds
_PATIENCE = 0.2  # seconds


class RestProtocol(Heads):
    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.app: Any = rest  # what the Starlette application has at its root, which is all of it
        self._senders: dict[bytes, Sender] = {}  # by the lines of their heads
        self._is_between = True  # two requests: the parser waits for a first byte
        self._is_ours = False  # the request that is being parsed
        self._is_refused = False  # it was tried already
        self._sender: Sender | None = None  # of the last request that came with a body
        self._awaits_body = False
        self._awaited: RawHeaders = []  # the headers before it
        self._body: list[bytes] = []
        self._rested = 0.0  # when the last response was complete
        self._default: Any = None
        self._lines = b""

    def connection_made(self, transport: Any) -> None:
        self._corked = Corked(transport, self.loop)
        super().connection_made(self._corked)  # type: ignore[arg-type]

    def data_received(self, data: bytes) -> None:
        first = _REQUEST.match(data) if self._is_between else None
        if first is None:
            super().data_received(data)
            return
        lines = data[first.end() - 2 :]
        sender = self._senders.get(lines)
        if sender is not None and sender.config is not self._state.config:
            sender = None
        if sender is not None and self._begin(sender, _READS[first[1]], first[2]):
            return
        self._is_ours, self._is_refused = False, sender is not None
        super().data_received(data)
        self._is_refused = False
        is_head = len(lines) <= _LONGEST and lines.find(_END) == len(lines) - len(_END)
        if self._is_ours and is_head:
            self._remember(lines)

    def _remember(self, lines: bytes) -> None:
        if len(self._senders) >= _MOST_SENDERS:
            self._senders.clear()
        cycle: Any = self.cycle
        if isinstance(cycle, Exchange):
            self._senders[lines] = cycle.sender

    def on_message_begin(self) -> None:
        """What uvicorn does here waits until it is known to be needed."""
        self.begin_head()
        self._is_between = False
        self.url = b""
        self.headers = []
        self.expect_100_continue = False

    def on_headers_complete(self) -> None:
        self._is_ours = not self._is_refused and self._begin_parsed()
        if self._is_ours:
            self.end_head()
            return
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
        self.headers += headers
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if self._awaits_body:
            self._body.append(body)
        elif not self._is_ours:
            super().on_body(body)

    def on_message_complete(self) -> None:
        self._is_between = True
        if self._awaits_body:
            self._begin_whole()
        elif not self._is_ours:
            super().on_message_complete()

    def shutdown(self) -> None:
        """A body that is on its way is still to be answered."""
        if not self._awaits_body:
            super().shutdown()

    def connection_lost(self, exc: Exception | None) -> None:
        """What is short is done although nobody waits for it any more."""
        super().connection_lost(exc)
        self._unset_keepalive_if_required()
        cycle: Any = self.cycle
        if isinstance(cycle, Exchange) and cycle.task is not None:
            self.loop.call_later(_PATIENCE, cycle.task.cancel)

    def _begin_parsed(self) -> bool:
        """Also true of a request that will begin with its body."""
        parser = self.parser
        method = _METHODS.get(parser.get_method())
        if method is None or not parser.should_keep_alive() or parser.get_http_version() != "1.1":
            return False
        if not self._is_free():
            return False
        length = next((value for name, value in self.headers if name == b"content-length"), None)
        sender = self._sender_of(self.headers)
        if length is None:
            return method in _BODILESS and self._begin(sender, method, self.url)
        if method in _READS.values() or not sender.is_plain or int(length) > self._most_body():
            return False
        self._sender, self._awaited, self._awaits_body = sender, self.headers, True
        return True

    def _sender_of(self, headers: RawHeaders) -> Sender:
        known = self._sender
        if known is None or known.headers != headers or known.config is not self._state.config:
            return new_sender(headers, self._state.config)
        return known

    def _most_body(self) -> int:
        return min(_MOST_BODY, self._state.config.server_max_body)

    def _begin_whole(self) -> None:
        """With its body, or it goes the other way."""
        method, body = _METHODS[self.parser.get_method()], b"".join(self._body)
        self._awaits_body = False
        self._body.clear()
        sender = self._sender_of(self._awaited)
        if not self._begin(sender, method, self.url, body):
            exchange = self._exchange(sender, method, self.url, body)
            self.cycle = exchange  # type: ignore[assignment]
            self._hand_over(exchange)

    @property
    def _state(self) -> State:
        state: State = self.app_state["passeplat"]
        return state

    def _is_free(self) -> bool:
        """Answers come in the order of the requests, so one that waits for another is not ours."""
        cycle: Any = self.cycle
        is_idle = cycle is None or cycle.response_complete
        return is_idle and not self.pipeline and not self.flow.write_paused

    def _exchange(self, sender: Sender, method: str, url: bytes, body: bytes) -> Exchange:
        line = (self.client or ("-",))[0], "1.1"
        return Exchange(self._state, sender, method, url, body, line)

    def _begin(self, sender: Sender, method: str, url: bytes, body: bytes = b"") -> bool:
        exchange = self._exchange(sender, method, url, body)
        if not self._is_free() or not begin(exchange, self._land):
            return False
        self.cycle = exchange  # type: ignore[assignment]
        if exchange.batch is not None:
            exchange.task = self.loop.create_task(self._run(exchange, exchange.batch))
            exchange.task.add_done_callback(self.tasks.discard)
            self.tasks.add(exchange.task)
        return True

    async def _run(self, exchange: Exchange, batch: Batch) -> None:
        """On a connection of its own."""
        try:
            results = await run_alone(exchange.match.shape, batch, exchange.state)
        except CancelledError:
            if exchange.disconnected:
                exchange.leave()
                raise
            stopping = ConnectionFailed("The server is stopping")
            answered: tuple[bytes, ...] | None = exchange.refused(stopping, self._default_lines())
        except Exception as error:  # noqa: BLE001 - the last line of defence
            answered = exchange.refused(error, self._default_lines())
        else:
            answered = exchange.answer(results, self._default_lines())
        exchange.task = None
        self._finish(exchange, answered)

    def _land(self, exchange: Exchange, flight: Flight) -> None:
        answered = None
        if not must_run_elsewhere(flight):
            default = self._default_lines()
            if flight.error is None:
                answered = exchange.answer(tuple(flight.results), default)
            else:
                answered = exchange.refused(DatabaseError(flight.error), default)
        self._finish(exchange, answered)

    def _finish(self, exchange: Exchange, answered: tuple[bytes, ...] | None) -> None:
        if answered is None:
            self._hand_over(exchange)
            return
        if not exchange.disconnected:
            for part in answered:
                self._corked.write_now(part)
        exchange.response_complete = True
        if not exchange.keep_alive:
            self.transport.close()
        if self.pipeline or self.flow.read_paused or self.timeout_keep_alive_task is None:
            self.on_response_complete()
        else:
            self.server_state.total_requests += 1
            self._rested = self.loop.time()

    def _default_lines(self) -> bytes:
        """The headers that uvicorn gives every response; once a second they are others."""
        headers = self.server_state.default_headers
        if headers is not self._default:
            self._default = headers
            self._lines = b"".join(b"%b: %b\r\n" % each for each in headers)
        return self._lines

    def on_response_complete(self) -> None:
        self._rested = self.loop.time()
        super().on_response_complete()

    def timeout_keep_alive_handler(self) -> None:
        """The timer is not set anew with each of our responses, so it may be too early."""
        cycle: Any = self.cycle
        left = self._rested + self.timeout_keep_alive - self.loop.time()
        if cycle is not None and not cycle.response_complete:
            left = self.timeout_keep_alive
        if left > _TICK:
            handler = self.timeout_keep_alive_handler
            self.timeout_keep_alive_task = self.loop.call_later(left, handler)
        else:
            super().timeout_keep_alive_handler()

    def _hand_over(self, exchange: Exchange) -> None:
        """A request that is whole already, to the application. Another may be half parsed by now,
        so nothing that the parser or this protocol knows is about the same request."""
        url = httptools.parse_url(exchange.url)
        scope: Any = {
            "type": "http",
            "asgi": {"version": self.asgi_version, "spec_version": "2.3"},
            "http_version": exchange.line[1],
            "server": self.server,
            "client": self.client,
            "scheme": self.scheme,
            "root_path": self.root_path,
            "headers": exchange.sender.headers,
            "state": self.app_state.copy(),
            "method": exchange.method,
            "path": unquote(url.path.decode("ascii")),
            "raw_path": url.path,
            "query_string": url.query or b"",
        }
        cycle = RequestResponseCycle(
            scope=scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=self.access_log,
            default_headers=self.server_state.default_headers,
            message_event=Event(),
            expect_100_continue=False,
            keep_alive=exchange.keep_alive,
            on_response=self.on_response_complete,
        )
        cycle.body, cycle.more_body = bytearray(exchange.body), False
        cycle.disconnected = exchange.disconnected
        cycle.message_event.set()
        current: Any = self.cycle
        if current is exchange:
            self.cycle = cycle
        self._start_asgi_task(cycle, self.app)
