"""A raw value of a file, the environment or the database becomes the typed value of a setting.

A kind is lenient where PostgREST is: what is empty or of another type counts as not set. It
raises SettingError where PostgREST refuses to start.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from passeplat.errors import SettingError

Raw = str | int | float | bool | list[Any]

_INTEGER = re.compile(r"\s*-?[0-9]{1,18}\s*")
_SIZE = re.compile(r"\s*([0-9]{1,18})\s*(|B|kB|MB|GB|KiB|MiB|GiB)\s*")
_UNITS = {
    "": 1,
    "B": 1,
    "kB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "KiB": 2**10,
    "MiB": 2**20,
    "GiB": 2**30,
}
_MODES = range(0o600, 0o777 + 1)


@dataclass(frozen=True, slots=True)
class Kind:
    name: str  # for the manual
    read: Callable[[str, Raw], Any]  # key and raw value; None: as if it were not set
    show: Callable[[Any], str]  # as a config file writes it


def quoted(text: str) -> str:
    """A string of a config file, where a dollar would begin an interpolation."""
    return json.dumps(text, ensure_ascii=False).replace("$", "$$")


HIDDEN = "(hidden)"
_URI_PASSWORD = re.compile(r"(?<=://)([^:@/?#]*):.*(?=@)", re.DOTALL)
_PASSWORD = re.compile(
    r"(\b(?:ssl)?password\s*=\s*)(?:'(?:[^'\\]|\\.)*'|(?:\\.|\S)*)", re.DOTALL | re.IGNORECASE
)


def hide(_value: str) -> str:
    return HIDDEN


def hide_password(uri: str) -> str:
    """Of a database's address, in either of libpq's forms; rather too much than too little."""
    return _PASSWORD.sub(rf"\1{HIDDEN}", _URI_PASSWORD.sub(rf"\1:{HIDDEN}", uri))


def _text(_key: str, raw: Raw) -> str | None:
    return raw if isinstance(raw, str) and raw else None


def _integer(_key: str, raw: Raw) -> int | None:
    match raw:
        case bool():
            return None
        case int():
            return raw
        case str() if _INTEGER.fullmatch(raw):
            return int(raw)
        case _:
            return None


def _boolean(key: str, raw: Raw) -> bool | None:
    match raw:
        case bool() | int() | float():
            return raw != 0
        case str():
            word = raw.strip().strip("\"'").lower()
            number = _integer(key, word)
            return {"true": True, "false": False}.get(word) if number is None else number != 0
        case _:
            return None


def split_names(raw: Raw) -> tuple[str, ...] | None:
    """The names of a comma-separated list or of an array; None for another type."""
    text = ",".join(map(str, raw)) if isinstance(raw, list) else raw
    if not isinstance(text, str):
        return None
    return tuple(name for part in text.split(",") if (name := part.strip()))


def _size(key: str, raw: Raw) -> int | None:
    if raw == "":
        return None
    found = _SIZE.fullmatch(str(raw))
    if found is None or (size := int(found[1]) * _UNITS[found[2]]) == 0:
        raise SettingError(f"{key} must be a number of bytes above zero, such as 100MiB.")
    return size


def bounded(low: int, high: int) -> Kind:
    """An integer between two bounds."""

    def read(key: str, raw: Raw) -> int | None:
        if raw == "":
            return None
        number = _integer(key, raw)
        if number is None or not low <= number <= high:
            raise SettingError(f"{key} must be a number from {low} to {high}.")
        return number

    return Kind(f"integer, {low:,} to {high:,}", read, str)


def _mode(key: str, raw: Raw) -> int | None:
    text = str(raw)
    if not text:
        return None
    try:
        mode = int(text, 8)
    except ValueError:
        raise SettingError(f"Invalid {key}: not an octal") from None
    if mode not in _MODES:
        raise SettingError(f"Invalid {key}: needs to be between 600 and 777")
    return mode


def choice(refusal: str, *words: str) -> Kind:
    """One of some words; another word is refused with the sentence."""

    def read(_key: str, raw: Raw) -> str | None:
        if isinstance(raw, str) and raw and raw not in words:
            raise SettingError(refusal)
        return _text(_key, raw)

    return Kind(" | ".join(f"`{word}`" for word in words), read, quoted)


def _show_names(names: tuple[str, ...]) -> str:
    return quoted(",".join(names))


TEXT = Kind("text", _text, quoted)
INTEGER = Kind("integer", _integer, str)
BOOLEAN = Kind("boolean", _boolean, lambda value: str(value).lower())
NAMES = Kind("list", lambda _key, raw: split_names(raw) or None, _show_names)
NAMES_OR_NONE = Kind("list; empty means none", lambda _key, raw: split_names(raw), _show_names)
SIZE = Kind("size: bytes, or with a unit (`kB`, `MB`, `GB`, `KiB`, `MiB`, `GiB`)", _size, str)
MODE = Kind("octal file mode, 600 to 777", _mode, lambda mode: quoted(f"{mode:o}"))
