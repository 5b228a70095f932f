"""The command line as its users have it: a real process in a folder of its own."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def run_passeplat(
    folder: Path, *arguments: str, **environment: str
) -> "subprocess.CompletedProcess[str]":
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "PASSEPLAT_"))}
    return subprocess.run(
        [sys.executable, "-m", "passeplat", *arguments],
        cwd=folder,
        env={**environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def passeplat(tmp_path: Path) -> Run:
    """Runs a command in an empty folder, or in the one given as `folder`."""

    def run(*arguments: str, folder: Path = tmp_path, **environment: str) -> object:
        return run_passeplat(folder, *arguments, **environment)

    return run  # type: ignore[return-value]


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project as `passeplat new` makes it, only to be read."""
    folder = tmp_path_factory.mktemp("projects")
    made = run_passeplat(folder, "new", "shop")
    assert made.returncode == 0, made.stderr
    return folder / "shop"
