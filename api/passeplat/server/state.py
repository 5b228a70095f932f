"""The one mutable object of a running server: its parts are replaced whole, never changed."""

from asyncio import Event, Task
from dataclasses import dataclass, field

from passeplat.claims import Verifier
from passeplat.config import Config
from passeplat.postgres.pool import Pool
from passeplat.schema_cache.model import SchemaCache
from passeplat.server.observe import Complaints
from passeplat.server.shapes import Shapes
from passeplat.server.sharing import Sharing
from passeplat.server.watch import Watch


@dataclass(slots=True)
class Loads:
    """How the schema cache came to be, for /metrics and /ready."""

    succeeded: int = 0
    failed: int = 0
    pending: bool = True  # the last attempt failed, or there was none yet
    query_seconds: float = 0.0


@dataclass(slots=True)
class State:
    config: Config
    verifier: Verifier
    pool: Pool
    schema_cache: SchemaCache | None  # None until it was loaded once
    loads: Loads
    complaints: Complaints = field(default_factory=Complaints)
    watch: Watch = field(default_factory=Watch)
    lost: Event = field(default_factory=Event)  # a request could not reach the database
    stopping: bool = False  # clients are asked to close their connections
    _shapes: Shapes | None = None
    retiring: "set[Task[None]]" = field(default_factory=set)  # they free old schema caches
    shared_reads: int = 0  # that shared a connection, since the start
    _sharing: Sharing | None = None

    @property
    def shapes(self) -> Shapes | None:
        """The shape cache of the present settings and schema cache."""
        found = self._shapes
        if found is not None and found.config is self.config and found.cache is self.schema_cache:
            return found
        if self.schema_cache is not None:
            self._shapes = Shapes(self.config, self.schema_cache)
        return self._shapes

    @property
    def sharing(self) -> Sharing | None:
        """What the present schema cache is known to allow of it."""
        if self._sharing is None or self._sharing.cache is not self.schema_cache:
            if self.schema_cache is None:
                return None
            self._sharing = Sharing(self.pool, self.schema_cache)
        return self._sharing
