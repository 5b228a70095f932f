"""What is said while developing: an Outcome goes in, lines on standard output come out."""

from collections.abc import Iterable
from datetime import datetime
from typing import assert_never

from rich.console import Console
from rich.text import Text

from passeplat.dev.outcome import Applied, Broken, Outcome, Refused, Unchanged
from passeplat.migrate.faults import render_faults

RESET = (
    "Nothing was changed. `passeplat dev --reset` makes the database anew: its rows go, and a copy"
    " of them is kept in .passeplat/backups/"
)


class Terminal:
    """Plain when it is piped, or NO_COLOR is set."""

    def __init__(self) -> None:
        self.console = Console(highlight=False, soft_wrap=True, markup=False, emoji=False)

    def say(self, text: str = "", style: str = "") -> None:
        self.console.print(Text(text, style))

    def complain(self, lines: Iterable[str]) -> None:
        for place, line in enumerate(lines):
            self.say(line, "bold red" if place == 0 else "")

    def tell(self, outcome: Outcome, milliseconds: float) -> None:
        """What a save came to: a line if it worked."""
        match outcome:
            case Applied(summary):
                self.say(f"{_now()}  {summary} ({milliseconds:.0f} ms)", "green")
            case Broken(faults, waiting):
                self.complain(render_faults(faults, waiting))
            case Refused(obstacles):
                self.complain(f"{each.subject}: {each.reason}" for each in obstacles)
                self.say(RESET)
            case Unchanged():
                pass
            case _:
                assert_never(outcome)


def _now() -> str:
    return f"{datetime.now().astimezone():%H:%M:%S}"
