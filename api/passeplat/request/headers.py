"""Header fields: bytes in, texts by lower-case names out, cookies apart."""

from collections.abc import Iterable, Mapping, Sequence

COOKIE = "cookie"


def read_headers(headers: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
    """Fields of one name are joined as RFC 9110 has it: by commas, cookies by semicolons."""
    fields: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name = raw_name.decode("latin-1").lower()
        value = _text(raw_value)
        if name in fields:
            separator = "; " if name == COOKIE else ", "
            value = f"{fields[name]}{separator}{value}"
        fields[name] = value
    return fields


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def without_cookies(fields: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    if COOKIE not in fields:
        return tuple(fields.items())
    return tuple((name, value) for name, value in fields.items() if name != COOKIE)


def read_cookies(fields: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Each name once: browsers send the most specific path first."""
    if COOKIE not in fields:
        return ()
    cookies: dict[str, str] = {}
    for name, value in _cookies(fields[COOKIE]):
        cookies.setdefault(name, value)
    return tuple(cookies.items())


def _cookies(text: str) -> Iterable[tuple[str, str]]:
    for part in text.split(";"):
        name, equals, value = part.partition("=")
        if equals and name.strip():
            yield name.strip(), value.strip()
