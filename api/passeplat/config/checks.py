"""A Config that cannot be served is refused with one sentence; old ways of saying get a warning."""

import base64
import binascii
import re

from passeplat.config.js_path import modern
from passeplat.config.json_path import parse_path
from passeplat.config.model import APP_SETTINGS, Config
from passeplat.errors import SettingError

_SECRET_BYTES = 32  # RFC 7518 §3.2: as long as the hash of HS256
_CATALOGS = ("pg_catalog", "information_schema")
_GUC = re.compile(r"[^\W\d][\w$]*(?:\.[^\W\d][\w$]*)*")
_UNRESERVED = r"(?:[\w\-.~!$&'()*+,;=:@/?\[\]]|%[0-9A-Fa-f]{2})*"
_URI = re.compile(rf"[a-z][a-z0-9+.-]*:{_UNRESERVED}(?:#{_UNRESERVED})?", re.ASCII | re.IGNORECASE)
_WEB_URI = re.compile(
    r"https?://(?:[\w\-.]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?(?:/[^\s?#]*)?", re.ASCII | re.IGNORECASE
)


def check(config: Config) -> None:
    _check_server(config)
    _check_database(config)
    _check_tokens(config)


def warnings(config: Config) -> tuple[str, ...]:
    """What to log at start and at every reload of the configuration."""
    path = modern(config.jwt_role_claim_key)
    if path == config.jwt_role_claim_key:
        return ()
    warning = (
        f"jwt-role-claim-key is written in a syntax that PostgREST 18 drops. Write {path} instead;"
        " see docs/reference/settings.md#jwt-role-claim-key"
    )
    return (warning,)


def secret_bytes(config: Config) -> bytes:
    """The secret or the JSON text of keys. Raises SettingError when it is not the base64 it claims.

    The URL-safe alphabet is read too, with dots for padding.
    """
    text = config.jwt_secret or ""
    if not config.jwt_secret_is_base64:
        return text.encode()
    try:
        return base64.b64decode(text.translate(str.maketrans("-_.", "+/=")).strip(), validate=True)
    except (binascii.Error, ValueError):
        raise SettingError("jwt-secret is not the base64 that jwt-secret-is-base64 says.") from None


def _check_server(config: Config) -> None:
    if config.admin_server_port is not None and config.admin_server_port == config.server_port != 0:
        raise SettingError("admin-server-port cannot be the same as server-port")
    proxy = config.openapi_server_proxy_uri
    if proxy is not None and not _WEB_URI.fullmatch(proxy):
        raise SettingError("Malformed proxy uri, a correct example: https://example.com:8443/api")
    for name, _ in config.app_settings:
        if not _GUC.fullmatch(name.removeprefix(APP_SETTINGS)):
            raise SettingError(f"{name} is no name that PostgreSQL gives to a setting.")


def _check_database(config: Config) -> None:
    if config.db_pool < 1:
        raise SettingError("db-pool must be at least 1.")
    for schema in config.db_schemas:
        if schema in _CATALOGS:
            raise SettingError(f"db-schemas does not allow schema: '{schema}'")
    role = config.db_anon_role
    if role is not None and is_reserved(role):
        raise SettingError(f"db-anon-role cannot be {role}: PostgreSQL gives that name a meaning.")


def is_reserved(role: str) -> bool:
    """Whether PostgreSQL reads more than a name: `none` is the login itself, pg_* have powers."""
    return role in {"", "none"} or role.startswith("pg_")


def _check_tokens(config: Config) -> None:
    secret = secret_bytes(config)
    if config.jwt_secret is not None and len(secret) < _SECRET_BYTES:
        raise SettingError("The JWT secret must be at least 32 characters long.")
    if config.jwt_aud is not None and ":" in config.jwt_aud and not _URI.fullmatch(config.jwt_aud):
        raise SettingError("jwt-aud should be a string or a valid URI")
    parse_path(config.jwt_role_claim_key)
