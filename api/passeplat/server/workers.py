"""Several processes behind one socket: a supervisor that starts them, replaces those that die, and
speaks for all of them on the admin server."""

import asyncio
import base64
import signal
import socket
import sys
import time
from asyncio.subprocess import DEVNULL, Process, create_subprocess_exec
from collections.abc import Sequence
from contextlib import suppress

import orjson

from passeplat.config import Config, Sources
from passeplat.errors import SettingError
from passeplat.postgres.recovery import delays
from passeplat.server.http_server import GRACE, admin_server
from passeplat.server.listener import Want
from passeplat.server.observe import log
from passeplat.server.report import Report
from passeplat.server.service import open_service
from passeplat.server.sockets import address_of, bound_main
from passeplat.server.stop import Stop, Stopped, stopping

_LONG_ENOUGH = 10.0  # seconds a worker must have lived for its end to be an accident
_MOST_FAILURES = 5  # in a row, of one that never became ready or soon died
_PATIENCE = 5.0  # seconds a worker may take to answer the supervisor
_LONGEST_LINE = 1 << 30  # the schema cache is one line
_SIGNALS = {"schema": signal.SIGUSR1, "config": signal.SIGUSR2}


async def serve_many(sources: Sources, workers: int) -> None:
    """Raises SettingError if the workers cannot serve, or cannot go on."""
    config = sources.load()
    with bound_main(config) as main, stopping(config) as stop:
        supervisor = Supervisor(sources, config, main, stop)
        try:
            await stop.unless(_check(sources))
            async with admin_server(config, supervisor, main.getsockname()):
                await supervisor.run(workers)
        except Stopped:
            pass
    if supervisor.failure is not None:
        raise supervisor.failure


async def _check(sources: Sources) -> None:
    """Says once what would fail in every worker."""
    service = await open_service(sources)
    await service.stop()


class Worker:
    """A process, and the line to it."""

    def __init__(
        self, process: Process, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.process = process
        self.ready = False
        self.failure: str | None = None  # why it ended, in its own words
        self._reader, self._writer = reader, writer
        self._lock = asyncio.Lock()

    async def wait_until_ready(self) -> None:
        """Or until it says why it is not, or has ended."""
        self._heed(await self._reader.readline())

    async def ask(self, question: bytes) -> bytes:
        """The line it answers; empty from one that is not there to answer."""
        try:
            async with self._lock, asyncio.timeout(_PATIENCE):
                if not self.ready:
                    return b""
                self._writer.write(question + b"\n")
                line: bytes = await self._reader.readline()
                return line
        except (OSError, TimeoutError):
            self.ready = False  # what it says from now on may be an answer to this
            return b""

    def send(self, number: int) -> None:
        with suppress(ProcessLookupError):
            self.process.send_signal(number)

    async def end(self) -> int:
        """Waits for it. Its exit status; negative: the signal that ended it."""
        status = await self.process.wait()
        async with self._lock:
            self.ready = False
            with suppress(OSError):
                for line in (await self._reader.read()).splitlines():
                    self._heed(line)
            self._writer.close()
        return status

    def _heed(self, line: bytes) -> None:
        message = orjson.loads(line or b"{}")
        if isinstance(message, dict):
            self.ready = self.ready or "ready" in message
            self.failure = message.get("failed", self.failure)


class Supervisor:
    """Speaks for its workers: implements admin.Spokesman."""

    def __init__(self, sources: Sources, config: Config, main: socket.socket, stop: Stop) -> None:
        self._sources, self._config, self._main, self._stop = sources, config, main, stop
        self._workers: set[Worker] = set()
        self._address = address_of(main)
        self._announced = False
        self.failure: SettingError | None = None

    async def run(self, workers: int) -> None:
        """Until the end, which every worker has reached when this returns."""
        self._stop.when_reloaded = self._forward
        self._stop.when_forced = lambda: self._send(signal.SIGKILL)
        places = [asyncio.create_task(self._keep_place()) for _ in range(workers)]
        await self._stop.wait()
        self._main.close()
        self._send(signal.SIGTERM)
        _, late = await asyncio.wait(places, timeout=GRACE + _PATIENCE)
        if late:
            self._send(signal.SIGKILL)
            await asyncio.wait(late)

    async def reports(self) -> Sequence[Report]:
        workers = tuple(self._workers)
        lines = await asyncio.gather(*(worker.ask(b"report") for worker in workers))
        return [Report(**orjson.loads(line)) for line in lines if line]

    async def schema_cache(self) -> bytes:
        for worker in tuple(self._workers):
            if line := await worker.ask(b"schema_cache"):
                return line.strip()
        return b"null"

    def _forward(self, what: Want) -> None:
        self._send(_SIGNALS[what])

    def _send(self, number: int) -> None:
        for worker in self._workers:
            worker.send(number)

    async def _keep_place(self) -> None:
        """One worker after the other in one place; one that dies again and again is not replaced
        for ever."""
        failures, pauses, patient = 0, delays(), False
        while not self._stop.is_set():
            began = time.monotonic()
            worker = await self._start(patient=patient)
            was_ready, ended = await self._live(worker), time.monotonic()
            if self._stop.is_set():
                return
            if was_ready and ended - began > _LONG_ENOUGH:
                failures, pauses = 0, delays()
            failures += 1
            if worker.failure or failures > _MOST_FAILURES or not (was_ready or patient):
                self._fail(worker)
                return
            patient = True
            if failures > 1:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stop.wait(), next(pauses))

    async def _live(self, worker: Worker) -> bool:
        """From its start to its end. Whether it was ready in between."""
        self._workers.add(worker)
        if self._stop.is_set():  # it has missed the signal
            worker.send(signal.SIGTERM)
        await worker.wait_until_ready()
        was_ready = worker.ready
        if was_ready:
            self._announce()
        status = await worker.end()
        self._workers.discard(worker)
        if not self._stop.is_set():
            number = worker.process.pid
            log(self._config, "crit", f"Worker {number} has ended with status {status}")
        return was_ready

    def _announce(self) -> None:
        if not self._announced:
            self._announced = True
            log(self._config, "crit", f"API server listening on {self._address}")

    def _fail(self, worker: Worker) -> None:
        if self.failure is None:
            why = worker.failure or "A worker process ends whenever it is started."
            self.failure = SettingError(why)
        self._stop.set()

    async def _start(self, *, patient: bool) -> Worker:
        ours, theirs = socket.socketpair()
        with theirs:
            process = await create_subprocess_exec(
                *(sys.executable, "-P", "-m", "passeplat.server.worker"),
                *(str(self._main.fileno()), str(theirs.fileno())),
                stdin=DEVNULL,
                pass_fds=(self._main.fileno(), theirs.fileno()),
                start_new_session=True,  # a Control-C is ours to pass on
            )
        reader, writer = await asyncio.open_connection(sock=ours, limit=_LONGEST_LINE)
        writer.write(self._job(patient=patient) + b"\n")
        return Worker(process, reader, writer)

    def _job(self, *, patient: bool) -> bytes:
        sources = self._sources
        pipes = {path: base64.b64encode(each).decode() for path, each in sources.pipes.items()}
        return orjson.dumps(
            {
                "environ": dict(sources.environ),
                "file": sources.file,
                "overrides": dict(sources.overrides),
                "pipes": pipes,
                "patient": patient,
            }
        )
