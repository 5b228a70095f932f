"""What SQL may say about the response: the settings `response.headers` and `response.status`."""

import re

import orjson

from passeplat.errors import InvalidResponseHeaders, InvalidResponseStatus
from passeplat.response.model import Headers

# https://www.rfc-editor.org/rfc/rfc9110#section-5.5
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_LONGEST = 10  # digits
_FRAMING = frozenset(
    ("connection", "content-length", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade")
)
"""Where an answer ends is for the server to say: a second word on it splits it in two."""

STATUSES = range(200, 600)
"""What an answer can have; 1xx would announce another."""


def is_header(name: str, value: str) -> bool:
    """Nothing in it ends the line, or the name."""
    return bool(_NAME.fullmatch(name)) and not _CONTROL.search(value)


def one_line(text: str) -> str:
    """For a header's value that somebody else has a say in."""
    return _CONTROL.sub(" ", text)


def parse_headers(text: bytes | None) -> Headers:
    if text is None:
        return ()
    try:
        items = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise InvalidResponseHeaders from None
    if not isinstance(items, list):
        raise InvalidResponseHeaders
    return without_framing(tuple(_header(item) for item in items))


def _header(item: object) -> tuple[str, str]:
    if not isinstance(item, dict) or len(item) != 1:
        raise InvalidResponseHeaders
    [(name, value)] = item.items()
    if not isinstance(value, str) or not is_header(name, value):
        raise InvalidResponseHeaders
    return name, value


def without_framing(headers: Headers) -> Headers:
    return tuple(pair for pair in headers if pair[0].lower() not in _FRAMING)


def parse_status(text: bytes | None) -> int | None:
    if text is None:
        return None
    status = int(text) if text.isdigit() and len(text) < _LONGEST else 0
    if status not in STATUSES:
        raise InvalidResponseStatus
    return status


def merge(own: Headers, theirs: Headers) -> Headers:
    """Theirs replace ours of the same name; theirs may repeat a name."""
    names = {name.lower() for name, _ in theirs}
    return (*(pair for pair in own if pair[0].lower() not in names), *theirs)
