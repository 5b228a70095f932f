"""A pool: batches in, rows out, over at most so many connections.

A connection that comes back goes straight to whoever waits longest; nobody who comes later can
take it. One that is broken, too old or from before a flush is closed, and its place is offered to
whoever waits longest. The idle ones are taken last in, first out: few sessions keep warm plans.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial

from passeplat.errors import ConnectionFailed, PoolTimeout
from passeplat.postgres.model import Batch, Connection, Piece, Query, Results


@dataclass(frozen=True, slots=True)
class Limits:
    """Times in seconds."""

    size: int = 10
    acquisition: float = 10
    idle: float = 30
    lifetime: float = 1800


@dataclass(frozen=True, slots=True)
class Counters:
    available: int  # open and idle
    waiting: int  # requests without a connection
    max: int
    timeouts: int  # since the start


@dataclass(slots=True, eq=False)
class _Member:
    born: float
    flushes: int  # how many there had been when it was opened
    idle_since: float


class Pool:
    def __init__(self, open_: Callable[[], Awaitable[Connection]], limits: Limits) -> None:
        self._open = open_
        self._limits = limits
        self._members: dict[Connection, _Member] = {}
        self._opening = 0  # places taken by connections to come
        self._idle: list[Connection] = []
        # Each is given a connection, or None: a place to open one in.
        self._waiters: deque[asyncio.Future[Connection | None]] = deque()
        self._long = asyncio.Semaphore(max(1, limits.size // 2))
        self._flushes = 0
        self._timeouts = 0
        self._closed = False
        self._emptied = asyncio.Event()
        self._closing: set[asyncio.Task[None]] = set()
        self._sweeper: asyncio.TimerHandle | None = None
        self.reclaim: Callable[[], bool] = lambda: False  # whether one comes back at once
        self._loop = asyncio.get_running_loop()  # which costs a system call each time it is asked

    @property
    def size(self) -> int:
        return self._limits.size

    @property
    def is_wanting(self) -> bool:
        return bool(self._waiters)

    async def run(self, batch: Batch, *, for_request: bool = True) -> Results:
        """Raises what Connection.run raises, PoolTimeout, and ConnectionFailed."""
        connection = await self.acquire(for_request=for_request)
        try:
            return await connection.run(batch)
        finally:
            self.release(connection)

    async def stream(self, batch: Batch, number: int) -> AsyncGenerator[Piece, None]:
        """As Connection.stream. Clients that read slowly can hold no more than half of the
        connections."""
        async with (
            self._long_connection() as connection,
            aclosing(connection.stream(batch, number)) as pieces,
        ):
            async for piece in pieces:
                yield piece

    async def feed(self, batch: Batch, more: AsyncIterator[Query]) -> Results:
        """As Connection.feed, for clients that write slowly."""
        async with self._long_connection() as connection:
            return await connection.feed(batch, more)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """For several batches on one connection."""
        connection = await self.acquire()
        try:
            yield connection
        finally:
            self.release(connection)

    async def acquire(self, *, for_request: bool = True) -> Connection:
        """A connection that is to be given back with `release`, whatever happens. `for_request`:
        waiting for it in vain counts as a timeout."""
        self._check_open()
        connection = self.take()
        if connection is not None:
            return connection
        try:
            async with asyncio.timeout(self._limits.acquisition):
                return await self._wait()
        except TimeoutError:
            self._timeouts += for_request
            raise PoolTimeout from None

    @asynccontextmanager
    async def _long_connection(self) -> AsyncIterator[Connection]:
        """One of those that may be held for as long as a client takes."""
        try:
            async with asyncio.timeout(self._limits.acquisition):
                await self._long.acquire()
        except TimeoutError:
            self._timeouts += 1
            raise PoolTimeout from None
        try:
            async with self.connection() as connection:
                yield connection
        finally:
            self._long.release()

    def take(self) -> Connection | None:
        """An idle connection at once, if there is one; to be given back with `release`."""
        while self._idle and not self._closed:
            connection = self._idle.pop()
            if self.is_usable(connection):
                return connection
            self._drop(connection)
        return None

    def is_usable(self, connection: Connection) -> bool:
        """Whether it may still serve: it is open, not too old, and from after the last flush."""
        member = self._members[connection]
        age = self._loop.time() - member.born
        current = member.flushes == self._flushes and not self._closed
        return current and age < self._limits.lifetime and not connection.is_closed()

    def release(self, connection: Connection) -> None:
        """Takes a connection back: at once if it is idle, else when it is."""
        connection.when_idle(partial(self._return, connection))

    def flush(self) -> None:
        """Closes the idle connections now and the others when they come back."""
        self._flushes += 1
        self.reclaim()
        while self._idle:
            self._drop(self._idle.pop())

    async def close(self, patience: float = 0) -> None:
        """Refuses new requests, waits so many seconds for those under way, closes all."""
        self._closed = True
        self.flush()
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_exception(ConnectionFailed("The server is stopping"))
        try:
            async with asyncio.timeout(patience):
                while self._members or self._opening:
                    self._emptied.clear()
                    await self._emptied.wait()
        except TimeoutError:
            for connection in tuple(self._members):
                self._drop(connection)
        if self._sweeper is not None:
            self._sweeper.cancel()
        await asyncio.gather(*self._closing)

    def counters(self) -> Counters:
        return Counters(
            available=sum(not connection.is_closed() for connection in self._idle),
            waiting=sum(not waiter.done() for waiter in self._waiters),
            max=self._limits.size,
            timeouts=self._timeouts,
        )

    async def _wait(self) -> Connection:
        is_coming = not self._waiters and self.reclaim()
        if not is_coming and len(self._members) + self._opening < self._limits.size:
            self._opening += 1
            return await self._fill_place()
        waiter: asyncio.Future[Connection | None] = self._loop.create_future()
        self._waiters.append(waiter)
        try:
            given = await waiter
        except asyncio.CancelledError:
            self._pass_on(waiter)
            raise
        return given if given is not None else await self._fill_place()

    def _pass_on(self, waiter: asyncio.Future[Connection | None]) -> None:
        """What was given to somebody who went away in that very moment."""
        if not waiter.done() or waiter.cancelled():
            with suppress(ValueError):
                self._waiters.remove(waiter)
        elif waiter.exception() is None:
            given = waiter.result()
            if given is not None:
                self._give(given)
            else:
                self._opening -= 1
                self._offer_place()

    async def _fill_place(self) -> Connection:
        """Opens a connection in a place that `_opening` counts."""
        flushes = self._flushes
        try:
            connection = await self._open()
        except BaseException:
            self._opening -= 1
            self._offer_place()
            raise
        self._opening -= 1
        now = self._loop.time()
        self._members[connection] = _Member(born=now, flushes=flushes, idle_since=now)
        return connection

    def _return(self, connection: Connection) -> None:
        if connection not in self._members:  # closed meanwhile, with the pool
            return
        if self.is_usable(connection):
            self._give(connection)
        else:
            self._drop(connection)

    def _give(self, connection: Connection) -> None:
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(connection)
                return
        loop = self._loop
        self._members[connection].idle_since = loop.time()
        self._idle.append(connection)
        if self._sweeper is None:
            self._sweeper = loop.call_later(self._limits.idle, self._sweep)

    def _drop(self, connection: Connection) -> None:
        del self._members[connection]
        task = self._loop.create_task(connection.close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)
        self._offer_place()

    def _offer_place(self) -> None:
        self._emptied.set()
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                self._opening += 1
                waiter.set_result(None)
                return

    def _sweep(self) -> None:
        self._sweeper = None
        loop = self._loop
        before = loop.time() - self._limits.idle
        for connection in tuple(self._idle):
            if self._members[connection].idle_since <= before or not self.is_usable(connection):
                self._idle.remove(connection)
                self._drop(connection)
        if self._idle:
            oldest = min(self._members[connection].idle_since for connection in self._idle)
            self._sweeper = loop.call_at(oldest + self._limits.idle, self._sweep)

    def _check_open(self) -> None:
        if self._closed:
            raise ConnectionFailed("The server is stopping")
