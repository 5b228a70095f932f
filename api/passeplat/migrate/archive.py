"""What `pg_dump -Fc --schema-only` writes goes in, the entries of its table of contents come out.

The format is pg_dump's own (bin/pg_dump/pg_backup_archiver.c): integers are a sign byte and bytes
from the least significant on, texts their length and bytes, length -1 being no text. Versions 1.14
(PostgreSQL 15) to 1.16 (17, 18) are read; a newer one is refused, for its fields are unknown.
"""

from dataclasses import dataclass

from passeplat.errors import PasseplatError

_MAGIC = b"PGDMP"
_CUSTOM = 1  # the format this is
_OLDEST, _NEWEST = (1, 14), (1, 16)
_COMPRESSION_BYTE = (1, 15)  # the versions that brought a field
_RELATION_KIND = (1, 16)
_DATE_FIELDS = 7


class UnreadableArchive(PasseplatError):
    """Not what we take for an archive of pg_dump."""


@dataclass(frozen=True, slots=True)
class Entry:
    id: int
    tag: str
    kind: str
    create: str
    drop: str
    schema: str
    owner: str
    catalogue: int  # oids: the system table
    object: int
    needs: tuple[int, ...]


def read_archive(data: bytes) -> tuple[Entry, ...]:
    """In pg_dump's order, which creates everything after what it needs."""
    try:
        return _read(_Reader(data))
    except (IndexError, UnicodeDecodeError):
        raise UnreadableArchive("pg_dump's archive ends too early or is damaged") from None


def _read(reader: "_Reader") -> tuple[Entry, ...]:
    version = _header(reader)
    return tuple(_entry(reader, version) for _ in range(reader.integer()))


def _header(reader: "_Reader") -> tuple[int, int]:
    if reader.take(len(_MAGIC)) != _MAGIC:
        raise UnreadableArchive("pg_dump did not write an archive")
    major, minor, _revision, reader.integer_size, reader.offset_size, form = reader.take(6)
    version = (major, minor)
    if form != _CUSTOM or not _OLDEST <= version <= _NEWEST:
        raise UnreadableArchive(
            f"pg_dump wrote an archive of version {major}.{minor}, which this passeplat"
            " cannot read: use the pg_dump of PostgreSQL 15 to 18"
        )
    if version >= _COMPRESSION_BYTE:
        reader.take(1)
    else:
        reader.integer()
    for _ in range(_DATE_FIELDS):
        reader.integer()
    for _ in ("database", "server version", "pg_dump version"):
        reader.text()
    return version


def _entry(reader: "_Reader", version: tuple[int, int]) -> Entry:
    number, _has_data = reader.integer(), reader.integer()
    catalogue, row, tag, kind = (reader.text() for _ in range(4))
    _section = reader.integer()
    create, drop, _copy, schema, _tablespace, _access_method = (reader.text() for _ in range(6))
    if version >= _RELATION_KIND:
        reader.integer()
    owner, _with_oids = reader.text(), reader.text()
    needs = reader.texts()
    reader.take(1 + reader.offset_size)  # where its data are: nowhere
    return Entry(
        id=number,
        tag=tag or "",
        kind=kind or "",
        create=(create or "").strip(),
        drop=(drop or "").strip(),
        schema=schema or "",
        owner=owner or "",
        catalogue=int(catalogue or 0),
        object=int(row or 0),
        needs=tuple(dict.fromkeys(int(need) for need in needs)),
    )


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0
        self.integer_size = 4
        self.offset_size = 8

    def take(self, size: int) -> bytes:
        taken = self.data[self.at : self.at + size]
        if len(taken) < size:
            raise IndexError
        self.at += size
        return taken

    def integer(self) -> int:
        sign = self.take(1)[0]
        value = int.from_bytes(self.take(self.integer_size), "little")
        return -value if sign else value

    def text(self) -> str | None:
        size = self.integer()
        return None if size < 0 else self.take(size).decode()

    def texts(self) -> tuple[str, ...]:
        """Up to the first that is none."""
        return tuple(iter(self.text, None))
