"""Connection settings as libpq reads them: a URI or `key=value` text, and the PG* environment,
become arguments of `asyncpg.connect`, which reads URIs only and knows fewer keys.

https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlencode

from passeplat import __version__
from passeplat.errors import SettingError

_SCHEME = re.compile(r"postgres(?:ql)?://")
_URI = re.compile(
    r"""(?:(?P<user>[^:@/]*)(?::(?P<password>[^@/]*))?@)?
        (?P<hosts>[^/?]*)
        (?:/(?P<dbname>[^?]*))?
        (?:\?(?P<query>.*))?""",
    re.VERBOSE | re.DOTALL,
)
_HOST = re.compile(r"(?:\[(?P<bracketed>[^\]]*)\]|(?P<plain>[^:\[\]]*))(?::(?P<port>\d*))?")
_PAIR = re.compile(
    r"""\s*(?P<key>[^\s=]+)\s*=\s*
        (?:'(?P<quoted>(?:[^'\\]|\\.)*)'|(?P<bare>(?!')(?:[^\s\\]|\\.)*))(?=\s|$)\s*""",
    re.VERBOSE | re.DOTALL,
)

_TO_ARGUMENT = {"user": "user", "password": "password", "dbname": "database"}
_TO_URI = frozenset(
    {
        "sslmode",
        "sslcert",
        "sslkey",
        "sslrootcert",
        "sslcrl",
        "sslpassword",
        "sslnegotiation",
        "ssl_min_protocol_version",
        "ssl_max_protocol_version",
        "target_session_attrs",
        "passfile",
        "service",
        "krbsrvname",
        "gsslib",
    }
)
"""Keys that asyncpg understands, but only in a URI."""

_TO_SERVER = frozenset({"application_name", "options"})
_READ_HERE = frozenset({"host", "hostaddr", "port", "connect_timeout", "fallback_application_name"})
_IGNORED = frozenset(
    {
        "keepalives",
        "keepalives_idle",
        "keepalives_interval",
        "keepalives_count",
        "tcp_user_timeout",
        "client_encoding",
        "sslcompression",
        "sslsni",
        "load_balance_hosts",
    }
)
"""Tuning, without a counterpart in asyncpg."""

_WITHOUT_EFFECT = {
    "gssencmode": {"disable", "prefer"},
    "channel_binding": {"disable", "prefer"},
    "sslcertmode": {"allow"},
    "requirepeer": {""},
    "require_auth": {""},
    "gssdelegation": {"0"},
}
"""Protections that asyncpg cannot give: their values that ask for none."""

_ENVIRONMENT = {
    "PGAPPNAME": "application_name",
    "PGOPTIONS": "options",
    "PGCONNECT_TIMEOUT": "connect_timeout",
    "PGHOSTADDR": "hostaddr",
    "PGSERVICE": "service",
    "PGCHANNELBINDING": "channel_binding",
    "PGREQUIREPEER": "requirepeer",
    "PGREQUIREAUTH": "require_auth",
    "PGGSSENCMODE": "gssencmode",
}
"""Variables that asyncpg does not read by itself."""

_DEFAULT_PORT = "5432"
_DEFAULT_TIMEOUT = 60  # seconds


def arguments(conninfo: str, environment: Mapping[str, str]) -> dict[str, Any]:
    """Keyword arguments of `asyncpg.connect`. Raises SettingError; no message quotes a value, for
    it might be the password."""
    given = parse(conninfo)
    keys = {key: environment[name] for name, key in _ENVIRONMENT.items() if environment.get(name)}
    keys |= given
    _check(keys)
    timeout = keys.get("connect_timeout", "")
    return {
        "dsn": "postgresql://?" + urlencode({key: keys[key] for key in keys if key in _TO_URI}),
        "server_settings": _server_settings(keys),
        "timeout": float(timeout) if timeout.isdecimal() and timeout != "0" else _DEFAULT_TIMEOUT,
        "service": keys.get("service"),
        "statement_cache_size": 0,
        **{_TO_ARGUMENT[key]: keys[key] for key in keys if key in _TO_ARGUMENT},
        **_addresses(keys, environment),
    }


def parse(conninfo: str) -> dict[str, str]:
    """The keys that are given, under libpq's names; empty ones are left out."""
    scheme = _SCHEME.match(conninfo)
    keys = _parse_uri(conninfo[scheme.end() :]) if scheme else _parse_pairs(conninfo)
    return {key: value for key, value in keys.items() if value}


def _parse_pairs(text: str) -> dict[str, str]:
    keys: dict[str, str] = {}
    position = 0
    while position < len(text.rstrip()):
        pair = _PAIR.match(text, position)
        if pair is None:
            raise SettingError(
                f"The connection settings of db-uri cannot be read at character {position + 1}:"
                " use a postgresql:// URI or key=value pairs, values with blanks in quotes"
            )
        value = pair["quoted"] if pair["quoted"] is not None else pair["bare"]
        keys[pair["key"]] = re.sub(r"\\(.)", r"\1", value, flags=re.DOTALL)
        position = pair.end()
    return keys


def _parse_uri(rest: str) -> dict[str, str]:
    parts = _URI.fullmatch(rest)
    hosts = [_HOST.fullmatch(host) for host in parts["hosts"].split(",")] if parts else []
    if parts is None or None in hosts:
        raise SettingError(
            "The URI in db-uri cannot be read: it should look like"
            " postgresql://user:password@host:port/database?key=value"
        )
    keys = {key: unquote(parts[key] or "") for key in ("user", "password", "dbname")}
    keys["host"] = ",".join(
        unquote(host["bracketed"] or host["plain"] or "") for host in hosts if host
    )
    keys["port"] = ",".join(host["port"] or "" for host in hosts if host)
    for pair in filter(None, (parts["query"] or "").split("&")):
        key, _, value = pair.partition("=")
        keys[unquote(key)] = unquote(value)  # a plus is a plus: libpq knows no other escape
    return {key: "" if value.strip(",") == "" else value for key, value in keys.items()}


def _check(keys: Mapping[str, str]) -> None:
    known = (
        _TO_URI | _TO_SERVER | _READ_HERE | _IGNORED | _WITHOUT_EFFECT.keys() | _TO_ARGUMENT.keys()
    )
    for key, value in keys.items():
        if key not in known:
            raise SettingError(f"db-uri has no connection setting of the name {key!r}")
        if value not in _WITHOUT_EFFECT.get(key, {value}):
            raise SettingError(f"The connection setting {key} cannot be honoured: leave it out")
    if "hostaddr" in keys and keys.get("sslmode") == "verify-full":
        raise SettingError("hostaddr cannot be combined with sslmode=verify-full: use host")


def _server_settings(keys: Mapping[str, str]) -> dict[str, str]:
    fallback = keys.get("fallback_application_name", f"passeplat {__version__}")
    settings = {"application_name": keys.get("application_name", fallback)}
    return settings | ({"options": keys["options"]} if "options" in keys else {})


def _addresses(keys: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, Any]:
    """Hosts and ports, as many of the one as of the other; asyncpg knows libpq's defaults."""
    default = environment.get("PGPORT", _DEFAULT_PORT)
    try:
        ports = [int(port or default) for port in keys.get("port", "").split(",")]
    except ValueError:
        raise SettingError("The port in db-uri or PGPORT is not a number") from None
    hosts = keys.get("hostaddr", keys.get("host", ""))
    found: dict[str, Any] = {"port": ports} if "port" in keys else {}
    if hosts:
        found["host"] = hosts.split(",")
        if len(ports) not in {1, len(found["host"])}:
            raise SettingError(f"{len(ports)} ports cannot be matched to the hosts of db-uri")
    return found
