"""Data as initdb makes them, kept beside throw-away servers: a place goes in and has a copy.

initdb takes most of a second, a copy of what it made a twentieth of that.
"""

import hashlib
import os
from collections.abc import Mapping

from passeplat.errors import SettingError
from passeplat.postgres.account import Account, as_account, own_directory
from passeplat.postgres.binaries import Binaries
from passeplat.postgres.cluster import held
from passeplat.postgres.create import create
from passeplat.postgres.place import Place
from passeplat.postgres.process import run

_PREFIX = "passeplat-ready-"


def copy_ready(
    place: Place, account: Account, binaries: Binaries, environ: Mapping[str, str]
) -> None:
    """Only a shortcut: without a copy, the server makes its own data."""
    made_by = f"{binaries.bindir} {binaries.version}"
    key = hashlib.sha256(os.fsencode(made_by)).hexdigest()[:12]
    base = place.base.parent / f"{_PREFIX}{account.uid}-{key}"
    try:
        own_directory(base, account)
    except SettingError:  # somebody else's: we use our own
        return
    ready = Place(base, base, place.major)
    with held(ready.lock, account) as lock:
        if lock is None:  # another process is making it
            return
        if not (ready.data / "PG_VERSION").exists():
            create(ready, account, binaries, environ=environ, lock=lock)
        # aside first: what is copied halfway has no name that a server looks for
        copy = ("/bin/cp", "-a", str(ready.data), str(place.unfinished))
        run("cp", as_account(account, *copy), environ=environ, lock=lock)
    place.unfinished.rename(place.data)
