"""Which requests share a connection with others: reads that are short and leave nothing behind."""

from passeplat.postgres.lanes import Lanes
from passeplat.postgres.pool import Pool
from passeplat.schema_cache.model import SchemaCache
from passeplat.server.harmless import Harmless
from passeplat.server.shape import Shape

_SHORT = 0.005  # seconds a statement may take, as a rule
_STEP = 1.15  # by which what is the rule follows what was seen: it becomes the median


class Sharing:
    """Belongs to one schema cache: with its reload, what was found out is forgotten."""

    def __init__(self, pool: Pool, cache: SchemaCache) -> None:
        self.cache = cache
        self.lanes = Lanes(pool)
        self._harmless = Harmless(pool)

    def allows(self, shape: Shape) -> bool:
        is_short = 0 < shape.pace.seconds < _SHORT
        return is_short and shape.plan.change is None and self._harmless.is_known(shape.touched)

    def is_harmless(self, shape: Shape) -> bool:
        """A write that meets nothing that could make SQL of a value."""
        return shape.plan.change is not None and self._harmless.is_known(shape.touched)

    def observe(self, shape: Shape, seconds: float) -> None:
        """How long the statements of a request of this shape took, wherever they ran."""
        pace = shape.pace
        if pace.seconds == 0:
            pace.seconds = seconds
        else:
            pace.seconds *= _STEP if seconds > pace.seconds else 1 / _STEP
        self._harmless.watch(shape.touched)
