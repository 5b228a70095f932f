"""One PostgreSQL for a project: its directory goes in, the URL of a running server comes out.

Two commands at once share one server: whoever takes the lock starts it, the lock then stays with
the server's processes until the last of them has ended, and the other adopts what it finds.
"""

import fcntl
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from passeplat.errors import SettingError
from passeplat.postgres import place as places
from passeplat.postgres.account import Account, as_account, choose_account, own_file
from passeplat.postgres.binaries import Binaries, find_binaries
from passeplat.postgres.create import SUPERUSER, create, password, set_password
from passeplat.postgres.place import Place
from passeplat.postgres.postmaster import Postmaster, answers, clear_stale, is_postmaster, read
from passeplat.postgres.process import ClusterFailed, Server, serve

PORT = 5432
PATIENCE = 60  # seconds to become ready, recovery after a crash included
LARGEST_LOG = 10_000_000  # bytes

SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "wal_level": "logical",
    "jit": "off",
    "max_connections": "200",
    "logging_collector": "off",
    "log_destination": "stderr",
}
EPHEMERAL = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum": "off",
}


class Cluster:
    """A server that this command started, and ends; or `adopted`, and leaves alone."""

    def __init__(
        self,
        place: Place,
        account: Account,
        binaries: Binaries,
        environ: Mapping[str, str],
        notes: tuple[str, ...] = (),
    ) -> None:
        self.place = place
        self.account = account
        self.binaries = binaries
        self.notes = notes
        self.adopted = False
        self._environ = environ
        self._server: Server | None = None
        self._found: Postmaster | None = None
        self._password = ""

    @classmethod
    def open(cls, project: Path, *, environ: Mapping[str, str]) -> Self:
        """The project's cluster, not yet started. Raises SettingError: no binaries, no account,
        no place, or data of another major."""
        if not project.is_dir() or "\n" in str(project):
            raise SettingError(f"{project} is no directory a project can be in")
        project = project.resolve()
        binaries = find_binaries(environ)
        account = choose_account(environ, places.project_base(project), project)
        place, notes = places.at_project(project, account, binaries.major)
        binaries = places.reachable(binaries, account)
        notes += (binaries.warning,) if binaries.warning else ()
        return cls(place, account, binaries, environ, notes)

    def start(self, *, ephemeral: bool = False, tcp_port: int | None = None) -> str:
        """Its superuser's URL, once it is ready. `ephemeral` trades durability for speed;
        `tcp_port` listens on 127.0.0.1 too, see tcp_url."""
        end = time.monotonic() + PATIENCE
        settings = SETTINGS | (EPHEMERAL if ephemeral else {})
        if tcp_port:
            settings |= {"listen_addresses": "127.0.0.1", "port": str(tcp_port)}
        while not self._adopt_or_begin(settings):
            if time.monotonic() > end:
                raise ClusterFailed(f"Another command holds {self.place.lock} and does not get on")
            time.sleep(0.01)
        if tcp_port:
            try:
                self._let_in_by_password(tcp_port)
            except BaseException:
                self.stop()
                raise
        return self.url()

    def stop(self) -> None:
        """End what start() began."""
        if self._server:
            self._server.end()
        self._server = self._found = None

    def url(self, database: str = "postgres", user: str = SUPERUSER) -> str:
        """For asyncpg and libpq, over the private socket. Needs a start()."""
        found = self._running
        return (
            f"postgresql://{quote(user, safe='')}@/{quote(database, safe='')}"
            f"?host={quote(str(found.sockets), safe='')}&port={found.port}"
        )

    @property
    def tcp_url(self) -> str:
        """For programs that know no sockets, with a password, after start(tcp_port=…)."""
        port = self._running.port
        return f"postgresql://{SUPERUSER}:{self._password}@127.0.0.1:{port}/postgres"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def _running(self) -> Postmaster:
        if not self._found:
            raise ClusterFailed("The cluster has not been started")
        return self._found

    def _adopt_or_begin(self, settings: Mapping[str, str]) -> bool:
        found = read(self.place.data)
        with held(self.place.lock, self.account) as lock:
            if lock is None:
                return self._adopt(found if found and self._is_private(found.sockets) else None)
            if found and is_postmaster(found.pid, self.place.data):  # started by hand
                return self._adopt(found)
            self._begin(lock, settings)
            return True

    def _adopt(self, found: Postmaster | None) -> bool:
        if not found or not found.is_ready or not answers(found):
            return False
        self._found = found
        self.adopted = not self._server or self._server.pid != found.pid
        return True

    def _is_private(self, directory: Path) -> bool:
        found = directory.stat() if directory.is_dir() else None
        return bool(found and found.st_uid == self.account.uid and not found.st_mode & 0o077)

    def _begin(self, lock: int, settings: Mapping[str, str]) -> None:
        clear_stale(self.place.data, self.place.sockets)
        if not (self.place.data / "PG_VERSION").exists():
            create(self.place, self.account, self.binaries, environ=self._environ, lock=lock)
        log = own_file(self.place.log, self.account, os.O_WRONLY | os.O_APPEND)
        try:
            if os.fstat(log).st_size > LARGEST_LOG:
                os.ftruncate(log, 0)
            written = os.fstat(log).st_size
            self._server = serve(
                as_account(self.account, self.binaries.tool("postgres"), *self._options(settings)),
                environ=self._environ,
                log=log,
                lock=lock,
                pid_file=self.place.data / "postmaster.pid",
            )
        finally:
            os.close(log)
        self.adopted = False
        self._found = self._wait(self._server, written)

    def _wait(self, server: Server, written: int) -> Postmaster:
        end = time.monotonic() + PATIENCE
        try:
            while not server.has_ended() and time.monotonic() < end:
                found = read(self.place.data)
                if found and found.is_ready and found.pid == server.pid:
                    return found
                time.sleep(0.005)
        except BaseException:  # Ctrl-C
            server.end()
            raise
        server.end()
        raise ClusterFailed(
            f"PostgreSQL did not start: {_complaint(self.place.log, written)}"
            f" (the whole log: {self.place.log})"
        )

    def _options(self, settings: Mapping[str, str]) -> Iterator[str]:
        yield from ("-D", str(self.place.data))
        for name, value in settings.items():
            yield from ("-c", f"{name}={value}")
        yield from ("-c", f"unix_socket_directories={self.place.sockets}")

    def _let_in_by_password(self, tcp_port: int) -> None:
        if self._running.port != tcp_port or not self._running.address:
            raise SettingError(
                f"The server that already runs does not listen on port {tcp_port}:"
                " stop the command that started it first"
            )
        self._password = password(self.place, self.account)
        set_password(self.url(), self._password, self.binaries, self._environ)


@contextmanager
def held(path: Path, account: Account) -> Iterator[int | None]:
    """The lock, or None if somebody has it. Children that inherit it hold it on after us."""
    lock = own_file(path, account, os.O_RDWR)
    try:
        yield lock if _take(lock) else None
    finally:
        os.close(lock)


def _take(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _complaint(log: Path, written: int) -> str:
    """Why the server ended, from what it logged since."""
    with log.open(errors="replace") as file:
        file.seek(written)
        lines = file.read().splitlines()
    fatal = [line for line in lines if "FATAL:" in line or "PANIC:" in line]
    return " ".join((fatal or lines or ["it wrote nothing"])[-1].split())
