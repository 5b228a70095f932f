"""Lanes: connections that several short reads share, each a transaction of its own.

A read is sent behind those that are under way, up to its own Sync: isolation and errors are as if
it were alone, only its place in time is not. Nothing is reset between two of them, so only reads
that cannot change their session may be sent here (see server/inert.py); the caller knows which.
No statement is ever cancelled here, for it would be a neighbour's; when a connection is lost, the
reads on it are to be run elsewhere.

Few are sent ahead: the others wait for whichever lane is free first, so that one that is held up
holds up few.

A lane borrows its connection from the pool when it has something to send, and gives it back when it
was not used for a moment, or as soon as nothing is under way and somebody else waits for one: reset
as after any request.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from time import perf_counter

from passeplat.errors import ConnectionLost, PasseplatError
from passeplat.postgres.flight import Bound, Flight, bound, needs_block
from passeplat.postgres.model import Batch, Connection
from passeplat.postgres.pipeline import Pipeline
from passeplat.postgres.pool import Pool

Landed = Callable[[Flight, float], None]
"""Called with the flight, and for how many seconds the connection was busy with it."""

_MOST = 2
_DEPTH = 8
"""Reads under way on one lane. Pages for 64 clients on two cores, relative to no limit: 4 gave 0.83
of the requests/s and 0.2 of the p99, 8 gave 0.95 and 0.5."""
_UNUSED = 0.05  # seconds a lane may hold a connection that it does not use


@dataclass(slots=True, eq=False)
class _Lane:
    connection: Pipeline | None = None
    under_way: int = 0
    since: float = 0.0  # when the one that is being answered became the first, or the last landed
    is_watched: bool = False  # a timer is set, which looks whether it is used


class Lanes:
    def __init__(self, pool: Pool) -> None:
        """Half of the connections of a small pool, and no more than a few of a large one."""
        self._pool = pool
        self._lanes = [_Lane() for _ in range(min(_MOST, pool.size // 2))]
        self._loop = asyncio.get_running_loop()
        self._opening: asyncio.Task[None] | None = None
        self._waiting: deque[tuple[Sequence[Bound], Landed]] = deque()
        pool.reclaim = self._reclaim

    def send(self, reads: Sequence[Bound], landed: Landed) -> bool:
        """The first of `reads` is the context. False if no lane has a connection."""
        lane = self._best_lane()
        if lane is None:
            self._open_later()
            return False
        if lane.under_way < _DEPTH:
            self._share(lane, reads, landed)
        else:
            self._waiting.append((reads, landed))
        return True

    async def run(self, batch: Batch) -> tuple[Flight, float] | None:
        """As it landed, and the seconds it took. None: run it elsewhere, for it needs a connection
        of its own, no lane had one, the one that had was lost, or its prepared statement was."""
        if needs_block(batch) or batch.context is None:
            return None
        done: asyncio.Future[tuple[Flight, float]] = self._loop.create_future()

        def landed(flight: Flight, spent: float) -> None:
            if not done.done():
                done.set_result((flight, spent))

        if not self.send(bound(batch), landed):
            return None
        flight, spent = await done
        return None if must_run_elsewhere(flight) else (flight, spent)

    def _share(self, lane: _Lane, reads: Sequence[Bound], landed: Landed) -> None:
        connection = lane.connection
        assert connection is not None  # noqa: S101 - it is one of the usable lanes
        connection.share(partial(self._land, lane, landed), reads)
        if lane.under_way == 0:
            lane.since = perf_counter()
        lane.under_way += 1

    def _advance(self) -> None:
        """While somebody waits a lane is full, and comes here when one of its reads has landed."""
        while self._waiting:
            lane = self._best_lane()
            if lane is not None and lane.under_way >= _DEPTH:
                return
            reads, landed = self._waiting.popleft()
            try:
                if lane is None:
                    raise ConnectionLost("No connection is shared any more")
                self._share(lane, reads, landed)
            except PasseplatError as error:  # which whoever runs it elsewhere is told
                flight = Flight()
                flight.lost = ConnectionLost(str(error))
                landed(flight, 0.0)

    def _best_lane(self) -> _Lane | None:
        best = None
        for lane in self._lanes:
            connection = lane.connection
            if connection is None or not self._pool.is_usable(connection):
                continue
            if best is None or lane.under_way < best.under_way:
                best = lane
        if best is not None and best.under_way == 0:
            return best
        return self._another_lane() or best

    def _another_lane(self) -> _Lane | None:
        """One that was not in use, if the pool has a connection for it."""
        lane = next((each for each in self._lanes if each.connection is None), None)
        if lane is None:
            return None
        found = self._pool.take()
        if found is None:
            return None
        lane.connection = self._shareable(found)
        return lane if lane.connection is not None else None

    def _shareable(self, connection: Connection) -> Pipeline | None:
        """None if it cannot be shared: then it is given back, and no other of the pool can be."""
        if isinstance(connection, Pipeline) and connection.is_shareable():
            return connection
        if not connection.is_closed():
            self._lanes.clear()
        self._pool.release(connection)
        return None

    def _open_later(self) -> None:
        """Where others wait for connections a lane waits too."""
        if self._lanes and self._opening is None:
            self._opening = self._loop.create_task(self._open())

    async def _open(self) -> None:
        try:
            connection = await self._pool.acquire(for_request=False)
        except PasseplatError:
            return
        finally:
            self._opening = None
        shareable = self._shareable(connection)
        if shareable is None:
            return
        lane = next((each for each in self._lanes if each.connection is None), None)
        if lane is None:
            self._pool.release(shareable)
            return
        lane.connection, lane.since = shareable, perf_counter()
        self._watch(lane, _UNUSED)

    def _watch(self, lane: _Lane, seconds: float) -> None:
        lane.is_watched = True
        self._loop.call_later(seconds, self._look, lane)

    def _look(self, lane: _Lane) -> None:
        lane.is_watched = False
        left = lane.since + _UNUSED - perf_counter()
        if lane.under_way or left > 0:
            self._watch(lane, max(left, _UNUSED / 2))
        else:
            self._give_back(lane)

    def _reclaim(self) -> bool:
        """Whether a connection that was not in use is on its way back to the pool."""
        given = [self._give_back(each) for each in self._lanes if not each.under_way]
        return any(given)

    def _give_back(self, lane: _Lane) -> bool:
        """Whether somebody can use it, once it is reset."""
        connection, lane.connection = lane.connection, None
        if connection is None:
            return False
        is_open = not connection.is_closed()
        connection.reset()
        self._pool.release(connection)
        return is_open

    def _land(self, lane: _Lane, landed: Landed, flight: Flight) -> None:
        now = perf_counter()
        spent, lane.since = now - lane.since, now
        lane.under_way -= 1
        if flight.error is not None and lane.connection is not None:
            lane.connection.forget(flight)
        self._advance()
        if lane.under_way == 0:
            if flight.lost is not None or self._pool.is_wanting:
                self._give_back(lane)
            elif not lane.is_watched:
                self._watch(lane, _UNUSED)
        landed(flight, spent)


def must_run_elsewhere(flight: Flight) -> bool:
    return flight.lost is not None or flight.stale_step() is not None
