"""A bound socket and settings go in, a running API comes out: in this process and loop."""

import asyncio
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn

from passeplat.config import Config, Sources
from passeplat.server.http_server import http_server
from passeplat.server.service import Service, start_service
from passeplat.server.sockets import address_of

_GRACE = 0.5  # seconds for requests in flight when we stop


@dataclass(slots=True)
class Api:
    service: Service
    server: uvicorn.Server
    task: "asyncio.Task[None]"
    bound: socket.socket

    @property
    def url(self) -> str:
        return f"http://{address_of(self.bound)}"

    @property
    def config(self) -> Config:
        return self.service.state.config

    async def reload(self) -> None:
        await self.service.reload()

    async def stop(self) -> None:
        self.server.should_exit = True
        await asyncio.wait((self.task,), timeout=_GRACE)
        self.server.force_exit = True
        await asyncio.gather(self.task, return_exceptions=True)
        await self.service.stop()


async def start_api(sources: Sources, bound: socket.socket) -> Api:
    """Serving when it returns. Raises SettingError, ConnectionFailed."""
    service = await start_service(sources)
    server = http_server(service)
    server.capture_signals = _no_signals  # type: ignore[method-assign]
    task = asyncio.create_task(server.serve(sockets=[bound]))
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, service.want, "schema")
    while not server.started and not task.done():  # noqa: ASYNC110 - uvicorn has a flag, no event
        await asyncio.sleep(0.005)
    return Api(service, server, task, bound)


@contextmanager
def _no_signals() -> Iterator[None]:
    """Whoever started us stops us."""
    yield
