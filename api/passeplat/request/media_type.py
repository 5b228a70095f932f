"""`Accept` and `Content-Type`: text in, media types out, whatever the text."""

import re
from collections.abc import Iterable
from itertools import islice

from passeplat.request.limits import MAX_MEDIA_TYPES
from passeplat.request.model import MediaType

JSON = MediaType("application/json")
ANY = MediaType("*/*")

_QUOTED = r'"(?:[^"\\]++|\\.)*+"'
_ENTRIES = re.compile(rf'(?:[^",]++|{_QUOTED}|")++', re.DOTALL)
_PARTS = re.compile(rf'(?:[^";]++|{_QUOTED}|")++', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_ONE_NAME = re.compile(r"[\w/.+-]++", re.ASCII)
_WEIGHT = re.compile(r"[01](?:\.[0-9]{0,6})?", re.ASCII)


def parse_accept(header: str | None) -> tuple[MediaType, ...]:
    """What the client takes, best first: by `q`, then the more exact, then as written.

    Nothing said means anything; () means the client takes nothing at all (`q=0`).
    """
    if header is None or header == ANY.name:
        return (ANY,)
    if _ONE_NAME.fullmatch(header):
        return (MediaType(header.lower()),)
    written = islice(_split(_ENTRIES, header, ","), MAX_MEDIA_TYPES)
    entries = [entry for entry in map(_entry, written) if entry[1].name]
    if not entries:
        return (ANY,)
    wanted = [entry for entry in entries if entry[0]]
    if len(wanted) > 1:
        wanted.sort(key=_preference)
    return tuple(media_type for _, media_type in wanted)


def parse_content_type(header: str | None) -> MediaType:
    """JSON if the client does not say."""
    if header is None or header == JSON.name:
        return JSON
    return _entry(header)[1]


def content_type(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The media type of a body, without its parameters, by the headers as they came."""
    values = (value for name, value in headers if name == b"content-type")
    found = next(values, None)
    return parse_content_type(None if found is None else found.decode("latin-1")).name


def _preference(entry: tuple[float, MediaType]) -> tuple[float, int]:
    weight, media_type = entry
    return -weight, media_type.name.count("*") - len(media_type.parameters)


def _entry(text: str) -> tuple[float, MediaType]:
    name, *parts = list(_split(_PARTS, text, ";")) or [""]
    parameters = [_parameter(part) for part in parts]
    weights = [value for key, value in parameters if key == "q"]
    others = tuple(parameter for parameter in parameters if parameter[0] != "q")
    return _weight(weights[0] if weights else "1"), MediaType(name.lower(), others)


def _split(pattern: re.Pattern[str], text: str, separator: str) -> Iterable[str]:
    """The parts that are not blank; a separator in quotes separates nothing."""
    parts = pattern.findall(text) if '"' in text else text.split(separator)
    return filter(None, map(str.strip, parts))


def _parameter(text: str) -> tuple[str, str]:
    key, _, value = text.partition("=")
    value = value.strip()
    if len(value) > 1 and value[0] == value[-1] == '"':
        value = _ESCAPED.sub(r"\1", value[1:-1])
    return key.strip().lower(), value


def _weight(text: str) -> float:
    return float(text) if _WEIGHT.fullmatch(text) else 1.0
