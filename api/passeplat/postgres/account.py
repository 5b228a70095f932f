"""Who runs PostgreSQL: the environment, a project and who we are go in, an account comes out.

PostgreSQL refuses to run as root, which containers and CI make us. Whether another account can
reach a directory is asked of the kernel, in a child with its ids, because access lists, mounts and
every parent directory have a say.
"""

import os
import pwd
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from passeplat.errors import SettingError

LAUNCH = str(Path(__file__).with_name("launch.py"))
WELL_KNOWN = ("postgres", "passeplat", "nobody")
REFUSED = 3  # launch.py's exit status for "no"


@dataclass(frozen=True, slots=True)
class Account:
    uid: int
    gid: int
    name: str

    @property
    def is_ours(self) -> bool:
        return self.uid == os.geteuid()


def choose_account(environ: Mapping[str, str], *directories: Path) -> Account:
    """Ourselves, or when we are root: PASSEPLAT_PG_USER, the first owner of `directories` that is
    not root, `postgres`, `passeplat`, `nobody`."""
    if os.geteuid() != 0:
        return _ourselves()
    if asked := environ.get("PASSEPLAT_PG_USER"):
        return _asked(asked)
    account = next(_unprivileged(directories), None)
    if account is None:
        raise SettingError(
            "PostgreSQL does not run as root and there is no account to run it as:"
            " name one in PASSEPLAT_PG_USER"
        )
    return account


def can_use(account: Account, path: Path, mode: int = os.X_OK) -> bool:
    """Whether the kernel lets this account use the path."""
    if account.is_ours:
        return os.access(path, mode)
    done = subprocess.run(  # noqa: S603 - our own script
        [*_launcher(account), "reach", str(mode), str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in (0, REFUSED):
        raise SettingError(
            f"The kernel does not let us run PostgreSQL as {account.name}"
            f" ({done.stderr.strip().rpartition(chr(10))[2]}): start passeplat as another user than"
            " root, or set PASSEPLAT_DB_URI to a server that runs"
        )
    return done.returncode == 0


def _launcher(account: Account) -> tuple[str, ...]:
    ids = ("-", "-") if account.is_ours else (str(account.uid), str(account.gid))
    return (sys.executable, "-I", "-S", LAUNCH, *ids)


def as_account(account: Account, *command: str) -> tuple[str, ...]:
    """The command that runs as the account and ends with us."""
    return (*_launcher(account), "run", str(os.getpid()), *command)


def give(path: Path, account: Account) -> None:
    """Hand over what we made for the account."""
    if not account.is_ours:
        os.chown(path, account.uid, account.gid, follow_symlinks=False)


def own_directory(path: Path, account: Account) -> None:
    """A directory only the account can enter, made at once with its owner or found with it."""
    try:
        if not os.path.lexists(path):
            _make(path, account)
        found = path.lstat()
    except OSError as failure:
        raise SettingError(f"The database needs {path}: {failure.strerror}") from failure
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != account.uid:
        owner = _entry(found.st_uid)
        raise SettingError(
            f"{path} belongs to user {owner.pw_name if owner else found.st_uid} and PostgreSQL"
            f" would run as {account.name}: start passeplat as the same user as before, or remove"
            " the directory to begin with an empty database"
        )


def own_file(path: Path, account: Account, flags: int) -> int:
    """A file descriptor, for `flags`, of a file that is the account's.

    The directory is the account's too, so as root we follow no link it may have put there.
    """
    never = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # follow, wait for a reader, be inherited
    try:
        opened = os.open(path, flags | never | os.O_CREAT, 0o600)
    except OSError as failure:
        raise SettingError(f"The database needs {path}: {failure.strerror}") from failure
    found = os.fstat(opened)
    known = found.st_uid in (account.uid, os.geteuid()) and found.st_nlink == 1
    if not stat.S_ISREG(found.st_mode) or not known:
        os.close(opened)
        raise SettingError(f"{path} is not the file passeplat put there: remove it")
    if found.st_uid != account.uid:
        os.fchown(opened, account.uid, account.gid)
    return opened


def _make(path: Path, account: Account) -> None:
    made = Path(tempfile.mkdtemp(dir=path.parent, prefix=".new-"))
    try:
        give(made, account)
        made.rename(path)
    except OSError:
        made.rmdir()
        if not os.path.lexists(path):  # else somebody was faster
            raise


def _ourselves() -> Account:
    uid = os.geteuid()
    if entry := _entry(uid):
        return Account(uid, os.getegid(), entry.pw_name)
    raise SettingError(
        f"PostgreSQL needs a name for user id {uid}: add one to /etc/passwd,"
        " or set PASSEPLAT_DB_URI to a server that runs"
    )


def _asked(name: str) -> Account:
    entry = _entry(name)
    if not entry:
        raise SettingError(f"PASSEPLAT_PG_USER: there is no user {name!r}")
    if entry.pw_uid == 0:
        raise SettingError(f"PASSEPLAT_PG_USER: PostgreSQL does not run as {name!r}, which is root")
    return Account(entry.pw_uid, entry.pw_gid, entry.pw_name)


def _unprivileged(directories: Iterable[Path]) -> Iterator[Account]:
    keys: list[int | str] = [path.stat().st_uid for path in directories if path.exists()]
    for key in (*keys, *WELL_KNOWN):
        entry = _entry(key)
        if entry and entry.pw_uid:
            yield Account(entry.pw_uid, entry.pw_gid, entry.pw_name)


def _entry(key: int | str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwuid(key) if isinstance(key, int) else pwd.getpwnam(key)
    except KeyError:
        return None
