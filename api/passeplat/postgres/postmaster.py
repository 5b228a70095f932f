"""What runs in a data directory: its postmaster.pid goes in, who that is comes out.

The file names a process id that may since have died, be a zombie nobody reaped, or belong to
another program; so it is believed only together with a socket that answers, and what stands in the
way of a start is removed only when /proc proves it stale.
https://www.postgresql.org/docs/current/storage-file-layout.html
"""

import os
import socket
from dataclasses import dataclass
from pathlib import Path

NAMES = {"postgres", "postmaster"}
STATUS = 7  # the file's eighth line


@dataclass(frozen=True, slots=True)
class Postmaster:
    pid: int
    port: int
    sockets: Path
    address: str  # of TCP, empty without
    is_ready: bool

    @property
    def socket(self) -> Path:
        return self.sockets / f".s.PGSQL.{self.port}"


def read(data: Path) -> Postmaster | None:
    """What postmaster.pid says, once it is complete."""
    try:
        lines = (data / "postmaster.pid").read_text(errors="replace").splitlines()
        return Postmaster(
            pid=abs(int(lines[0])),  # negative in single-user mode
            port=int(lines[3]),
            sockets=Path(lines[4]),
            address=lines[5],
            is_ready=lines[STATUS].strip() == "ready",
        )
    except (OSError, ValueError, IndexError):
        return None


def answers(postmaster: Postmaster) -> bool:
    """Whether somebody listens on its socket: its orphans do not."""
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(str(postmaster.socket))
        except OSError:
            return False
    return True


def is_postmaster(pid: int, data: Path) -> bool | None:
    """Whether this process serves these data; None where /proc does not tell. A zombie has no
    command line any more."""
    process = Path("/proc") / str(pid)
    try:
        arguments = (process / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return None if _exists(pid) else False
    if Path(os.fsdecode(arguments[0])).name not in NAMES:
        return False
    return os.fsencode(data) in arguments or _works_in(process, data)


def clear_stale(data: Path, sockets: Path) -> None:
    """Remove a pid file, and its socket's, whose process id lives on as something else.

    PostgreSQL does so for a process id that is gone, and refuses to start for one that is not.
    """
    locks = [data / "postmaster.pid", *sockets.glob(".s.PGSQL.*.lock")]
    for lock in locks:
        pid = _first_number(lock)
        if pid and _exists(pid) and is_postmaster(pid, data) is False:
            lock.unlink(missing_ok=True)


def _first_number(path: Path) -> int | None:
    try:
        return abs(int(path.read_text(errors="replace").partition("\n")[0]))
    except (OSError, ValueError):
        return None


def _works_in(process: Path, data: Path) -> bool:
    try:
        return (process / "cwd").samefile(data)
    except OSError:
        return False


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
