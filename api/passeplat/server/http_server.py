"""uvicorn, as we use it: an application and a bound socket in, requests answered until the end.

What few servers or no first answer need is imported when it is: the start is short.
"""

import asyncio
import socket
from asyncio import Protocol
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import uvicorn

from passeplat.config import Config
from passeplat.server.app import Scope, Send
from passeplat.server.observe import log
from passeplat.server.report import Spokesman
from passeplat.server.service import Service
from passeplat.server.sockets import Address, address_of, bound_tcp, bound_unix
from passeplat.server.watch import Receive

GRACE = 30  # seconds that requests in flight may take to finish
_LINGER = 0.3  # seconds for clients to learn that their connection is about to close


def http_server(service: Service, protocol: type[Protocol] | None = None) -> uvicorn.Server:
    """The server of the REST interface; `serve(sockets=…)` runs it. `protocol` speaks HTTP: if not
    said, ours where httptools is installed."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            scope["state"]["passeplat"] = service.state
            await _live(receive, send)
        else:
            await _application()(scope, receive, send)

    http = protocol or _protocol("passeplat.server.protocol", "RestProtocol")
    return uvicorn.Server(
        _uvicorn_config(app, http, lifespan="on", timeout_graceful_shutdown=GRACE)
    )


async def _live(receive: Receive, send: Send) -> None:
    """https://asgi.readthedocs.io/en/latest/specs/lifespan.html"""
    for event in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{event}.complete"})


@cache
def _application() -> Any:
    """Imported for the first request that comes here: with our protocol none does."""
    return import_module("passeplat.server.application").application()


def _protocol(module: str, name: str) -> Any:
    """Where httptools is not there to build on, h11 does as we want."""
    return "h11" if find_spec("httptools") is None else getattr(import_module(module), name)


def _uvicorn_config(app: Any, http: Any, **more: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        access_log=False,
        log_config=None,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        ws="none",
        http=http,
        **more,
    )


@asynccontextmanager
async def listening(server: uvicorn.Server, bound: socket.socket) -> AsyncIterator[None]:
    """Answers requests for as long as the context lasts; then those in flight are finished. What
    `uvicorn.Server.serve` does, but that signals are somebody else's."""
    config = server.config
    if not config.loaded:
        config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[bound])
    ticking = asyncio.create_task(server.main_loop())
    try:
        yield
    finally:
        server.should_exit = True
        await ticking
        await server.shutdown(sockets=[bound])


async def say_goodbye(server: uvicorn.Server, bound: socket.socket) -> None:
    """Before the end: takes in who has come already, for closing would turn them away, and gives
    the others the time to hear of the end with an answer."""
    loop, config = asyncio.get_running_loop(), server.config
    bound.setblocking(False)
    for _ in range(config.backlog):
        with suppress(OSError):
            connection, _ = bound.accept()
            await loop.connect_accepted_socket(
                lambda: config.http_protocol_class(  # type: ignore[call-arg]
                    config=config,
                    server_state=server.server_state,
                    app_state=server.lifespan.state,
                ),
                connection,
            )
            continue
        break
    for each in server.servers:
        each.close()
    bound.close()
    if server.server_state.connections:
        await asyncio.sleep(_LINGER)


@asynccontextmanager
async def admin_server(config: Config, spokesman: Spokesman, main: Address) -> AsyncIterator[None]:
    """For as long as the context lasts, if the settings want one. `main`: the server's address."""
    if config.admin_server_unix_socket is not None:
        binding = bound_unix(config.admin_server_unix_socket, config.admin_server_unix_socket_mode)
    elif config.admin_server_port is not None:
        binding = bound_tcp(config.admin_server_host, config.admin_server_port)
    else:
        yield
        return
    from passeplat.server.admin import admin_app  # noqa: PLC0415 - with Starlette

    app = admin_app(spokesman, main)
    http = _protocol("passeplat.server.heads", "Heads")
    server = uvicorn.Server(_uvicorn_config(app, http, lifespan="off", timeout_graceful_shutdown=1))
    with binding as bound:
        address = address_of(bound)
        async with listening(server, bound):
            log(config, "crit", f"Admin server listening on {address}")
            yield
