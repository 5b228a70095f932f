"""The page about attacks names tests, and they are there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/explanation/threats.md").read_text()
NAMED = sorted(set(re.findall(r"`([\w/]+\.py)::(test_\w+)`", PAGE)))


@pytest.mark.parametrize(("file", "name"), NAMED, ids=[name for _, name in NAMED])
def test_a_test_that_proves_something_is_there(file: str, name: str) -> None:
    path = ROOT / ("" if "/" in file else "tests/security") / file
    assert re.search(rf"^(async )?def {name}\(", path.read_text(), re.MULTILINE)
