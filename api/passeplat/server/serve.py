"""`serve`: settings in, an HTTP server that runs until it is told to stop."""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import uvicorn

from passeplat import __version__
from passeplat.config import Sources
from passeplat.postgres import pipeline
from passeplat.server.http_server import admin_server, http_server, listening, say_goodbye
from passeplat.server.observe import adopt_library_logs, log
from passeplat.server.report import Own
from passeplat.server.service import Connect, Service, open_service
from passeplat.server.sockets import address_of, bound_main
from passeplat.server.stop import Stop, Stopped, stopping
from passeplat.server.workers import serve_many


def serve(
    sources: Sources,
    workers: int = 1,
    connect: Connect = pipeline.connect,
    protocol: type[asyncio.Protocol] | None = None,
) -> None:
    """Blocks until SIGTERM or SIGINT, then lets requests in flight finish.

    Raises SettingError, a sentence that says what to do, if it cannot serve or cannot go on.
    `connect` and `protocol` (see http_server) are for one worker: several have the usual ones.
    """
    config = sources.load()
    log(config, "crit", f"Starting passeplat {__version__}...")
    running = serve_many(sources, workers) if workers > 1 else serve_one(sources, connect, protocol)
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(running)


def loop_factory() -> Any:
    """uvloop's where it is installed."""
    return uvicorn.Config("", loop="auto", log_config=None).get_loop_factory()


async def serve_one(
    sources: Sources,
    connect: Connect = pipeline.connect,
    protocol: type[asyncio.Protocol] | None = None,
) -> None:
    config = sources.load()
    with bound_main(config) as main, stopping(config) as stop, suppress(Stopped):
        address = address_of(main)
        service = await stop.unless(open_service(sources, connect))
        async with admin_server(config, Own(service.state), main.getsockname()):
            await serve_service(
                service,
                main,
                stop,
                lambda: log(config, "crit", f"API server listening on {address}"),
                protocol,
            )


async def serve_service(
    service: Service,
    main: socket.socket,
    stop: Stop,
    announce: Callable[[], None],
    protocol: type[asyncio.Protocol] | None = None,
) -> None:
    """From the first schema cache to the last request. Raises SettingError if it cannot go on."""
    adopt_library_logs(lambda: service.state.config)
    service.when_failed = stop.set
    server = http_server(service, protocol)
    stop.when_forced = lambda: setattr(server, "force_exit", True)
    try:
        stop.when_reloaded = service.want
        await stop.unless(service.begin())
        if service.state.config.server_reuseport:  # another instance answers meanwhile
            await stop.unless(service.loaded.wait())
        async with listening(server, main):
            announce()
            await stop.wait()
            service.state.stopping = True
            await say_goodbye(server, main)
    except Stopped:
        pass
    finally:
        await service.stop()
    if service.failure is not None:
        raise service.failure
