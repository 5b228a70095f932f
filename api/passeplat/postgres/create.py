"""A new cluster: binaries and an empty place go in, data a server can be started with come out."""

import os
import secrets
import shutil
import sys
from collections.abc import Mapping

from passeplat.postgres.account import Account, as_account, own_file
from passeplat.postgres.binaries import Binaries
from passeplat.postgres.place import Place
from passeplat.postgres.process import run

SUPERUSER = "postgres"
BUILTIN_LOCALES = 17  # the first major with a locale that is the same on every machine


def create(
    place: Place,
    account: Account,
    binaries: Binaries,
    *,
    environ: Mapping[str, str],
    lock: int,
) -> None:
    """Make the data aside, then name them: an initdb killed on the way leaves no half cluster.
    It holds `lock` as long as it lives, so that nobody begins anew under its hands."""
    shutil.rmtree(place.unfinished, ignore_errors=True)
    initdb = (binaries.tool("initdb"), "-D", str(place.unfinished), *_options(binaries.major))
    run("initdb", as_account(account, *initdb), environ=environ, lock=lock)
    place.unfinished.rename(place.data)


def password(place: Place, account: Account) -> str:
    """The superuser's for TCP, made once."""
    with os.fdopen(own_file(place.password, account, os.O_RDWR), "r+") as file:
        known = file.read() or secrets.token_urlsafe(24)
        file.seek(0)
        file.write(known)
    return known


def set_password(url: str, text: str, binaries: Binaries, environ: Mapping[str, str]) -> None:
    """Over standard input, because every process can read another's arguments."""
    psql = (binaries.tool("psql"), "-Xq", "-v", "ON_ERROR_STOP=1", "-d", url)
    run("psql", psql, environ=environ, feed=f"alter role {SUPERUSER} password '{text}'")


def _options(major: int) -> tuple[str, ...]:
    return (
        *("-U", SUPERUSER, "-E", "UTF8", "--auth-local=trust", "--auth-host=scram-sha-256"),
        *("--no-sync", "--no-instructions", *_locale(major)),
    )


def _locale(major: int) -> tuple[str, ...]:
    if major >= BUILTIN_LOCALES:
        return ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")
    return ("--locale=C.UTF-8" if sys.platform == "linux" else "--locale=C",)
