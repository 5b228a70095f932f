"""`passeplat check`: a project in, what CI has to say of its migrations on the terminal."""

import asyncio
import os
from collections.abc import Iterable
from pathlib import Path

from rich.text import Text

from passeplat.cli.terminal import make_console
from passeplat.config import Sources
from passeplat.migrate.check import Verdict, check


def run_check(project: Path, file: str | None) -> int:
    """The exit status: 0 if all is good, 2 if there are only hazards to allow, else 1."""
    verdicts = asyncio.run(check(project, Sources(os.environ, file).load(), os.environ))
    console = make_console()
    for verdict in verdicts:
        word, style = ("ok", "green") if verdict.is_good else ("NO", "bold red")
        console.print(Text.assemble((word, style), f"  {verdict.question}"))
        for fault in verdict.faults:
            console.print(f"    {fault}")
    return exit_status(verdicts)


def exit_status(verdicts: Iterable[Verdict]) -> int:
    found = {verdict.exit_status for verdict in verdicts if not verdict.is_good}
    return min(found, default=0)
