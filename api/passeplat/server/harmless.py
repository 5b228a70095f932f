"""What the catalogue says of relations: whether what runs when they are read or written can change
its session. It is asked when that is first needed, and anew once the catalogue has changed.
"""

import asyncio
from contextlib import suppress

from passeplat.errors import ApiError, DatabaseError
from passeplat.postgres.model import Batch, Query
from passeplat.postgres.pool import Pool
from passeplat.schema_cache.inert import (
    Write,
    changes_query,
    inert_query,
    inert_write_query,
)
from passeplat.server.inert import (
    FUNCTIONS,
    OPERATORS,
    WRITE_FUNCTIONS,
    WRITE_OPERATORS,
    Touched,
)

_PAUSE = 1.0  # seconds between two looks at the catalogue, while there are requests
_TRUST = 5.0  # seconds after a look; what is known then is not believed any more


class Harmless:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._known: dict[Touched, bool] = {}
        self._changes: bytes | None = None  # how many the catalogue had seen
        self._looked = 0.0
        self._asking: asyncio.Task[None] | None = None
        self._loop = asyncio.get_running_loop()

    def is_known(self, touched: Touched | None) -> bool:
        """False also while nothing is known of it."""
        if touched is None or self._loop.time() > self._looked + _TRUST:
            return False
        return self._known.get(touched, False)

    def watch(self, touched: Touched | None) -> None:
        """To be called with every request: what is not known will be, and is not outdated."""
        if self._asking is not None:
            return
        if self._loop.time() > self._looked + _PAUSE:
            self._asking = self._loop.create_task(self._look())
        elif touched is not None and touched not in self._known:
            self._asking = self._loop.create_task(self._ask(touched))
        if self._asking is not None:
            self._asking.add_done_callback(self._end)

    def _end(self, _: object) -> None:
        self._asking = None

    async def _look(self) -> None:
        changes = await self._answer(changes_query())
        self._looked = self._loop.time()
        if changes is None or changes != self._changes:
            self._changes = changes
            self._known.clear()

    async def _ask(self, touched: Touched) -> None:
        answer = await self._answer(_question(touched))
        if answer is not None:
            self._known[touched] = answer == b"true"

    async def _answer(self, query: Query) -> bytes | None:
        """None where the database has none now."""
        batch = Batch(None, (query,), prepare=False, calls=False)
        with suppress(ApiError, DatabaseError):
            [[(answer,)]] = await self._pool.run(batch, for_request=False)
            return answer
        return None


def _question(touched: Touched) -> Query:
    if isinstance(touched, Write):
        return inert_write_query(touched, WRITE_FUNCTIONS, WRITE_OPERATORS)
    return inert_query(sorted(touched), FUNCTIONS, OPERATORS)
