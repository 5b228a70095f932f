"""Who is measured: each peer as a running service in front of the same database."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from workloads import ROLES, SECRET

_FOLDER = Path(__file__).parent
_PATIENCE = 20  # seconds


@dataclass(frozen=True)
class Peer:
    name: str
    command: tuple[str, ...]  # {port} is filled in
    environ: Mapping[str, str]
    by_hand: bool  # its paths are those of the services written by hand


@dataclass(frozen=True)
class Running:
    peer: Peer
    url: str
    process: int


def peers(url: str) -> tuple[Peer, ...]:
    """`url`: the database for a role that may become the others. PostgREST if POSTGREST says
    where it is."""
    return (_passeplat(url), *_postgrest(url), *_by_hand(url))


@contextmanager
def running(peer: Peer) -> Iterator[Running]:
    port = _free_port()
    command = [word.format(port=port) for word in peer.command]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    given = {name: value.format(port=port) for name, value in peer.environ.items()}
    process = subprocess.Popen(command, env=environ | given, cwd=_FOLDER)
    try:
        url = f"http://127.0.0.1:{port}"
        _wait(url, process)
        yield Running(peer, url, process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(_PATIENCE)


def _passeplat(url: str) -> Peer:
    return Peer(
        "passeplat",
        (sys.executable, "-m", "passeplat", "serve"),
        {f"PASSEPLAT_{name}": value for name, value in _settings(url).items()},
        by_hand=False,
    )


def _postgrest(url: str) -> tuple[Peer, ...]:
    binary = os.environ.get("POSTGREST")
    if not binary:
        return ()
    settings = {f"PGRST_{name}": value for name, value in _settings(url).items()}
    return (Peer("PostgREST", (binary,), settings, by_hand=False),)


def _settings(url: str) -> dict[str, str]:
    return {
        "DB_URI": url,
        "DB_SCHEMAS": "v1",
        "DB_ANON_ROLE": ROLES[0],
        "DB_POOL": "10",
        "JWT_SECRET": SECRET,
        "SERVER_HOST": "127.0.0.1",
        "SERVER_PORT": "{port}",
        "LOG_LEVEL": "error",
    }


def _by_hand(url: str) -> tuple[Peer, ...]:
    """One process each, as ours is one."""
    parts = urlsplit(url)
    folder = parse_qs(parts.query)["host"][0]
    port = parse_qs(parts.query).get("port", ["5432"])[0]
    alchemy = f"postgresql+asyncpg://{parts.username}@{parts.path}?host={folder}&port={port}"
    environ = {"BENCH_URL": url, "BENCH_SQLALCHEMY_URL": alchemy, "BENCH_SECRET": SECRET}
    options = ("--port", "{port}", "--no-access-log", "--log-level", "warning")
    return tuple(
        Peer(
            name,
            (sys.executable, "-m", "uvicorn", f"{module}:app", *options),
            environ,
            by_hand=True,
        )
        for name, module in (
            ("FastAPI + asyncpg", "service_asyncpg"),
            ("FastAPI + SQLAlchemy", "service_sqlalchemy"),
        )
    )


def _free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


def _wait(url: str, process: "subprocess.Popen[bytes]") -> None:
    """Until it answers anything but 503."""
    end = time.monotonic() + _PATIENCE
    while process.poll() is None and time.monotonic() < end:
        try:
            with urllib.request.urlopen(url):  # noqa: S310 - our own
                return
        except urllib.error.HTTPError as error:
            if error.code != 503:
                return
        except OSError:
            pass
        time.sleep(0.05)
    raise SystemExit(f"{process.args!r} did not start")
