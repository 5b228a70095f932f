"""The terminal of a command: events of a migration go in, lines and a moving last line come out."""

from types import TracebackType
from typing import Self, assert_never

from rich.console import Console
from rich.status import Status

from passeplat.migrate.progress import Began, Done, Event, Locked, Note, Queued, Slow

_RARELY = 2.0  # where nothing moves, a line is printed when the time has grown by this factor
_FIRST = 8.0  # seconds


def make_console(*, stderr: bool = False) -> Console:
    """Plain when it is piped, or NO_COLOR is set."""
    return Console(highlight=False, soft_wrap=True, markup=False, emoji=False, stderr=stderr)


class Teller:
    """What was applied goes to standard output; how it gets on to standard error."""

    def __init__(self) -> None:
        self._out = make_console()
        self._err = make_console(stderr=True)
        self._status: Status | None = None
        self._next = _FIRST

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._rest()

    def tell(self, event: Event) -> None:
        match event:
            case Queued():
                self._move("Another process migrates this database: waiting for it")
            case Began(name, statements, done):
                self._next = _FIRST
                if done:
                    self._line(f"{name} was interrupted after {done} of {statements} statements")
                if self._err.is_terminal:
                    self._move(name)
            case Slow():
                self._slow(event)
            case Locked(line, sql, pause, blockers):
                held = f", held by {'; '.join(blockers)}" if blockers else ""
                self._line(f"  line {line}: no lock for {sql}{held}; again in {pause:g} s")
            case Done(name):
                self._rest()
                self._out.print(f"Applied {name}.")
            case Note(text):
                self._line(text)
            case _:
                assert_never(event)

    def _slow(self, event: Slow) -> None:
        parts = [f"{event.seconds:.0f} s"]
        if event.percent is not None:
            parts.insert(0, f"{event.percent:.0f} %")
        if event.blockers:
            parts.append(f"waits for {'; '.join(event.blockers)}")
        text = f"  line {event.line}: {event.sql}  {', '.join(parts)}"
        if self._err.is_terminal:
            self._move(text)
        elif event.seconds >= self._next:
            self._next = event.seconds * _RARELY
            self._line(text)

    def _line(self, text: str) -> None:
        self._err.print(text)

    def _move(self, text: str) -> None:
        """The last line of a terminal; elsewhere a line like the others."""
        if not self._err.is_terminal:
            self._line(text)
        elif self._status is None:
            self._status = self._err.status(text)
            self._status.start()
        else:
            self._status.update(text)

    def _rest(self) -> None:
        if self._status is not None:
            self._status.stop()
            self._status = None
