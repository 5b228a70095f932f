"""What SQL may say about the response: the settings `response.headers` and `response.status`."""

import orjson

from passeplat.errors import InvalidResponseHeaders, InvalidResponseStatus
from passeplat.response.model import Headers

_FORBIDDEN = frozenset("\r\n\0")


def parse_headers(text: bytes | None) -> Headers:
    if text is None:
        return ()
    try:
        items = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise InvalidResponseHeaders from None
    if not isinstance(items, list):
        raise InvalidResponseHeaders
    return tuple(_header(item) for item in items)


def _header(item: object) -> tuple[str, str]:
    if not isinstance(item, dict) or len(item) != 1:
        raise InvalidResponseHeaders
    [(name, value)] = item.items()
    if not isinstance(value, str) or _FORBIDDEN & set(name + value):
        raise InvalidResponseHeaders
    return name, value


def parse_status(text: bytes | None) -> int | None:
    if text is None:
        return None
    if not text.isdigit() or not 100 <= int(text) <= 999:  # noqa: PLR2004 - three digits
        raise InvalidResponseStatus
    return int(text)


def merge(own: Headers, theirs: Headers) -> Headers:
    """Theirs replace ours of the same name; theirs may repeat a name."""
    names = {name.lower() for name, _ in theirs}
    return (*(pair for pair in own if pair[0].lower() not in names), *theirs)
