"""What `passeplat serve` imports before its first answer: budgeted in modules, for time is none of
a test's. `pytest -s tests/unit/test_imports.py` prints where the time goes."""

import subprocess
import sys
from collections import defaultdict

import pytest

SERVE = "import passeplat.cli, passeplat.server.serve, passeplat.server.protocol, sys"
MODULES = 530
OURS = {
    "anyio", "asyncpg", "click", "cryptography", "cython_runtime", "httptools", "jwt", "orjson",
    "passeplat", "uvicorn", "uvloop", "watchfiles",
}  # fmt: skip
NOT_OURS_TO_LOAD = (
    "passeplat.migrate",
    "passeplat.dev",
    "passeplat.contract",
    "passeplat.response.openapi",
)


def run(*options: str, code: str = SERVE) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, *options, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True)


@pytest.fixture(scope="module")
def loaded() -> list[str]:
    return run(code=f"{SERVE}; print(*sys.modules)").stdout.split()


def test_serving_imports_no_more_than_its_budget(loaded: list[str]) -> None:
    assert len(loaded) <= MODULES


def test_serving_imports_only_what_it_serves_with(loaded: list[str]) -> None:
    packages = {name.partition(".")[0] for name in loaded if not name.startswith("_")}
    assert packages - sys.stdlib_module_names <= OURS
    assert [name for name in loaded if name.startswith(NOT_OURS_TO_LOAD)] == []


def test_the_profile_of_imports_can_be_printed() -> None:
    spent: defaultdict[str, int] = defaultdict(int)
    for line in run("-X", "importtime").stderr.splitlines():
        if line.startswith("import time:") and "self" not in line:
            microseconds, _, name = line.removeprefix("import time:").split("|")
            spent[name.strip().partition(".")[0]] += int(microseconds)
    ranked = sorted(spent.items(), key=lambda item: -item[1])
    sys.stdout.write(
        f"\n{sum(spent.values()) / 1000:.0f} ms, of which (with the cost of measuring)\n"
    )
    sys.stdout.write("".join(f"{used / 1000:8.1f}  {name}\n" for name, used in ranked[:15]))
    assert "passeplat" in spent
