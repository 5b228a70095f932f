"""The HTTP protocol of `passeplat serve`: reads that share a connection are answered by callbacks
of the parser and of PostgreSQL's answer, with neither a task nor ASGI's messages in between.

Everything else goes the way of uvicorn's own protocol, to the application of server/app.py, which
could answer all of it, with the same bytes.
"""

from asyncio import Event
from typing import Any
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from passeplat.postgres.flight import Flight
from passeplat.postgres.lanes import must_run_elsewhere
from passeplat.server.exchange import Exchange, Sender, begin, new_sender
from passeplat.server.heads import Heads
from passeplat.server.state import State

_READS = {b"GET": "GET", b"HEAD": "HEAD"}
_COPIED = 65536  # bytes of a body that are worth one write instead of two


class RestProtocol(Heads):
    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._sender: Sender | None = None
        self._is_ours = False  # the request that is being parsed

    def on_message_begin(self) -> None:
        """What uvicorn does here waits until it is known to be needed."""
        self.begin_head()
        self.url = b""
        self.headers = []
        self.expect_100_continue = False

    def on_headers_complete(self) -> None:
        self._is_ours = self._begin()
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
        if not self._is_ours:
            super().on_message_complete()

    def _begin(self) -> bool:
        """Answers come in the order of the requests, so one that waits for another is not ours."""
        parser = self.parser
        method = _READS.get(parser.get_method())
        if method is None or self.pipeline or self.flow.write_paused:
            return False
        cycle: Any = self.cycle
        if cycle is not None and not cycle.response_complete:
            return False
        if not parser.should_keep_alive() or parser.get_http_version() != "1.1":
            return False
        state: State = self.app_state["passeplat"]
        line = (self.client or ("-",))[0], "1.1"
        exchange = Exchange(state, self._sender_of(state), method, self.url, line)
        if not begin(exchange, self._land):
            return False
        self.cycle = exchange  # type: ignore[assignment]
        return True

    def _sender_of(self, state: State) -> Sender:
        known = self._sender
        if known is None or known.headers != self.headers or known.config is not state.config:
            known = self._sender = new_sender(self.headers, state.config)
        return known

    def _land(self, exchange: Exchange, flight: Flight) -> None:
        default = b"".join(b"%b: %b\r\n" % each for each in self.server_state.default_headers)
        answered = None if must_run_elsewhere(flight) else exchange.answer(flight, default)
        if answered is None:
            self._hand_over(exchange)
            return
        head, body = answered
        if not exchange.disconnected:
            if len(body) < _COPIED:
                self.transport.write(head + body)
            else:
                self.transport.write(head)
                self.transport.write(body)
        exchange.response_complete = True
        if not exchange.keep_alive:
            self.transport.close()
        self.on_response_complete()

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
