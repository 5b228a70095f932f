"""Every relative link of the documentation arrives: the file is there, and so is the heading."""

import re
import unicodedata
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(chain(ROOT.glob("*.md"), (ROOT / "docs").rglob("*.md")))
CODE = re.compile(r"^(```+|~~~+).*?^\1|`[^`\n]*`", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(\s*<?([^)\s>]+)")
FENCE = re.compile(r"^(```+|~~~+).*?^\1", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#{1,6} +(.+?)(?: +#+)? *$", re.MULTILINE)


def _anchor(heading: str) -> str:
    """The anchor a forge gives a heading: letters, digits, `-` and `_`, spaces as `-`."""
    text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower().replace(" ", "-")
    return "".join(c for c in text if c in "-_" or unicodedata.category(c)[0] in "LN")


def _anchors(page: Path) -> set[str]:
    anchors = [_anchor(heading) for heading in HEADING.findall(FENCE.sub("", page.read_text()))]
    return {f"{a}-{n}" if (n := anchors[:i].count(a)) else a for i, a in enumerate(anchors)}


def _broken(page: Path) -> Iterator[str]:
    for link in LINK.findall(CODE.sub("", page.read_text())):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if re.match(r"[a-z]+:", link):
            continue
        if not target.exists():
            yield f"{link}: no such file"
        elif anchor and anchor not in _anchors(target):
            yield f"{link}: no such heading"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_of_a_page_arrives(page: Path) -> None:
    assert list(_broken(page)) == []


def test_a_link_to_nothing_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A `b` c!\n[1](#a-b-c) [2](#a) [3](none.md) [4](https://x.test/#a) `[5](no)`")
    assert list(_broken(page)) == ["#a: no such heading", "none.md: no such file"]
