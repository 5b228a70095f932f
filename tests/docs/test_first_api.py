"""The tutorial is followed as a newcomer would: every command in it is run."""

from collections.abc import Callable
from typing import Any

Blocks = Callable[..., list[str]]


def test_every_block_of_the_tutorial_works(reader: Any, blocks: Blocks) -> None:
    printed = [reader.type(block) for block in blocks("docs/tutorials/first-api.md")]
    _, _, listed, _, _, _, embedded, refused, _, summed, tested = printed
    assert '"Catalogue"' in listed
    assert '"Moon rocket"' in embedded
    assert '"code":"23503"' in refused
    assert "120.50" in summed
    assert "1 passed, 0 failed" in tested
    shown = "".join(reader.development.lines)
    assert "db/v1/expenses.sql:8:3: column expenses.purpos does not exist" in shown
