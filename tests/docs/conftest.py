"""Pages whose shell blocks are run: Markdown in, the blocks and what they printed out."""

import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_DEV = re.compile(r"^passeplat dev\b.*$")
_PATIENCE = 60


def shell_blocks(text: str) -> list[str]:
    return [found[1] for found in _BLOCK.finditer(text)]


def section(text: str, heading: str) -> str:
    """What stands under a heading of the second level."""
    _, _, rest = text.partition(f"\n## {heading}\n")
    assert rest, f"there is no heading {heading!r}"
    return rest.partition("\n## ")[0]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Development:
    """A `passeplat dev` that was started by a block."""

    process: "subprocess.Popen[str]"
    lines: list[str] = field(default_factory=list)
    follower: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self.follower = threading.Thread(target=self.follow, daemon=True)

    def follow(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as output:
            for line in output:
                self.lines.append(line)

    def end(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=20)
        self.follower.join(timeout=20)

    def commands(self) -> list[str]:
        """The curl lines it printed."""
        return [line.strip() for line in self.lines if line.strip().startswith("curl ")]

    def wait_for(self, pattern: str, since: int = 0) -> None:
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            if re.search(pattern, "".join(self.lines[since:])):
                return
            assert self.process.poll() is None, "".join(self.lines)
            time.sleep(0.05)
        raise AssertionError(f"no {pattern!r} in:\n{''.join(self.lines)}")


@dataclass
class Reader:
    """Somebody who types the blocks of a page, one after the other, in one terminal."""

    folder: Path
    port: int
    variables: dict[str, str]
    development: Development | None = None

    def type(self, block: str) -> str:
        """What the block printed; it must succeed."""
        block = block.replace("127.0.0.1:3000", f"127.0.0.1:{self.port}")
        if _DEV.fullmatch(block.strip()):
            self.start(f"{block.strip()} --port {self.port}")
            return ""
        seen = len(self.development.lines) if self.development else 0
        printed = self._run(block)
        if self.development is not None and "cat > db/" in block:
            self.development.wait_for(r"\S", seen)
        return printed

    def _run(self, block: str) -> str:
        script = f'set -aeu\n{block}\nprintf "\\n\\0"; pwd; printf "\\0"; env -0'
        result = subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            env=self.variables,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        assert result.returncode == 0, f"{block}\n{result.stdout}\n{result.stderr}"
        printed, where, *environment = result.stdout.split("\0")
        self.folder = Path(where.strip())
        self.variables |= dict(pair.split("=", 1) for pair in environment if "=" in pair)
        return printed

    def start(self, command: str) -> None:
        """What goes on running until this reader leaves."""
        process = subprocess.Popen(
            ["bash", "-c", f"exec {command}"],
            cwd=self.folder,
            env=self.variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.development = Development(process)
        self.development.follower.start()
        self.development.wait_for(rf"127\.0\.0\.1:{self.port}")

    def leave(self) -> None:
        if self.development is not None:
            self.development.end()


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    """With this checkout's `passeplat` on the path, and none of the tests' settings."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "PASSEPLAT_"))}
    path = f"{Path(sys.executable).parent}:{clean['PATH']}"
    someone = Reader(tmp_path, free_port(), {**clean, "PATH": path, "NO_COLOR": "1"})
    try:
        yield someone
    finally:
        someone.leave()


@pytest.fixture
def blocks() -> Callable[..., list[str]]:
    """`blocks("README.md", "Try it")`: the shell blocks of a page, or of a section of it."""

    def of(page: str, heading: str | None = None) -> list[str]:
        text = (ROOT / page).read_text("utf-8")
        return shell_blocks(text if heading is None else section(text, heading))

    return of
