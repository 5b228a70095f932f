"""`passeplat api diff`: two states of the schema in, what changes for clients of the API out."""

import asyncio
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from rich.text import Text

from passeplat.cli.terminal import make_console
from passeplat.config import Config, Sources
from passeplat.contract import Change, Contract, compare, read_contract
from passeplat.migrate.database import connected
from passeplat.migrate.scratch import scratch_server
from passeplat.migrate.state import database_of

_STYLES = {True: "bold red", False: "green"}


def show_change_of_contract(file: str | None, before: str, after: str, *, as_json: bool) -> bool:
    """Whether a client can notice. Raises PasseplatError."""
    changes = asyncio.run(change_of_contract(Sources(os.environ, file).load(), before, after))
    if as_json:
        make_console().print_json(json.dumps(as_document(changes)))
    else:
        print_changes(changes)
    return any(change.is_breaking for change in changes)


async def change_of_contract(config: Config, before: str, after: str) -> tuple[Change, ...]:
    async with scratch_server(os.environ) as scratch:
        old, new = [
            await _contract(config, await database_of(state, scratch)) for state in (before, after)
        ]
    return compare(old, new)


def print_changes(changes: Sequence[Change]) -> None:
    console = make_console()
    if not changes:
        console.print("The API stays as it is.")
    rows = [(_kind(each), each.subject, each.what, ", ".join(each.roles)) for each in changes]
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    for change, row in zip(changes, rows, strict=True):
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        console.print(Text(line.rstrip(), _STYLES[change.is_breaking]))


def as_document(changes: Iterable[Change]) -> dict[str, Any]:
    """For programs: by schema."""
    document: dict[str, Any] = {}
    for change in changes:
        schema = document.setdefault(change.schema, {"breaking": [], "additive": []})
        schema[_kind(change)].append(dict(_fields(change)))
    return document


def _kind(change: Change) -> str:
    return "breaking" if change.is_breaking else "additive"


def _fields(change: Change) -> Iterator[tuple[str, Any]]:
    yield "subject", change.subject
    yield "change", change.what
    yield "roles", list(change.roles)


async def _contract(config: Config, url: str) -> Contract:
    async with connected(url) as connection:
        return await read_contract(connection, config)
