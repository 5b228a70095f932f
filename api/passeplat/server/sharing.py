"""What the database says a shape's statements can leave behind in their session: reads that leave
nothing share a connection while they are short, and after writes that leave nothing there is less
to look for.
"""

import asyncio
from contextlib import suppress
from typing import TypeAlias

from passeplat.errors import ApiError, DatabaseError
from passeplat.names import QualifiedName
from passeplat.postgres.lanes import Lanes
from passeplat.postgres.model import Batch, Query
from passeplat.postgres.pool import Pool
from passeplat.schema_cache.inert import Write, inert_query, inert_write_query
from passeplat.schema_cache.model import SchemaCache
from passeplat.server.inert import (
    FUNCTIONS,
    OPERATORS,
    WRITE_FUNCTIONS,
    WRITE_OPERATORS,
    relations_of,
    write_of,
)
from passeplat.server.shape import Shape

_Touched: TypeAlias = frozenset[QualifiedName] | Write
"""The relations that are read, or what is written."""

_SHORT = 0.005  # seconds a statement may take, as a rule
_STEP = 1.15  # by which what is the rule follows what was seen: it becomes the median


class Sharing:
    """Belongs to one schema cache: with its reload, what was found out is forgotten."""

    def __init__(self, pool: Pool, cache: SchemaCache) -> None:
        self.cache = cache
        self.lanes = Lanes(pool)
        self._pool = pool
        self._inert: dict[_Touched, bool] = {}
        self._asking: set[asyncio.Task[None]] = set()

    def allows(self, shape: Shape) -> bool:
        is_read = shape.plan.change is None
        return is_read and shape.pace.inert is True and shape.pace.seconds < _SHORT

    def is_harmless(self, shape: Shape) -> bool:
        """It meets nothing that could make SQL of a value."""
        return shape.plan.change is not None and shape.pace.inert is True

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
        if shape.transaction.pre_request is not None:
            return False
        plan = shape.plan
        touched = relations_of(plan, self.cache) or write_of(plan, self.cache)
        if touched is None:
            return False
        known = self._inert.get(touched)
        if known is None and not self._asking:
            asking = asyncio.create_task(self._ask(touched))
            self._asking.add(asking)
            asking.add_done_callback(self._asking.discard)
        return known

    async def _ask(self, touched: _Touched) -> None:
        batch = Batch(None, (_question(touched),), prepare=False, calls=False)
        with suppress(ApiError, DatabaseError):  # asked again by the next request
            [[(answer,)]] = await self._pool.run(batch, for_request=False)
            self._inert[touched] = answer == b"true"


def _question(touched: _Touched) -> Query:
    if isinstance(touched, Write):
        return inert_write_query(touched, WRITE_FUNCTIONS, WRITE_OPERATORS)
    return inert_query(sorted(touched), FUNCTIONS, OPERATORS)
