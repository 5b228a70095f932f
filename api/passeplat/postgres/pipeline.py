"""The pipelined connection: a batch in, its rows out, in one write and one read.

asyncpg opens the connection (authentication, TLS, host lists, `target_session_attrs`); then its
transport is ours. `check_asyncpg` says whether the private attributes this takes are there.

What was sent and is not yet answered waits in `_flights`, in the order of the answers. A request
is followed, in the same write, by the flight that resets the session; the request has its answer
while that is still under way, and the next one is not sent before it is done.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from operator import attrgetter
from typing import Any

import asyncpg
from asyncpg import connect_utils
from asyncpg.protocol import Protocol

from passeplat.errors import ConnectionLost, DatabaseError, SettingError
from passeplat.postgres import session, wire
from passeplat.postgres.connect import open_connection
from passeplat.postgres.flight import (
    Bound,
    Flight,
    add_batch,
    add_bound,
    add_end,
    add_resets,
    needs_block,
)
from passeplat.postgres.flow import Flow
from passeplat.postgres.model import Batch, End, Piece, Query, Results, Verdict
from passeplat.postgres.statements import Statements

MAX_STATEMENTS = 100
"""Prepared statements a session holds: a small one costs the server 23 kB, an embedding 61 kB."""

_BACKEND = Query("select pg_catalog.pg_backend_pid()::pg_catalog.text")

_OF_READS = Batch(None, (), calls=False)

_take_over = attrgetter("_transport", "_protocol", "_addr", "_params")
_send_cancel_request: Any = getattr(connect_utils, "_cancel", None)

_ATTRIBUTES: tuple[tuple[Any, str], ...] = (
    (asyncpg.Connection, "_transport"),
    (asyncpg.Connection, "_protocol"),
    (asyncpg.Connection, "_addr"),
    (asyncpg.Connection, "_params"),
    (Protocol, "backend_pid"),
    (Protocol, "backend_secret"),
    (Protocol, "connection_lost"),
    (connect_utils, "_cancel"),
)


def check_asyncpg() -> None:
    """Raises SettingError if this version of asyncpg is not built the way we use it."""
    missing = [name for owner, name in _ATTRIBUTES if not hasattr(owner, name)]
    if missing:
        raise SettingError(
            f"asyncpg {asyncpg.__version__} does not have {', '.join(missing)};"
            " install a version of asyncpg that passeplat's package metadata allows"
        )


async def connect(
    uri: str, max_statements: int = MAX_STATEMENTS, *, shareable: bool = True
) -> "Pipeline":
    """Raises errors.ConnectionFailed, errors.SettingError. What is not `shareable` never becomes a
    lane."""
    check_asyncpg()
    connection = Pipeline(await open_connection(uri), max_statements, shareable=shareable)
    try:
        await connection.look_for_pooler()
    except BaseException:
        connection.abort("It was not of use")
        raise
    return connection


class Pipeline(asyncio.Protocol):
    """Implements model.Connection."""

    def __init__(
        self,
        opened: asyncpg.Connection,
        max_statements: int = MAX_STATEMENTS,
        *,
        shareable: bool = True,
    ) -> None:
        self._opened = opened  # kept alive, for it closes what it loses sight of
        self._loop = asyncio.get_running_loop()
        self._reader = wire.Reader()
        self._flights: deque[Flight] = deque()
        self._outbox: list[bytes] = []
        self._is_writing_later = False
        self._statements = Statements(max_statements)
        self._shareable = shareable
        self._shared = False  # a pooler may give the session to others between transactions
        self._resets_prepared = False
        self._state = wire.IDLE
        self._flow: Flow | None = None  # of the rows that are streamed
        self._settling: asyncio.Task[None] | None = None
        self._waiting: list[Callable[[], None]] = []  # for the session to be clean
        self._landed: list[Callable[[], None]] = []  # for every answer
        self._lost = False
        self._farewell: str | None = None  # why the server ended the connection
        self._receive: dict[int, Callable[[bytes, int, int], None]] = {
            wire.PARSE_COMPLETE: self._parse_complete,
            wire.BIND_COMPLETE: self._bind_complete,
            wire.DATA_ROW: self._data_row,
            wire.COMMAND_COMPLETE: self._command_complete,
            wire.EMPTY_QUERY_RESPONSE: self._command_complete,
            wire.ERROR_RESPONSE: self._error_response,
            wire.READY_FOR_QUERY: self._ready_for_query,
            wire.CLOSE_COMPLETE: self._ignore,
            wire.NOTICE_RESPONSE: self._ignore,
            wire.NOTIFICATION_RESPONSE: self._ignore,
            wire.PARAMETER_STATUS: self._ignore,
        }
        self._transport: asyncio.Transport
        self._transport, self._asyncpg, self._address, self._parameters = _take_over(opened)
        self._transport.set_protocol(self)

    async def run(self, batch: Batch) -> Results:
        flight = await self._fly(batch)
        for _ in range(1 + len(batch.statements)):  # each of them may have gone stale
            if not self.forget(flight):
                break
            flight = await self._fly(batch)
        if flight.error is not None:
            raise DatabaseError(flight.error)
        return tuple(flight.results)

    async def stream(self, batch: Batch, number: int) -> AsyncGenerator[Piece, None]:
        retries = 1 + len(batch.statements)  # each of them may have gone stale
        while True:
            await self._ready()
            flow = self._flow = Flow(self._transport)
            flight, done = self._launch(batch, number)
            done.add_done_callback(flow.end)
            try:
                while rows := await flow.take():
                    yield Piece(rows, tuple(flight.results))
                await done
            except (asyncio.CancelledError, GeneratorExit):
                flow.discard()
                done.cancel()
                self._abandon()
                raise
            retries -= 1
            if retries < 0 or not self.forget(flight):
                break
        if flight.error is not None:
            raise DatabaseError(flight.error)
        yield Piece((), tuple(flight.results))

    async def feed(self, batch: Batch, more: AsyncIterator[Query]) -> Results:
        flight = await self._fly(batch, stays_open=True)
        for _ in range(1 + len(batch.statements)):
            if not self.forget(flight):
                break
            flight = await self._fly(batch, stays_open=True)
        results = list(flight.results)
        try:
            async for query in more:
                if flight.error is not None:
                    break
                flight = await self._fly_on(replace(batch, context=None, statements=(query,)))
                results += flight.results
            if flight.error is None:
                flight = await self._fly_on(replace(batch, context=None, statements=()), ends=True)
        except asyncio.CancelledError:
            self._abandon()
            raise
        except BaseException:
            if not self.is_closed():
                self._end(Flight(block=True), batch, End.ROLLBACK)
            raise
        if flight.error is not None:
            raise DatabaseError(flight.error)
        return tuple(results)

    def is_shareable(self) -> bool:
        return self._shareable and not self._shared and not self.is_closed()

    def share(self, landed: Callable[[Flight], None], reads: Sequence[Bound]) -> None:
        """Sends reads behind what is under way, to land in the same order; what is shared at the
        same moment leaves in one write. They leave the session as they found it, so nothing is
        reset: see lanes.py, which alone may call this. The first of them is the context."""
        flight = Flight(landed)
        add_bound(flight, reads, self._statements)
        self._add(flight)
        if not self._is_writing_later:
            self._is_writing_later = True
            self._loop.call_soon(self._write)

    def reset(self) -> None:
        """After reads that shared it; nobody waits for this but who uses the connection next."""
        if not self.is_closed():
            flight = Flight()
            self._add_resets(flight, _OF_READS)
            self._send(flight)

    def forget(self, flight: Flight) -> bool:
        """Whether it failed for want of a statement that can be prepared anew."""
        stale = flight.stale_step()
        if stale is None or stale.key is None:
            return False
        self._statements.forget(stale.key)
        return True

    async def look_for_pooler(self) -> None:
        """A pooler answers with a process id of its own invention."""
        rows = await self.run(Batch(None, (_BACKEND,), prepare=False))
        self._shared = rows != (((str(self._asyncpg.backend_pid).encode(),),),)

    def when_idle(self, callback: Callable[[], None]) -> None:
        if self._lost or self._is_idle():
            callback()
        else:
            self._waiting.append(callback)

    async def close(self) -> None:
        """Returns when it is closed; a server that no longer reads is not waited for."""
        if not self._transport.is_closing():
            self._transport.write(wire.TERMINATE)
            self._transport.close()
        try:
            async with asyncio.timeout(session.GIVE_UP):
                while not self._lost:
                    await self._wait(self._waiting)
        except TimeoutError:
            self._transport.abort()

    def is_closed(self) -> bool:
        return self._lost or self._transport.is_closing()

    async def _fly(self, batch: Batch, *, stays_open: bool = False) -> Flight:
        """The batch's flight when it is over. A cancelled one is cleaned up behind our back."""
        await self._ready()
        flight, done = self._launch(batch, stays_open=stays_open)
        try:
            await done
            if batch.verdict is not None and flight.error is None:
                await self._judge(batch, batch.verdict, flight)
        except asyncio.CancelledError:
            self._abandon()
            raise
        return flight

    async def _fly_on(self, batch: Batch, *, ends: bool = False) -> Flight:
        """The flight of statements that follow others in an open transaction, when it is over."""
        landed, done = self._landing()
        flight = Flight(landed)
        add_batch(flight, batch, self._statements)
        flight.block = True
        if ends:
            self._end(flight, batch, batch.end)
        else:
            self._send(flight)
        await done
        return flight

    async def _ready(self) -> None:
        while not self._is_idle() and not self._lost:
            await self._wait(self._waiting)
        if self.is_closed():
            raise ConnectionLost(self._farewell)

    def _launch(
        self, batch: Batch, streamed: int | None = None, *, stays_open: bool = False
    ) -> tuple[Flight, "asyncio.Future[None]"]:
        landed, done = self._landing()
        block = self._shared or stays_open or needs_block(batch)
        flight = Flight(landed, block=block)
        add_batch(flight, batch, self._statements, streamed)
        if batch.verdict is not None or stays_open:
            self._send(flight)
        elif flight.block:
            add_end(flight, batch.end)
            self._add_resets(flight, batch)
            self._send(flight)
        else:
            reset = Flight()
            self._add_resets(reset, batch)
            self._send(flight, reset)
        return flight, done

    def _landing(self) -> "tuple[Callable[[Flight], None], asyncio.Future[None]]":
        """What is to be called when a flight lands, and what can be awaited until then."""
        done = self._loop.create_future()

        def landed(flight: Flight) -> None:
            if done.done():
                return
            if flight.lost is not None:
                done.set_exception(flight.lost)
            else:
                done.set_result(None)

        return landed, done

    async def _judge(self, batch: Batch, verdict: Verdict, flight: Flight) -> None:
        """Ends the transaction as the verdict says."""
        ending = Flight(block=True)
        try:
            verdict(tuple(flight.results))
        except BaseException:
            self._end(ending, batch, End.ROLLBACK)
            raise
        ending.landed, done = self._landing()
        self._end(ending, batch, batch.end)
        await done
        flight.error = ending.error

    def _end(self, ending: Flight, batch: Batch, end: End) -> None:
        add_end(ending, end)
        self._add_resets(ending, batch)
        self._send(ending)

    def _add_resets(self, flight: Flight, batch: Batch) -> None:
        named = batch.prepare and not self._shared
        first = named and not self._resets_prepared
        add_resets(flight, named=named, first=first, check=batch.calls)
        self._resets_prepared = self._resets_prepared or named

    def _send(self, *flights: Flight) -> None:
        self._add(*flights)
        self._write()

    def _add(self, *flights: Flight) -> None:
        self._outbox += map(wire.close, self._statements.take_unwanted())
        for flight in flights:
            self._outbox += flight.data
            self._outbox.append(wire.SYNC)
            flight.data.clear()
        self._flights += flights

    def _write(self) -> None:
        self._is_writing_later = False
        if self._outbox:
            self._transport.write(b"".join(self._outbox))
            self._outbox.clear()

    def data_received(self, data: bytes) -> None:
        start = 0
        if self._reader.is_empty():
            while self._flights and (end := self._flights[0].take_answer(data, start)):
                start = end
                self._land(wire.IDLE)
        if start < len(data):
            self._receive_messages(data[start:])

    def _receive_messages(self, data: bytes) -> None:
        for kind, buffer, start, end in self._reader.feed(data):
            self._receive[kind](buffer, start, end)
        if self._flow is not None:
            self._flow.settle()

    def _parse_complete(self, *_: object) -> None:
        flight = self._flights[0]
        step = flight.steps[flight.step]
        if step.key is not None:
            self._statements.remember(step.key, step.name)

    def _bind_complete(self, *_: object) -> None:
        flight = self._flights[0]
        flight.bound = True
        if self._flow is not None and flight.step == flight.streamed:
            self._reader.rows = self._flow.rows

    def _data_row(self, buffer: bytes, start: int, _end: int) -> None:
        self._flights[0].receive_row(buffer, start)

    def _command_complete(self, *_: object) -> None:
        self._reader.rows = None
        self._flights[0].complete_step()

    def _ignore(self, *_: object) -> None:
        """Nothing here depends on it."""

    def _error_response(self, buffer: bytes, start: int, end: int) -> None:
        self._reader.rows = None
        fields = wire.fields(buffer, start, end)
        if fields.get("V") in {"FATAL", "PANIC"} or not self._flights:
            self._farewell = fields.get("M")
        else:
            self._flights[0].fail(fields)

    def _ready_for_query(self, buffer: bytes, start: int, _end: int) -> None:
        self._land(buffer[start])

    def _land(self, state: int) -> None:
        self._state = state
        flight = self._flights.popleft()
        if flight.error is not None and flight.block:
            self._resets_prepared = False  # they were skipped with the rest
            self._recover()
        if flight.unclean and self._settling is None:
            self.abort("The session could not be cleaned")
        if flight.landed is not None:
            flight.landed(flight)
        if not self._flights:
            self._call(self._landed)
            if self._is_idle():
                self._call(self._waiting)

    def _recover(self) -> Flight:
        """Ends what is left of a transaction and resets the session, relying on no name."""
        flight = Flight()
        if self._state != wire.IDLE:
            add_end(flight, End.ROLLBACK)
            flight.asked = 0
        add_resets(flight, named=False, first=False, check=True)
        self._send(flight)
        return flight

    def _is_idle(self) -> bool:
        return not self._flights and self._settling is None and self._state == wire.IDLE

    def _abandon(self) -> None:
        """Nobody waits for what is under way any more."""
        if not self._lost and not self._is_idle() and self._settling is None:
            self._settling = self._loop.create_task(self._settle())

    async def _settle(self) -> None:
        """Waits for what was abandoned, cancelling it if it takes long; then a clean session or
        none. A cancellation may arrive late and hit the reset: so there is another after it."""
        clean = False
        try:
            async with asyncio.timeout(session.GIVE_UP):
                await self._interrupt()
                last = self._recover()
                await self._wait_for_landing()
                clean = last.error is None and not last.unclean and last.step == len(last.steps)
        except (OSError, TimeoutError):
            pass  # aborted below
        finally:
            self._settling = None
            if clean:
                self._call(self._waiting)
            else:
                self.abort("An abandoned statement did not end")

    async def _interrupt(self) -> None:
        try:
            async with asyncio.timeout(session.PATIENCE):
                await self._wait_for_landing()
        except TimeoutError:
            with suppress(ConnectionResetError):  # how some servers end this kind of connection
                await _send_cancel_request(
                    loop=self._loop,
                    addr=self._address,
                    params=self._parameters,
                    backend_pid=self._asyncpg.backend_pid,
                    backend_secret=self._asyncpg.backend_secret,
                )
            await self._wait_for_landing()

    async def _wait_for_landing(self) -> None:
        while self._flights and not self._lost:
            await self._wait(self._landed)

    async def _wait(self, callbacks: list[Callable[[], None]]) -> None:
        called = asyncio.Event()
        callbacks.append(called.set)
        await called.wait()

    def _call(self, callbacks: list[Callable[[], None]]) -> None:
        called = callbacks.copy()
        callbacks.clear()
        for callback in called:
            callback()

    def abort(self, reason: str) -> None:
        self._farewell = self._farewell or reason
        self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost = True
        self._asyncpg.connection_lost(exc)
        while self._flights:
            flight = self._flights.popleft()
            if flight.landed is not None:
                flight.lost = ConnectionLost(self._farewell or (str(exc) if exc else None))
                flight.landed(flight)
        self._call(self._landed)
        self._call(self._waiting)
