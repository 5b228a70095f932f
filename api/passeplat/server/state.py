"""The one mutable object of a running server: its parts are replaced whole, never changed."""

from dataclasses import dataclass

from passeplat.claims import Verifier
from passeplat.config import Config
from passeplat.postgres.pool import Pool
from passeplat.schema_cache.model import SchemaCache


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
