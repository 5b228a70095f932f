"""`passeplat dev` as its users have it: a real process, a terminal to read and files to save."""

import os
import queue
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.serving import NO_TLS

ROOT = Path(__file__).parents[3]
PATIENCE = 90  # seconds: a slow machine is no failure


def environ() -> dict[str, str]:
    """Ours without what would lead elsewhere."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PG", "PASSEPLAT_"))
    } | {"PYTHONUNBUFFERED": "1"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Dev:
    """A running `passeplat dev`."""

    def __init__(self, project: Path, *arguments: str) -> None:
        self.project = project
        self.port = free_port()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "passeplat", "dev", "--port", str(self.port), *arguments],
            cwd=project,
            env=environ(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.lines: list[str] = []
        self._queue: queue.Queue[str | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._queue.put(line.rstrip("\n"))
        self._queue.put(None)

    def wait_for(self, pattern: str) -> str:
        """The next line that matches."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                line = self._queue.get(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                line = None
            if line is None:
                raise AssertionError(f"no line like {pattern!r} in:\n" + "\n".join(self.lines))
            self.lines.append(line)
            if re.search(pattern, line):
                return line

    def ready(self) -> "Dev":
        self.wait_for("Ctrl-C ends")
        return self

    @property
    def tokens(self) -> dict[str, str]:
        found = (re.fullmatch(r"(\w+): (eyJ\S+)", line) for line in self.lines)
        return {match[1]: match[2] for match in found if match}

    def edit(self, path: str, old: str, new: str) -> None:
        """Save the file with `old` replaced; an empty `old` appends."""
        file = self.project / path
        text = file.read_text() if file.exists() else ""
        assert old in text, f"{path} has no {old!r}"
        file.write_text(text.replace(old, new, 1) if old else text + new)

    def ask(self, path: str, token: str = "ada", **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.tokens[token]}"}
        method = "POST" if "json" in more else "GET"
        url = f"http://127.0.0.1:{self.port}{path}"
        return httpx.request(method, url, headers=headers, timeout=30, verify=NO_TLS, **more)

    def interrupt(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(PATIENCE)

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        if self.process.stdout is not None:
            self.process.stdout.close()


def new_project() -> Path:
    """In a folder every account can enter: PostgreSQL refuses to be root, pytest's are closed."""
    folder = Path(tempfile.mkdtemp(prefix="passeplat-test-"))
    folder.chmod(0o755)
    shutil.copytree(ROOT / "db", folder / "db")
    shutil.copy(ROOT / "passeplat.toml", folder)
    return folder


@pytest.fixture
def project() -> Iterator[Path]:
    folder = new_project()
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def _grown() -> Iterator[Path]:
    """Where `passeplat dev` ran once and has ended."""
    folder = new_project()
    running = Dev(folder)
    try:
        running.ready()
        running.interrupt()
        (folder / "tokens").write_text("\n".join(f"{k}: {v}" for k, v in running.tokens.items()))
        yield folder
    finally:
        running.end()
        shutil.rmtree(folder)


@pytest.fixture
def grown(project: Path, _grown: Path) -> Path:
    """A project with a database, the test's own."""
    subprocess.run(["cp", "-a", f"{_grown}/.", project], check=True)
    return project


@pytest.fixture
def start() -> Iterator[Callable[..., Dev]]:
    """`start(project, "--reset")`: begun, not yet ready; ended after the test."""
    begun: list[Dev] = []

    def begin(project: Path, *arguments: str) -> Dev:
        begun.append(Dev(project, *arguments))
        return begun[-1]

    yield begin
    for dev in begun:
        dev.end()


@pytest.fixture(scope="module")
def dev() -> Iterator[Dev]:
    """One that serves, for all tests of a module: each changes files of its own."""
    folder = new_project()
    running = Dev(folder)
    try:
        yield running.ready()
    finally:
        running.end()
        shutil.rmtree(folder)
