"""What the server says about itself to whoever watches it, of one process or of several."""

from asyncio import to_thread
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Protocol

import orjson

from passeplat.schema_cache.model import SchemaCache
from passeplat.server.state import State


@dataclass(frozen=True, slots=True)
class Report:
    """What one process has to say."""

    pending: bool  # it has no schema cache, or an old one
    query_seconds: float
    loads_succeeded: int
    loads_failed: int
    pool_timeouts: int
    pool_available: int
    pool_waiting: int
    pool_max: int
    jwt_requests: int
    jwt_hits: int
    jwt_evictions: int
    shared_reads: int


class Spokesman(Protocol):
    """Who knows the processes behind the main server."""

    async def reports(self) -> Sequence[Report]: ...

    async def schema_cache(self) -> bytes: ...


class Own:
    """Speaks for this process."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def reports(self) -> Sequence[Report]:
        return [report(self._state)]

    async def schema_cache(self) -> bytes:
        return await to_thread(schema_cache_json, self._state.schema_cache)


def report(state: State) -> Report:
    loads, pool, counts = state.loads, state.pool.counters(), state.verifier.counts
    return Report(
        pending=loads.pending,
        query_seconds=loads.query_seconds,
        loads_succeeded=loads.succeeded,
        loads_failed=loads.failed,
        pool_timeouts=pool.timeouts,
        pool_available=pool.available,
        pool_waiting=pool.waiting,
        pool_max=pool.max,
        jwt_requests=counts.requests,
        jwt_hits=counts.hits,
        jwt_evictions=counts.evictions,
        shared_reads=state.shared_reads,
    )


def schema_cache_json(cache: SchemaCache | None) -> bytes:
    """For `/schema_cache` and `--dump-schema`. A big schema takes a while."""
    if cache is None:
        return b"null"
    return orjson.dumps(
        {
            "dbTables": [[str(name), _plain(table)] for name, table in cache.tables.items()],
            "dbRelationships": [
                [[str(name), schema], [_plain(each) for each in found]]
                for (name, schema), found in cache.relationships.items()
            ],
            "dbRoutines": [
                [str(name), [_plain(each) for each in overloads]]
                for name, overloads in cache.routines.items()
            ],
            "dbRepresentations": [_plain(each) for each in cache.representations.values()],
            "dbMediaHandlers": [_plain(each) for each in cache.media_handlers.values()],
        },
        default=_other,
        option=orjson.OPT_NON_STR_KEYS,
    )


def _plain(value: object) -> object:
    fields = asdict(value)  # type: ignore[call-overload]
    return {key: dict(each) if hasattr(each, "items") else each for key, each in fields.items()}


def _other(value: object) -> object:
    return sorted(map(str, value)) if isinstance(value, frozenset | set) else str(value)
