"""pg_dump and pg_restore, run for a database: a URL goes in, an archive of its schema comes out, or
the other way round."""

import asyncio
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Mapping

from passeplat.errors import PasseplatError
from passeplat.postgres.binaries import Binaries
from passeplat.postgres.conninfo import parse

RECORD_SCHEMA = "passeplat"  # where apply.py keeps its record: no part of any schema
_SCHEMA_ONLY = ("--schema-only", f"--exclude-schema={RECORD_SCHEMA}")


class ToolFailed(PasseplatError):
    """pg_dump or pg_restore did not do what was asked of it."""


async def dump_schema(url: str, binaries: Binaries, environ: Mapping[str, str]) -> bytes:
    """An archive in pg_dump's custom format. Raises ToolFailed."""
    return await _run("pg_dump", ("-Fc", *_SCHEMA_ONLY), url, binaries, environ)


async def dump_all(url: str, binaries: Binaries, environ: Mapping[str, str]) -> bytes:
    """The rows too: what `pg_restore` brings everything back from."""
    return await _run("pg_dump", ("-Fc",), url, binaries, environ)


async def restore_schema(
    archive: bytes, url: str, binaries: Binaries, environ: Mapping[str, str]
) -> None:
    """Into an empty database."""
    options = ("--exit-on-error", "--single-transaction")
    await _run("pg_restore", options, url, binaries, environ, archive)


async def _run(  # noqa: PLR0913, PLR0917 - a program has these parts
    tool: str,
    options: tuple[str, ...],
    url: str,
    binaries: Binaries,
    environ: Mapping[str, str],
    feed: bytes | None = None,
) -> bytes:
    conninfo, password = _without_password(url)
    process = await asyncio.create_subprocess_exec(
        *(binaries.tool(tool), "--no-password", f"--dbname={conninfo}", *options),
        stdin=DEVNULL if feed is None else PIPE,
        stdout=PIPE,
        stderr=PIPE,
        env={**environ, **password, "LC_ALL": "C"},
        start_new_session=True,  # Ctrl-C is for us
    )
    output, words = await process.communicate(feed)
    if process.returncode:
        raise ToolFailed(f"{tool} failed: {_last_line(words)}")
    return output


def _without_password(url: str) -> tuple[str, dict[str, str]]:
    """Every process can read another's arguments, but not its environment."""
    keys = parse(url)
    password = keys.pop("password", None)
    pairs = (f"{key}={_quoted(value)}" for key, value in keys.items())
    return " ".join(pairs), {} if password is None else {"PGPASSWORD": password}


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _last_line(words: bytes) -> str:
    lines = words.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it did not say why"
