"""The headers of a response that do not depend on what was asked of the database, and all of them
as bytes."""

from collections.abc import Mapping

from passeplat import __version__
from passeplat.config import Config
from passeplat.response.cors import expose
from passeplat.response.model import Headers

SERVER = ("Server", f"passeplat/{__version__}")


def added_headers(
    method: str, fields: Mapping[str, str], config: Config, *, timing: str, stopping: bool
) -> Headers:
    """`fields`: the request's, by lower-case names. `timing`: the value of Server-Timing."""
    added: Headers = (SERVER, *expose(fields.get("origin"), config.server_cors_allowed_origins))
    if method == "OPTIONS" and "origin" not in fields:
        added = (*added, ("Access-Control-Allow-Origin", "*"))
    if "authorization" in fields:  # for whoever keeps copies: this one is for nobody else
        added = (*added, ("Cache-Control", "private"))
    if config.server_timing_enabled:
        added = (*added, ("Server-Timing", timing))
    traced = config.server_trace_header
    if traced is not None and (value := fields.get(traced.lower())) is not None:
        added = (*added, (traced, value))
    return (*added, ("Connection", "close")) if stopping else added


def with_added(own: Headers, added: Headers) -> Headers:
    """What SQL said of the response stands; only `Vary` adds up."""
    taken = {name.lower() for name, _ in own} - {"vary"}
    return (*own, *(pair for pair in added if pair[0].lower() not in taken))


def as_bytes(headers: Headers) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode("latin-1"), value.encode("utf-8")) for name, value in headers]
