"""The admin server, on an address of its own: is it alive, is it ready, what has it counted."""

import asyncio
from dataclasses import asdict
from typing import Any, TypeAlias

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from passeplat.server.state import State

Address: TypeAlias = str | tuple[Any, ...]
"""Of the main server: a path, or host and port."""

_LOCAL = {
    **dict.fromkeys(("0.0.0.0", "*4", "!4"), "127.0.0.1"),  # noqa: S104
    **dict.fromkeys(("::", "*", "*6", "!6"), "::1"),
}
_PATIENCE = 1.0  # seconds the main socket may take to accept


def admin_app(state: State, main: Address) -> Starlette:
    async def live(_: Request) -> Response:
        return Response(status_code=200 if await _accepts(main) else 500)

    async def ready(_: Request) -> Response:
        if not await _accepts(main):
            return Response(status_code=500)
        return Response(status_code=503 if state.loads.pending else 200)

    async def metrics(_: Request) -> Response:
        return PlainTextResponse(metrics_text(state))

    async def schema_cache(_: Request) -> Response:
        return Response(schema_cache_json(state), media_type="application/json")

    return Starlette(
        routes=[
            Route("/live", live),
            Route("/ready", ready),
            Route("/metrics", metrics),
            Route("/schema_cache", schema_cache),
        ]
    )


async def _accepts(address: Address) -> bool:
    """Whether somebody listens behind the address of the main server."""
    try:
        if isinstance(address, str):
            opening = asyncio.open_unix_connection(address)
        else:
            host = _LOCAL.get(address[0], address[0])
            opening = asyncio.open_connection(host, address[1])
        _, writer = await asyncio.wait_for(opening, _PATIENCE)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True


def metrics_text(state: State) -> str:
    """In the text format of Prometheus, under PostgREST's names."""
    loads, pool, counts = state.loads, state.pool.counters(), state.verifier.counts
    rows = (
        ("pgrst_schema_cache_query_time_seconds", "gauge", "", loads.query_seconds),
        ("pgrst_schema_cache_loads_total", "counter", '{status="SUCCESS"}', loads.succeeded),
        ("pgrst_schema_cache_loads_total", "counter", '{status="FAIL"}', loads.failed),
        ("pgrst_db_pool_timeouts_total", "counter", "", pool.timeouts),
        ("pgrst_db_pool_available", "gauge", "", pool.available),
        ("pgrst_db_pool_waiting", "gauge", "", pool.waiting),
        ("pgrst_db_pool_max", "gauge", "", pool.max),
        ("pgrst_jwt_cache_requests_total", "counter", "", counts.requests),
        ("pgrst_jwt_cache_hits_total", "counter", "", counts.hits),
        ("pgrst_jwt_cache_evictions_total", "counter", "", counts.evictions),
    )
    lines: list[str] = []
    for name, kind, labels, value in rows:
        if (declared := f"# TYPE {name} {kind}") not in lines:
            lines.append(declared)
        lines.append(f"{name}{labels} {float(value)}")
    return "\n".join(lines) + "\n"


def schema_cache_json(state: State) -> bytes:
    cache = state.schema_cache
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
        default=str,
    )


def _plain(value: object) -> object:
    fields = asdict(value)  # type: ignore[call-overload]
    return {key: dict(each) if hasattr(each, "items") else each for key, each in fields.items()}
