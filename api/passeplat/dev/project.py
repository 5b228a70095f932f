"""A project's folder goes in, its settings and the server of its development database come out."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from passeplat.config import Sources
from passeplat.config.development import development_secret
from passeplat.errors import SettingError
from passeplat.postgres.binaries import Binaries, find_binaries
from passeplat.postgres.cluster import Cluster
from passeplat.postgres.scratch import database_url

SETTINGS = "passeplat.toml"
DEVELOPMENT = "development"
LOGIN = "authenticator"  # who the server logs in as, where that role exists
HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Home:
    """Where the development database is."""

    server: str  # the URL of a database that is always there, as whoever may change everything
    name: str
    login: str | None  # the URL as LOGIN, on a server that lets it in
    binaries: Binaries
    environ: Mapping[str, str]
    notes: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        return database_url(self.server, self.name)

    @property
    def is_ours(self) -> bool:
        """Nobody else keeps anything on it."""
        return self.login is not None


def settings_file(project: Path) -> str | None:
    path = project / SETTINGS
    return str(path) if path.exists() else None


def sources_for(project: Path, url: str, port: int) -> Sources:
    """The project's settings, but for what is the development's own."""
    own = {
        "db-uri": url,
        "server-host": HOST,
        "server-port": str(port),
        "server-unix-socket": "",
        "admin-server-port": "",
    }
    file = settings_file(project)
    if Sources(os.environ, file, own).load().jwt_secret is None:
        own["jwt-secret"] = development_secret(project)
    return Sources(os.environ, file, own)


@contextmanager
def home(project: Path, database: str | None) -> Iterator[Home]:
    """The embedded server, started and in the end stopped; or the one `database` names."""
    if database is not None:
        yield _elsewhere(database)
        return
    _forget_libpq()
    cluster = Cluster.open(project, environ=os.environ)
    try:
        cluster.start()
        yield Home(
            server=cluster.url(),
            name=DEVELOPMENT,
            login=cluster.url(DEVELOPMENT, LOGIN),
            binaries=cluster.binaries,
            environ=os.environ,
            notes=cluster.notes,
        )
    finally:
        cluster.stop()


def _elsewhere(database: str) -> Home:
    parts = urlsplit(database)
    name = unquote(parts.path.removeprefix("/"))
    if parts.scheme not in {"postgresql", "postgres"} or not name:
        raise SettingError(
            "--database is a URL that names a database: postgresql://user@host:5432/shop_development"
        )
    return Home(
        server=database_url(database, "postgres"),
        name=name,
        login=None,
        binaries=find_binaries(os.environ),
        environ=os.environ,
    )


def _forget_libpq() -> None:
    """PGHOSTADDR and the like would lead away from the private socket."""
    for name in [name for name in os.environ if name.startswith("PG")]:
        if not name.startswith("PGRST_"):
            del os.environ[name]
