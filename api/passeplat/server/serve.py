"""`serve`: settings in, an HTTP server that runs until it is told to stop."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount
from uvicorn.supervisors import Multiprocess

from passeplat import __version__
from passeplat.config import Config, Sources
from passeplat.postgres import pipeline
from passeplat.server.admin import Address, admin_app
from passeplat.server.app import rest
from passeplat.server.observe import log
from passeplat.server.service import Connect, Service, start_service
from passeplat.server.sockets import address_of, bind_tcp, bind_unix

_SOURCES = "PASSEPLAT_WORKER_FILE"  # how a worker process learns of the configuration file
_GRACE = 30  # seconds that requests in flight may take to finish


def serve(sources: Sources, workers: int = 1, connect: Connect = pipeline.connect) -> None:
    """Blocks until SIGTERM or SIGINT, then lets requests in flight finish. Raises SettingError.

    `connect` is for one worker: several have the connections of postgres.pipeline.
    """
    config = sources.load()
    log(config, "crit", f"Starting passeplat {__version__}...")
    if workers > 1:
        _serve_many(sources, config, workers)
    else:
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(_serve_one(sources, connect))


def loop_factory() -> Any:
    """uvloop's where it is installed."""
    return uvicorn.Config("", loop="auto", log_config=None).get_loop_factory()


async def _serve_one(sources: Sources, connect: Connect) -> None:
    config = sources.load()
    main = bind_main(config)
    async with running(sources, main.getsockname(), connect) as service:
        log(config, "crit", f"API server listening on {address_of(main)}")
        await http_server(service).serve(sockets=[main])


@asynccontextmanager
async def running(
    sources: Sources, address: Address, connect: Connect = pipeline.connect
) -> AsyncIterator[Service]:
    """A service with its admin server and its signals, stopped at the end."""
    service = await start_service(sources, connect)
    _handle_signals(service)
    admin = await _start_admin(service, address)
    try:
        yield service
    finally:
        if admin is not None:
            admin.should_exit = True
        await service.stop()


def http_server(service: Service) -> uvicorn.Server:
    """The server of the REST interface; `serve(sockets=…)` runs it."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> Any:
        yield {"passeplat": service.state}

    app = Starlette(routes=[Mount("", app=rest)], lifespan=lifespan)
    return uvicorn.Server(_uvicorn_config(app, lifespan="on"))


def _uvicorn_config(app: Any, **more: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        access_log=False,
        log_config=None,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        ws="none",
        timeout_graceful_shutdown=_GRACE,
        **more,
    )


def bind_main(config: Config) -> socket.socket:
    if config.server_unix_socket is not None:
        return bind_unix(config.server_unix_socket, config.server_unix_socket_mode)
    return bind_tcp(config.server_host, config.server_port, reuse_port=config.server_reuseport)


async def _start_admin(service: Service, address: Address) -> uvicorn.Server | None:
    config = service.state.config
    if config.admin_server_unix_socket is not None:
        bound = bind_unix(config.admin_server_unix_socket, config.admin_server_unix_socket_mode)
    elif config.admin_server_port is not None:
        bound = bind_tcp(config.admin_server_host, config.admin_server_port, reuse_port=True)
    else:
        return None
    app = admin_app(service.state, address)
    server = uvicorn.Server(_uvicorn_config(app, lifespan="off"))
    server.capture_signals = _no_signals  # type: ignore[method-assign]
    service.tasks.append(asyncio.create_task(server.serve(sockets=[bound])))
    log(config, "crit", f"Admin server listening on {address_of(bound)}")
    return server


@contextmanager
def _no_signals() -> Iterator[None]:
    """The main server is the one that stops on a signal."""
    yield


def _handle_signals(service: Service) -> None:
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, service.schema_wanted.set)
    loop.add_signal_handler(signal.SIGUSR2, service.config_wanted.set)


def _serve_many(sources: Sources, config: Config, workers: int) -> None:
    """Every worker process is a service of its own; they share the main socket."""
    os.environ |= {f"PASSEPLAT_{_variable(key)}": value for key, value in sources.overrides.items()}
    if sources.file is not None:
        os.environ[_SOURCES] = sources.file
    asyncio.run(_check(sources))
    main = bind_main(config)
    uvicorn_config = _uvicorn_config(
        "passeplat.server.serve:worker", factory=True, workers=workers, lifespan="on"
    )
    Multiprocess(uvicorn_config, sockets=[main]).run()


def _variable(key: str) -> str:
    return key.upper().replace("-", "_")


async def _check(sources: Sources) -> None:
    """Says in the parent, once, what would fail in every worker."""
    service = await start_service(sources)
    await service.stop()


def worker() -> Starlette:
    """The application of one worker process."""
    sources = Sources(os.environ, os.environ.get(_SOURCES))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> Any:
        async with running(sources, _configured_address(sources.load())) as service:
            yield {"passeplat": service.state}

    return Starlette(routes=[Mount("", app=rest)], lifespan=lifespan)


def _configured_address(config: Config) -> Address:
    return config.server_unix_socket or (config.server_host, config.server_port)
