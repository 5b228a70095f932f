"""Files, environment, database and command line become one Config, or one sentence of refusal."""

import base64
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from passeplat.config.checks import check
from passeplat.config.file import known_key, read_file
from passeplat.config.kinds import Raw
from passeplat.config.model import APP_SETTINGS, SETTINGS, Config, Setting
from passeplat.errors import SettingError

_PREFIXES = ("PGRST_", "PASSEPLAT_")  # of environment variables, the stronger last
_APP_VARIABLE = "APP_SETTINGS_"
_VARIABLES = {key.upper().replace("-", "_"): key for each in SETTINGS for key in each.keys}
_DATABASE_KEYS = {f"pgrst.{each.field}": each.key for each in SETTINGS if each.database}
_UNSPEAKABLE = re.compile("[\0\ud800-\udfff]")
DATABASE_NAMES = tuple(_DATABASE_KEYS)


def load_config(
    environ: Mapping[str, str],
    file: str | None = None,
    database: Mapping[str, str] | None = None,
    overrides: Mapping[str, str] | None = None,
    pipes: dict[str, bytes] | None = None,
) -> Config:
    """The configuration of a process. Raises SettingError.

    `database` holds `pgrst.*` settings as role_settings.sql and session_settings.sql report them,
    `overrides` keys such as server-port from the command line. The order of strength is file,
    environment, database, overrides; but a name wins over its alias wherever either is given.
    `pipes` remembers what can be read only once, such as @/dev/stdin.
    """
    raw = {
        **(read_file(file, environ) if file is not None else {}),
        **_read_environment(environ),
        **{_DATABASE_KEYS[k]: v for k, v in (database or {}).items() if k in _DATABASE_KEYS},
        **{known_key(k, "command line"): v for k, v in (overrides or {}).items()},
    }
    for key, value in raw.items():
        _refuse_unspeakable(key, value)
    values = dict(_typed(raw))
    config = Config(**values, app_settings=tuple(sorted(_app_settings(raw))))
    config = _with_files(config, {} if pipes is None else pipes)
    if "admin_server_host" not in values:
        config = replace(config, admin_server_host=config.server_host)
    check(config)
    return config


def reload_config(current: Config, loaded: Config) -> Config:
    """What was loaded again, but for the settings that hold from start to end of a process."""
    kept = {each.field: getattr(current, each.field) for each in SETTINGS if not each.reloadable}
    return replace(loaded, **kept)


def _read_environment(environ: Mapping[str, str]) -> dict[str, Raw]:
    raw: dict[str, Raw] = {}
    for prefix in _PREFIXES:
        names = [name for name in environ if name.startswith(prefix)]
        keys = {name: _key_of(name.removeprefix(prefix)) for name in names}
        raw |= {key: environ[name] for name, key in keys.items() if key is not None}
    return raw


def _key_of(variable: str) -> str | None:
    if variable.startswith(_APP_VARIABLE):
        return APP_SETTINGS + variable.removeprefix(_APP_VARIABLE)
    return _VARIABLES.get(variable)


def _refuse_unspeakable(key: str, value: Raw) -> None:
    """PostgreSQL takes neither NUL nor what is not Unicode text."""
    texts = value if isinstance(value, list) else [value]
    if any(isinstance(text, str) and _UNSPEAKABLE.search(text) for text in texts):
        raise SettingError(f"{key} holds characters that are no UTF-8 text.")


def _typed(raw: Mapping[str, Raw]) -> Iterator[tuple[str, Any]]:
    for setting in SETTINGS:
        value = _value(setting, raw)
        if value is not None:
            yield setting.field, value


def _value(setting: Setting, raw: Mapping[str, Raw]) -> Any:
    given = (setting.kind.read(setting.key, raw[key]) for key in setting.keys if key in raw)
    return next((value for value in given if value is not None), None)


def _app_settings(raw: Mapping[str, Raw]) -> Iterator[tuple[str, str]]:
    for key, value in raw.items():
        if key.startswith(APP_SETTINGS):
            yield key, str(value).lower() if isinstance(value, bool) else str(value)


def _with_files(config: Config, pipes: dict[str, bytes]) -> Config:
    """`@path` stands for the content of a file, less the newline at its end."""
    if config.db_uri.startswith("@"):
        content = _read(config.db_uri[1:], "db-uri", pipes)
        config = replace(config, db_uri=_decoded(content).rstrip("\r\n"))
    if config.jwt_secret is not None and config.jwt_secret.startswith("@"):
        content = _read(config.jwt_secret[1:], "jwt-secret", pipes)
        config = _with_secret(config, content.removesuffix(b"\n").removesuffix(b"\r"))
    return config


def _read(path: str, key: str, pipes: dict[str, bytes]) -> bytes:
    if path in pipes:
        return pipes[path]
    try:
        content = Path(path).read_bytes()
        lasting = Path(path).is_file()
    except OSError as error:
        raise SettingError(f"Cannot read the file of {key}: {error.strerror}.") from None
    if not lasting:
        pipes[path] = content
    return content


def _decoded(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise SettingError("Cannot read the file of db-uri: it is not UTF-8 text.") from None


def _with_secret(config: Config, content: bytes) -> Config:
    """Binary content, and what would read as another @path, is held in base64."""
    text = content.decode(errors="replace")
    plain = text.encode() == content and "\0" not in text and not text.startswith("@")
    if config.jwt_secret_is_base64 or plain:
        return replace(config, jwt_secret=text)
    encoded = base64.b64encode(content).decode()
    return replace(config, jwt_secret=encoded, jwt_secret_is_base64=True)
