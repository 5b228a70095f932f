"""A project's `db/` goes in, the texts of its SQL files come out."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from passeplat.errors import SettingError
from passeplat.migrate.model import Sources, SqlFile
from passeplat.migrate.split import essence

ROLES, SEED, MIGRATIONS = "roles.sql", "seed.sql", "migrations"


def read_sources(db: Path) -> Sources:
    """Raises SettingError if there is no such folder, or a file that cannot be read."""
    if not db.is_dir():
        raise SettingError(
            f"There is no folder {db.name}/ in {db.parent}: `passeplat new NAME` makes a project"
            " with one"
        )
    known = {path.relative_to(db).as_posix(): path for path in _sql_files(db)}
    return Sources(
        roles=_read_one(known.pop(ROLES, None), db),
        seed=_read_one(known.pop(SEED, None), db),
        migrations=tuple(
            _read(path, db) for name, path in known.items() if name.startswith(f"{MIGRATIONS}/")
        ),
        units=tuple(
            _read(path, db) for name, path in known.items() if not name.startswith(f"{MIGRATIONS}/")
        ),
    )


def is_sql_file(path: Path) -> bool:
    """Not what editors leave beside: `.#todos.sql`, `#todos.sql#`, `todos.sql~`."""
    return path.suffix == ".sql" and not path.name.startswith((".", "#"))


def read_file(path: Path, shown: str) -> SqlFile:
    """Raises SettingError."""
    try:
        return SqlFile(shown, path.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise SettingError(f"{shown} is not UTF-8 text") from None
    except OSError as failure:
        raise SettingError(f"{shown} cannot be read: {failure.strerror}") from None


def final_state(sources: Sources) -> str:
    """A checksum of what the files say: layout, comments and file names do not count."""
    roles = (sources.roles,) if sources.roles else ()
    texts = sorted(essence(file.text) for file in (*roles, *sources.units))
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


def _sql_files(db: Path) -> Iterator[Path]:
    for path in sorted(db.rglob("*.sql")):
        hidden = any(part.startswith(".") for part in path.relative_to(db).parts)
        if not hidden and is_sql_file(path) and path.is_file():
            yield path


def _read_one(path: Path | None, db: Path) -> SqlFile | None:
    return None if path is None else _read(path, db)


def _read(path: Path, db: Path) -> SqlFile:
    return read_file(path, path.relative_to(db.parent).as_posix())
