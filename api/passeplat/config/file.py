"""A configuration file becomes raw settings: PostgREST's `key = "value"` lines, or TOML.

Keys are PostgREST's. A file that ends in .toml may write them with underscores, and lists as
arrays.
"""

import difflib
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from passeplat.config.kinds import Raw
from passeplat.config.model import APP_SETTINGS, SETTINGS
from passeplat.errors import SettingError

_BLANK = re.compile(r"(?:\s+|#[^\n]*)*")
_KEY = re.compile(r"([A-Za-z_][\w.-]*)[ \t]*=[ \t]*")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_WORD = re.compile(r"[^\s#,\]]+")
_WORDS: dict[str, bool] = {"true": True, "on": True, "false": False, "off": False}
_NUMBER = re.compile(r"-?[0-9]{1,18}(?:\.[0-9]{1,18})?(?:[eE][+-]?[0-9]{1,3})?")
_INTERPOLATION = re.compile(r"\$\$|\$\(([A-Za-z_]\w*)\)")


def read_file(path: str, environ: Mapping[str, str]) -> dict[str, Raw]:
    text = read_text(path, path)
    if path.endswith(".toml"):
        return _parse_toml(text, path)
    try:
        return dict(_entries(text, environ))
    except _Malformed as malformed:
        line = text.count("\n", 0, malformed.at) + 1
        raise SettingError(f"{path}, line {line}: {malformed}.") from None


def read_text(path: str, what: str) -> str:
    try:
        return Path(path).read_text("utf-8")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise SettingError(f"Cannot read {what}: {reason}.") from None


class _Malformed(Exception):
    def __init__(self, at: int, expected: str) -> None:
        super().__init__(expected)
        self.at = at


def _entries(text: str, environ: Mapping[str, str]) -> Iterator[tuple[str, Raw]]:
    at = _skip(text, 0)
    while at < len(text):
        key = _KEY.match(text, at)
        if key is None:
            raise _Malformed(at, 'expected a setting such as db-schemas = "api"')
        value, end = _value(text, key.end(), environ)
        yield key[1], value
        at = _skip(text, end)


def _skip(text: str, at: int) -> int:
    blank = _BLANK.match(text, at)
    return blank.end() if blank else at


def _value(text: str, at: int, environ: Mapping[str, str]) -> tuple[Raw, int]:
    if found := _STRING.match(text, at):
        return _string(found[0], at, environ), found.end()
    if text.startswith("[", at):
        return _list(text, at + 1, environ)
    if found := _WORD.match(text, at):
        return _literal(found[0], at), found.end()
    raise _Malformed(at, "expected a value")


def _string(source: str, at: int, environ: Mapping[str, str]) -> str:
    try:
        text: str = json.loads(source, strict=False)
    except ValueError:
        raise _Malformed(at, "this text has an escape other than those of JSON") from None
    return _INTERPOLATION.sub(lambda found: _interpolate(found[1], at, environ), text)


def _interpolate(variable: str | None, at: int, environ: Mapping[str, str]) -> str:
    if variable is None:
        return "$"
    if variable not in environ:
        raise _Malformed(at, f"the environment variable {variable} is not set")
    return environ[variable]


def _list(text: str, at: int, environ: Mapping[str, str]) -> tuple[list[Raw], int]:
    items: list[Raw] = []
    at = _skip(text, at)
    while not text.startswith("]", at):
        if text.startswith("[", at):
            raise _Malformed(at, "a list holds no list")
        item, at = _value(text, at, environ)
        items.append(item)
        at = _skip(text, at)
        if text.startswith(",", at):
            at = _skip(text, at + 1)
    return items, at + 1


def _literal(word: str, at: int) -> Raw:
    if word in _WORDS:
        return _WORDS[word]
    if _NUMBER.fullmatch(word):
        return int(word) if word.lstrip("-").isdigit() else float(word)
    raise _Malformed(at, "expected a number, true, false, or text in double quotes")


def _parse_toml(text: str, path: str) -> dict[str, Raw]:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingError(f"{path}: {error}.") from None
    except RecursionError:
        raise SettingError(f"{path}: its lists are nested too deeply.") from None
    return {known_key(key, path): value for key, value in _settings_of(document)}


def _settings_of(document: Mapping[str, Any]) -> Iterator[tuple[str, Raw]]:
    """The settings of a document; its other tables are other people's."""
    app = document.get("app", {})
    settings = app.get("settings", {}) if isinstance(app, dict) else {}
    if isinstance(settings, dict):
        yield from ((APP_SETTINGS + key, value) for key, value in settings.items())
    yield from ((key, value) for key, value in document.items() if not isinstance(value, dict))


def known_key(key: str, where: str) -> str:
    """The key as settings have it. Raises SettingError, with a guess, if there is none."""
    if key.startswith(APP_SETTINGS):
        return key
    dashed = key.replace("_", "-")
    names = [name for setting in SETTINGS for name in setting.keys]
    if dashed not in names:
        near = difflib.get_close_matches(dashed, names, 1)
        hint = f"; perhaps {near[0]} is meant" if near else ""
        raise SettingError(f"{where}: there is no setting {key}{hint}.")
    return dashed
