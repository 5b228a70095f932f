"""`passeplat dev`: a project goes in, its API is served and follows the files until we stop."""

import asyncio
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

import asyncpg

from passeplat.dev.api import Api, start_api
from passeplat.dev.database import Development
from passeplat.dev.outcome import Applied, Outcome
from passeplat.dev.project import HOST, Home, home, sources_for
from passeplat.dev.terminal import Terminal
from passeplat.dev.watch import watch
from passeplat.dev.welcome import HINT, curl_lines, keep_tokens, tokens
from passeplat.errors import PasseplatError, SettingError
from passeplat.migrate.files import read_sources
from passeplat.migrate.model import Sources
from passeplat.migrate.samples import read_samples
from passeplat.server.serve import loop_factory
from passeplat.server.sockets import bound_tcp

_FAILURES = (PasseplatError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError)


def develop(project: Path, *, port: int, reset: bool = False, database: str | None = None) -> None:
    """Blocks until it is interrupted. Raises PasseplatError if it cannot begin."""
    start = perf_counter()
    project = project.resolve()
    read_sources(project / "db")
    sources_for(project, "postgresql://", port)
    with (
        bound_tcp(HOST, port) as bound,
        home(project, database) as place,
        asyncio.Runner(loop_factory=loop_factory()) as runner,
    ):
        runner.run(_Session(project, place, bound, start).run(reset=reset))


@dataclass(slots=True)
class _Session:
    project: Path
    home: Home
    bound: socket.socket
    start: float
    terminal: Terminal = field(default_factory=Terminal)
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    api: Api | None = None
    seen: Sources | None = None  # the files as they were looked at last
    filled: bool = False  # whether the database holds the files of some moment

    async def run(self, *, reset: bool) -> None:
        development = Development(self.home)
        work = asyncio.create_task(self._work(development, reset=reset))
        with _signals(self.stop, work):
            try:
                await work
            except asyncio.CancelledError:
                if not self.stop.is_set():
                    raise
            finally:
                await self._end(development)

    async def _work(self, development: Development, *, reset: bool) -> None:
        saves: asyncio.Queue[bool] = asyncio.Queue()
        watching = asyncio.create_task(watch(self.project / "db", self.stop, saves))
        try:
            await asyncio.sleep(0)  # the watch begins, and only then are the files read
            await self._begin(development, reset=reset)
            while await saves.get():
                await self._save(development)
            await watching
        finally:
            watching.cancel()

    async def _begin(self, development: Development, *, reset: bool) -> None:
        for note in self.home.notes:
            self.terminal.say(note, "yellow")
        self.filled = await development.open()
        if self.filled and reset:
            saved = await development.reset(self.project / ".passeplat" / "backups")
            self.terminal.say(f"The database is new; the old one is in {saved}")
            self.filled = False
        self.seen = read_sources(self.project / "db")
        began = perf_counter()
        outcome = await self._bring(development, self.seen)
        self.terminal.tell(outcome, (perf_counter() - began) * 1000)
        if self.filled:
            await self._serve(development)
        else:
            self.terminal.say("The API starts when the files load. Waiting for a save …")
        development.workshop.prepare()

    async def _bring(self, development: Development, sources: Sources) -> Outcome:
        if self.filled:
            return await development.update(sources)
        outcome = await development.fill(sources)
        self.filled = isinstance(outcome, Applied)
        return outcome

    async def _save(self, development: Development) -> None:
        """Whatever happens, the next save is looked at too."""
        began = perf_counter()
        try:
            sources = read_sources(self.project / "db")
            if sources == self.seen:
                return
            self._note_seed(sources)
            self.seen = sources
            outcome = await self._bring(development, sources)
            if isinstance(outcome, Applied):
                await self._show(development)
            self.terminal.tell(outcome, (perf_counter() - began) * 1000)
        except _FAILURES as failure:
            self.seen = None
            self.terminal.complain((_sentence(failure),))
        development.workshop.prepare()

    async def _show(self, development: Development) -> None:
        if self.api is not None:
            await self.api.reload()
        else:
            await self._serve(development)

    def _note_seed(self, sources: Sources) -> None:
        before = self.seen.seed if self.seen else None
        if self.api is not None and sources.seed != before:
            self.terminal.say("db/seed.sql is loaded once: `passeplat dev --reset` loads it anew")

    async def _serve(self, development: Development) -> None:
        sources = sources_for(self.project, await development.login(), self.bound.getsockname()[1])
        self.api = await start_api(sources, self.bound)
        self._welcome(self.api)

    def _welcome(self, api: Api) -> None:
        say = self.terminal.say
        say(f"\n{api.url}  ready after {perf_counter() - self.start:.1f} s\n", "bold")
        seed = self.seen.seed if self.seen else None
        try:
            samples = read_samples(seed.text if seed else "")
            made = tokens(samples, api.config)
        except SettingError as failure:
            self.terminal.complain((str(failure),))
            return
        for name, token in made.items():
            say(f"{name}: {token}\n")
        for line in curl_lines(samples, api.url, keep_tokens(made, self._tokens)):
            say(f"{line}\n")
        if not samples.tokens and not samples.calls:
            say(f"{HINT}\n")
        say("Save a file in db/ and the API changes. Ctrl-C ends.", "dim")

    @property
    def _tokens(self) -> Path:
        return self.project / ".passeplat" / "tokens"

    async def _end(self, development: Development) -> None:
        if self.api is not None:
            await self.api.stop()
        await development.close()


@contextmanager
def _signals(stop: asyncio.Event, work: "asyncio.Task[None]") -> Iterator[None]:
    """The three ways a terminal ends a program end the work, wherever it is."""
    loop = asyncio.get_running_loop()
    asked = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def end() -> None:
        stop.set()
        work.cancel()

    for number in asked:
        loop.add_signal_handler(number, end)
    try:
        yield
    finally:
        for number in asked:
            loop.remove_signal_handler(number)


def _sentence(failure: BaseException) -> str:
    details = getattr(failure, "details", None)
    return details if isinstance(details, str) else str(failure) or type(failure).__name__
