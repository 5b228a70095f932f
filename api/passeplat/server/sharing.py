"""Which requests share a connection with others: those that are short and leave nothing behind."""

import asyncio
from contextlib import suppress

from passeplat.errors import ApiError, DatabaseError
from passeplat.names import QualifiedName
from passeplat.postgres.lanes import Lanes
from passeplat.postgres.model import Batch
from passeplat.postgres.pool import Pool
from passeplat.schema_cache.inert import inert_query
from passeplat.schema_cache.model import SchemaCache
from passeplat.server.inert import FUNCTIONS, OPERATORS, relations_of
from passeplat.server.shape import Shape

_SHORT = 0.005  # seconds a statement may take, as a rule
_STEP = 1.15  # by which what is the rule follows what was seen: it becomes the median


class Sharing:
    """Belongs to one schema cache: with its reload, what was found out is forgotten."""

    def __init__(self, pool: Pool, cache: SchemaCache) -> None:
        self.cache = cache
        self.lanes = Lanes(pool)
        self._pool = pool
        self._inert: dict[frozenset[QualifiedName], bool] = {}
        self._asking: set[asyncio.Task[None]] = set()

    def allows(self, shape: Shape) -> bool:
        return shape.pace.inert is True and shape.pace.seconds < _SHORT

    def observe(self, shape: Shape, seconds: float) -> None:
        """How long the statements of a request of this shape took, wherever they ran."""
        pace = shape.pace
        if pace.seconds == 0:
            pace.seconds = seconds
        else:
            pace.seconds *= _STEP if seconds > pace.seconds else 1 / _STEP
        if pace.inert is None:
            pace.inert = self._is_inert(shape)

    def _is_inert(self, shape: Shape) -> bool | None:
        """None if the database has yet to say."""
        relations = relations_of(shape.plan, self.cache)
        if relations is None or shape.transaction.calls:
            return False
        known = self._inert.get(relations)
        if known is None and not self._asking:
            asking = asyncio.create_task(self._ask(relations))
            self._asking.add(asking)
            asking.add_done_callback(self._asking.discard)
        return known

    async def _ask(self, relations: frozenset[QualifiedName]) -> None:
        query = inert_query(sorted(relations), FUNCTIONS, OPERATORS)
        batch = Batch(None, (query,), prepare=False, calls=False)
        with suppress(ApiError, DatabaseError):  # asked again by the next request
            [[(answer,)]] = await self._pool.run(batch, for_request=False)
            self._inert[relations] = answer == b"true"
