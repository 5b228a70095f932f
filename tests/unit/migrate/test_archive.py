"""What is no archive of pg_dump."""

import pytest

from passeplat.migrate.archive import UnreadableArchive, read_archive


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PGDMP",
        b"-- PostgreSQL database dump\n",
        b"PGDMP" + bytes((1, 16, 0, 4, 8, 1)) + b"\0" * 20,
    ],
)
def test_what_is_damaged_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableArchive):
        read_archive(data)


@pytest.mark.parametrize("version", [(1, 13), (1, 17), (2, 0)])
def test_a_version_with_unknown_fields_is_refused(version: tuple[int, int]) -> None:
    data = b"PGDMP" + bytes((*version, 0, 4, 8, 1)) + b"\0" * 1000
    with pytest.raises(UnreadableArchive, match=r"PostgreSQL 15 to 18"):
        read_archive(data)
