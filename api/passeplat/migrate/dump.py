"""pg_dump and pg_restore, run for a database: a URL goes in, an archive of its schema comes out, or
the other way round."""

import asyncio
import re
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Mapping

import asyncpg

from passeplat.errors import PasseplatError
from passeplat.migrate.database import connected
from passeplat.migrate.faithful import faithful
from passeplat.postgres.binaries import Binaries
from passeplat.postgres.conninfo import parse

RECORD_SCHEMA = "passeplat"  # where apply.py keeps its record: no part of any schema
# psql's, of pg_dump since the fixes for CVE-2025-8714
_RESTRICT = re.compile(r"^\\(?:un)?restrict \w+$", re.MULTILINE)
_SCHEMA_ONLY = (
    "--schema-only",
    f"--exclude-schema={RECORD_SCHEMA}",
    "--lock-wait-timeout=60s",  # of a table that somebody holds: rather an error than silence
)


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
    """Into an empty database; so that it is the same, which what pg_restore does itself is not
    always."""
    script = await _execute("pg_restore", ("--file=-",), binaries, environ, archive)
    async with connected(url) as connection:
        try:
            await connection.execute(faithful(_RESTRICT.sub("", script.decode())))
        except asyncpg.PostgresError as error:
            raise ToolFailed(f"A copy of the schema cannot be made: {error}") from error


async def _run(
    tool: str, options: tuple[str, ...], url: str, binaries: Binaries, environ: Mapping[str, str]
) -> bytes:
    conninfo, password = _without_password(url)
    connecting = ("--no-password", f"--dbname={conninfo}", *options)
    return await _execute(tool, connecting, binaries, {**environ, **password})


async def _execute(
    tool: str,
    options: tuple[str, ...],
    binaries: Binaries,
    environ: Mapping[str, str],
    feed: bytes | None = None,
) -> bytes:
    process = await asyncio.create_subprocess_exec(
        *(binaries.tool(tool), *options),
        stdin=DEVNULL if feed is None else PIPE,
        stdout=PIPE,
        stderr=PIPE,
        env={**environ, "LC_ALL": "C"},
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
