"""Whether a browser asks for the page that documents a schema: a request's parts in, yes or no out.

It does at the root, and at `/v1/`, where it takes HTML rather than JSON. PostgREST has no page and
answers with JSON.
"""

from collections.abc import Sequence

from passeplat.config import Config
from passeplat.errors import ApiError
from passeplat.request.media_type import parse_accept
from passeplat.request.path import Resource, parse_path

_HTML = "text/html"
_ANSWERED = frozenset(
    {
        _HTML,
        "application/openapi+json",
        "application/vnd.oai.openapi+json",
        "application/json",
        "*/*",
    }
)


def wants_page(
    method: str, raw_path: bytes, headers: Sequence[tuple[bytes, bytes]], config: Config
) -> bool:
    accept = b",".join(value for name, value in headers if name == b"accept")
    if b"text/html" not in accept.lower() or method not in {"GET", "HEAD"}:
        return False
    wanted = (each.name for each in parse_accept(accept.decode("latin-1")))
    return next((each for each in wanted if each in _ANSWERED), "") == _HTML and _is_root(
        raw_path, config
    )


def _is_root(raw_path: bytes, config: Config) -> bool:
    try:
        return parse_path(raw_path, config).resource is Resource.ROOT
    except ApiError:
        return False
