"""The README is followed as a newcomer would: every command in it is run."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Blocks = Callable[..., list[str]]
ROOT = Path(__file__).parents[2]


def test_the_commands_of_your_own_api_work_one_after_the_other(reader: Any, blocks: Blocks) -> None:
    printed = [reader.type(block) for block in blocks("README.md", "Your own API, in ten minutes")]
    *_, acme, globex, tested = printed
    created, listed = _documents(acme)
    assert [row["name"] for row in created] == ["Anvil", "Rocket skates"]
    assert listed == [{"name": "Rocket skates", "price": 250.00}, {"name": "Anvil", "price": 99.50}]
    seen, refused = _documents(globex)
    assert (seen, refused["code"]) == ([], "42501")
    assert "tests/db/products.sql" in tested
    assert " passed, 0 failed in " in tested


def _documents(text: str) -> list[Any]:
    """JSON documents one after the other."""
    decoder, documents, rest = json.JSONDecoder(), [], text.strip()
    while rest:
        document, end = decoder.raw_decode(rest)
        documents.append(document)
        rest = rest[end:].strip()
    return documents


def test_make_dev_serves_a_fresh_clone(reader: Any, blocks: Blocks, tmp_path: Path) -> None:
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("this is no checkout of git")
    clone = tmp_path / "passeplat"
    subprocess.run([git, "clone", "-q", str(ROOT), str(clone)], check=True)
    reader.folder = clone
    [block] = blocks("README.md", "Try it")
    reader.start(f"{block.strip()} ARGS='--port {reader.port}'")
    for command in reader.development.commands():
        assert "curl" in command
        assert '"code"' not in reader.type(command)
