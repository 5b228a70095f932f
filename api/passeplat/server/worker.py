"""One of several worker processes: settings and a listening socket in, requests answered until the
supervisor (workers.py) says that it is enough, or is gone.

They talk over a socket pair, in lines of JSON. The first line is the job; the worker says when it
is ready, or why it cannot be; from then on it answers what it is asked.
"""

import asyncio
import base64
import socket
import sys
from asyncio import StreamReader, StreamWriter, to_thread
from contextlib import suppress
from dataclasses import asdict
from typing import Any

import orjson

from passeplat.config import Sources
from passeplat.errors import SettingError
from passeplat.postgres.recovery import delays, is_fatal
from passeplat.server.report import report, schema_cache_json
from passeplat.server.serve import loop_factory, serve_service
from passeplat.server.service import Service, open_service
from passeplat.server.state import State
from passeplat.server.stop import Stop, Stopped, stopping


def main() -> None:
    """The arguments are the file descriptors of the main socket and of the socket pair."""
    main_fd, control_fd = map(int, sys.argv[1:3])
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        ended_well = runner.run(_work(main_fd, control_fd))
    sys.exit(0 if ended_well else 1)


async def _work(main_fd: int, control_fd: int) -> bool:
    reader, writer = await asyncio.open_connection(sock=socket.socket(fileno=control_fd))
    job = orjson.loads(await reader.readline())
    with socket.socket(fileno=main_fd) as main, stopping() as stop:
        try:
            service = await stop.unless(_open(_sources(job), patient=job["patient"]))
            asking = asyncio.create_task(_answer(reader, writer, service.state, stop))
            await serve_service(service, main, stop, lambda: _say(writer, {"ready": True}))
            asking.cancel()
        except SettingError as error:
            _say(writer, {"failed": str(error)})
            with suppress(OSError):
                await writer.drain()
            return False
        except Stopped:
            pass
    return True


def _sources(job: dict[str, Any]) -> Sources:
    pipes = {path: base64.b64decode(content) for path, content in job["pipes"].items()}
    return Sources(job["environ"], job["file"], job["overrides"], pipes)


async def _open(sources: Sources, *, patient: bool) -> Service:
    """The patient one takes the place of another: a database that is away is waited for."""
    for pause in delays():
        try:
            return await open_service(sources)
        except SettingError as error:
            if not patient or not isinstance(error.__cause__, Exception):
                raise
            if is_fatal(error.__cause__):
                raise
        await asyncio.sleep(pause)
    raise AssertionError  # pauses do not end


async def _answer(reader: StreamReader, writer: StreamWriter, state: State, stop: Stop) -> None:
    while line := await reader.readline():
        match line.strip():
            case b"report":
                _say(writer, asdict(report(state)))
            case b"schema_cache":
                text = await to_thread(schema_cache_json, state.schema_cache)
                writer.write(text + b"\n")
            case _:
                _say(writer, None)
    stop.set()  # the supervisor is gone


def _say(writer: StreamWriter, message: object) -> None:
    writer.write(orjson.dumps(message) + b"\n")


if __name__ == "__main__":
    main()
