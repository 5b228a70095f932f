"""The HTTP protocol of `passeplat serve`: reads that share a connection are answered by callbacks
of the parser and of PostgreSQL's answer, with neither a task nor ASGI's messages in between.

Everything else goes the way of uvicorn's own protocol, to the application of server/app.py, which
could answer all of it, with the same bytes.

A client says the same of itself with every request. So a head that is, byte for byte, one that the
parser has read on this connection, but for its target, is not read again.
"""

import re
from asyncio import Event
from typing import Any
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from passeplat.postgres.flight import Flight
from passeplat.postgres.lanes import must_run_elsewhere
from passeplat.server.corked import Corked
from passeplat.server.exchange import Exchange, Sender, begin, new_sender
from passeplat.server.heads import Heads
from passeplat.server.state import State

_READS = {b"GET": "GET", b"HEAD": "HEAD"}
_REQUEST = re.compile(rb"(GET|HEAD) (/[!-~]*+) HTTP/1\.1\r\n")
_END = b"\r\n\r\n"
_MOST_SENDERS = 8
_TICK = 0.01  # seconds


class RestProtocol(Heads):
    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._senders: dict[bytes, Sender] = {}  # by the lines of their heads
        self._is_between = True  # two requests: the parser waits for a first byte
        self._is_ours = False  # the request that is being parsed
        self._is_refused = False  # it was tried already
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
        if sender is not None and self._begin(sender, _READS[first[1]], first[2]):
            return
        self._is_ours, self._is_refused = False, sender is not None
        super().data_received(data)
        self._is_refused = False
        if self._is_ours and lines.find(_END) == len(lines) - len(_END):
            self._remember(lines)

    def _remember(self, lines: bytes) -> None:
        if len(self._senders) >= _MOST_SENDERS:
            self._senders.clear()
        if isinstance(self.cycle, Exchange):
            self._senders[lines] = self.cycle.sender

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
        if not self._is_ours:
            super().on_body(body)

    def on_message_complete(self) -> None:
        self._is_between = True
        if not self._is_ours:
            super().on_message_complete()

    def _begin_parsed(self) -> bool:
        parser = self.parser
        method = _READS.get(parser.get_method())
        if method is None or not parser.should_keep_alive() or parser.get_http_version() != "1.1":
            return False
        state: State = self.app_state["passeplat"]
        return self._begin(new_sender(self.headers, state.config), method, self.url)

    def _begin(self, sender: Sender, method: str, url: bytes) -> bool:
        """Answers come in the order of the requests, so one that waits for another is not ours."""
        cycle: Any = self.cycle
        if cycle is not None and not cycle.response_complete:
            return False
        state: State = self.app_state["passeplat"]
        if self.pipeline or self.flow.write_paused or sender.config is not state.config:
            return False
        line = (self.client or ("-",))[0], "1.1"
        exchange = Exchange(state, sender, method, url, line, self._land)
        if not begin(exchange):
            return False
        self.cycle = exchange  # type: ignore[assignment]
        return True

    def _land(self, exchange: Exchange, flight: Flight) -> None:
        default = self._default_lines()
        answered = None if must_run_elsewhere(flight) else exchange.answer(flight, default)
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
        cycle.disconnected, cycle.more_body = exchange.disconnected, False
        cycle.message_event.set()
        current: Any = self.cycle
        if current is exchange:
            self.cycle = cycle
        self._start_asgi_task(cycle, self.app)
