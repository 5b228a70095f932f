"""A program that runs as an account and ends when we end: a command goes in, its process comes out.

On Linux the kernel tells the program of our death (launch.py); elsewhere a shell waits for the end
of a pipe we hold. Both reach a server whose command was killed with SIGKILL.
"""

import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from passeplat.errors import PasseplatError

# Neither PG* variables, which would redirect the programs, nor secrets, which SQL could read.
FORWARDED = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
FIXED = {"LC_ALL": "C", "TZ": "UTC"}

# A line on the pipe says that the server ended as it should.
WATCH = 'read -r line || { read -r pid <"$2" && [ "$pid" = "$1" ] && kill -INT "$1"; }'
PATIENCE = 30  # seconds for a fast shutdown, then for an immediate one


class ClusterFailed(PasseplatError):
    """PostgreSQL's programs did not do what was asked of them."""


@dataclass(frozen=True, slots=True)
class Server:
    process: subprocess.Popen[bytes]
    keeper: threading.Thread
    watcher: subprocess.Popen[bytes] | None

    @property
    def pid(self) -> int:
        return self.process.pid

    def has_ended(self) -> bool:
        return not self.keeper.is_alive()

    def end(self) -> None:
        """A fast shutdown: sessions end, their transactions roll back. At last an immediate one,
        after which the next start recovers what was committed."""
        for wish in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            if not self.has_ended():
                self.process.send_signal(wish)
                self.keeper.join(PATIENCE)
        if self.watcher:
            self.watcher.communicate(b"ended\n")


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    """What PostgreSQL's programs see of ours."""
    return {name: environ[name] for name in FORWARDED if name in environ} | FIXED


def run(
    name: str,
    command: tuple[str, ...],
    *,
    environ: Mapping[str, str],
    lock: int | None = None,
    feed: str = "",
) -> None:
    """Run a program to its end. Raises ClusterFailed with its last words if it fails."""
    done = subprocess.run(  # noqa: S603 - PostgreSQL's own programs
        command,
        input=feed,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env=environment(environ),
        umask=0o077,
        pass_fds=() if lock is None else (lock,),
        start_new_session=True,
    )
    if done.returncode:
        words = " ".join((done.stderr or done.stdout).split())
        raise ClusterFailed(f"{name} failed: {words[-1000:]}")


def serve(
    command: tuple[str, ...], *, environ: Mapping[str, str], log: int, lock: int, pid_file: Path
) -> Server:
    """Start a server that holds `lock` (a file descriptor) as long as any process of it lives."""
    started: SimpleQueue[subprocess.Popen[bytes] | OSError] = SimpleQueue()

    def keep() -> None:
        try:
            process = subprocess.Popen(  # noqa: S603 - our own launcher
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env=environment(environ),
                umask=0o077,
                pass_fds=(lock,),
                start_new_session=True,  # Ctrl-C reaches us, and we end it in order
            )
        except OSError as failure:
            started.put(failure)
            return
        started.put(process)
        process.wait()

    # To the kernel, the parent is the thread: this one lives as long as the server does, and reaps
    # it however it ends.
    keeper = threading.Thread(target=keep, name="passeplat-postgres", daemon=True)
    keeper.start()
    process = started.get()
    if isinstance(process, OSError):
        raise process
    watcher = None if sys.platform == "linux" else watch(process.pid, pid_file)
    return Server(process, keeper, watcher)


def watch(pid: int, pid_file: Path) -> subprocess.Popen[bytes]:
    """A shell that interrupts `pid` when we die, if `pid_file` still names it then."""
    return subprocess.Popen(  # noqa: S603 - a constant script
        ("/bin/sh", "-c", WATCH, "passeplat-watch", str(pid), str(pid_file)),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,
    )
