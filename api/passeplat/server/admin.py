"""The admin server, on an address of its own: is it alive, is it ready, what has it counted.

It speaks for one process or for several: what it asks is a Report of each.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from passeplat.config import Config
from passeplat.server.report import Report, Spokesman
from passeplat.server.sockets import Address

_SPECIAL = frozenset({"*", "*4", "!4", "*6", "!6"})
_LOCAL = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where any address is listened on
_PATIENCE = 1.0  # seconds the main socket may take to accept
_HTTP_OK = b"200"


def admin_app(spokesman: Spokesman, main: Address) -> Starlette:
    async def live(_: Request) -> Response:
        return Response(status_code=200 if await _accepts(main) else 500)

    async def ready(_: Request) -> Response:
        if not await _accepts(main):
            return Response(status_code=500)
        reports = await spokesman.reports()
        pending = not reports or any(each.pending for each in reports)
        return Response(status_code=503 if pending else 200)

    async def metrics(_: Request) -> Response:
        return PlainTextResponse(metrics_text(await spokesman.reports()))

    async def schema_cache(_: Request) -> Response:
        return Response(await spokesman.schema_cache(), media_type="application/json")

    pages: dict[str, Callable[[Request], Awaitable[Response]]] = {
        "/live": live,
        "/ready": ready,
        "/metrics": metrics,
        "/schema_cache": schema_cache,
    }
    return Starlette(routes=[Route(path, page) for path, page in pages.items()])


async def _accepts(address: Address) -> bool:
    """Whether somebody listens behind the address of the main server."""
    try:
        if isinstance(address, str):
            opening = asyncio.open_unix_connection(address)
        else:
            opening = asyncio.open_connection(_LOCAL.get(address[0], address[0]), address[1])
        _, writer = await asyncio.wait_for(opening, _PATIENCE)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True


def metrics_text(reports: Sequence[Report]) -> str:
    """In the text format of Prometheus, as PostgREST names them; of several processes the sum."""

    def total(field: str) -> float:
        return float(sum(getattr(each, field) for each in reports))

    slowest = max((each.query_seconds for each in reports), default=0.0)
    rows = (
        ("pgrst_schema_cache_query_time_seconds", "gauge", "", slowest),
        ("pgrst_schema_cache_loads_total", "counter", '{status="SUCCESS"}', "loads_succeeded"),
        ("pgrst_schema_cache_loads_total", "counter", '{status="FAIL"}', "loads_failed"),
        ("pgrst_db_pool_timeouts_total", "counter", "", "pool_timeouts"),
        ("pgrst_db_pool_available", "gauge", "", "pool_available"),
        ("pgrst_db_pool_waiting", "gauge", "", "pool_waiting"),
        ("pgrst_db_pool_max", "gauge", "", "pool_max"),
        ("pgrst_jwt_cache_requests_total", "counter", "", "jwt_requests"),
        ("pgrst_jwt_cache_hits_total", "counter", "", "jwt_hits"),
        ("pgrst_jwt_cache_evictions_total", "counter", "", "jwt_evictions"),
        ("passeplat_shared_reads_total", "counter", "", "shared_reads"),
    )
    lines: list[str] = []
    for name, kind, labels, value in rows:
        if (declared := f"# TYPE {name} {kind}") not in lines:
            lines.append(declared)
        number = total(value) if isinstance(value, str) else value
        lines.append(f"{name}{labels} {number}")
    return "\n".join(lines) + "\n"


def ready_check(config: Config) -> tuple[bool, str]:
    """For `--ready`: asks the admin server of the configured address; whether it is, and a line to
    print."""
    if config.admin_server_host in _SPECIAL:
        return False, (
            'ERROR: The `--ready` flag cannot be used when server-host is configured as "'
            f'{config.admin_server_host}". Please update your server-host config to "localhost".'
        )
    if config.admin_server_port is None:
        return False, "ERROR: Admin server is not running. Please check admin-server-port config."
    host, port = config.admin_server_host, config.admin_server_port
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}/ready"
    if not 0 < port < 1 << 16:
        return False, f"ERROR: invalid url - {url}"
    status = asyncio.run(_status(host, port))
    if status is None:
        return False, f"ERROR: connection refused to {url}"
    return status == _HTTP_OK, f"{'OK' if status == _HTTP_OK else 'ERROR'}: {url}"


async def _status(host: str, port: int) -> bytes | None:
    """What GET /ready is answered with; None without an answer."""
    try:
        async with asyncio.timeout(_PATIENCE * 5):
            reader, writer = await asyncio.open_connection(host, port)
            name = f"[{host}]" if ":" in host else host
            writer.write(f"GET /ready HTTP/1.0\r\nHost: {name}:{port}\r\n\r\n".encode())
            line = await reader.readline()
            writer.close()
    except (OSError, TimeoutError):
        return None
    return line.split()[1] if line.count(b" ") > 1 else None
