"""Servers that need not import the server: settings in, a process of its own out.

One process of the tests has imported it and forks the others. What it forks has its own settings,
files, signals and exit status, as if it had been started by the command.
"""

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from passeplat.config import Sources
from passeplat.errors import PasseplatError
from passeplat.server.serve import serve

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload([__name__])


@dataclass(frozen=True)
class Forked:
    """What subprocess.Popen offers, as far as tests ask for it."""

    process: ForkServerProcess

    @property
    def pid(self) -> int:
        assert self.process.pid is not None
        return self.process.pid

    def poll(self) -> int | None:
        return self.process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self.process.join(timeout)
        if self.process.exitcode is None:
            raise subprocess.TimeoutExpired("serve", timeout or 0)
        return self.process.exitcode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def fork_server(environ: Mapping[str, str], stdout: Path, stderr: Path) -> Forked:
    """Serves what the settings in `environ` say, with CONFIG_FILE as the file of settings."""
    process = _context.Process(target=_serve, args=(dict(environ), str(stdout), str(stderr)))
    process.start()
    return Forked(process)


def _serve(environ: Mapping[str, str], *outputs: str) -> None:
    os.environ.clear()
    os.environ.update(environ)
    for number, path in enumerate(outputs, start=1):
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(opened, number)
        os.close(opened)
    try:
        serve(Sources(os.environ, os.environ.get("CONFIG_FILE")))
    except PasseplatError as error:
        sys.exit(f"Error: {error}")
