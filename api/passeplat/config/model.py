"""Every setting with its type, default and meaning: what loads, dumps and documents it."""

from collections.abc import Callable
from dataclasses import Field, dataclass, field, fields
from typing import Any

from passeplat.config.kinds import (
    BOOLEAN,
    INTEGER,
    MODE,
    NAMES,
    NAMES_OR_NONE,
    SIZE,
    TEXT,
    Kind,
    bounded,
    choice,
    hide,
    hide_password,
)


@dataclass(frozen=True, slots=True)
class Setting:
    """A field of Config, under the names people know it by."""

    field: str
    default: Any
    kind: Kind
    help: str
    database: bool = False  # can be set in the database
    reloadable: bool = True  # a reload of the configuration changes it
    alias: str | None = None  # PostgREST's older name
    hide: Callable[[str], str] | None = None  # what a dump shows of a secret; repr() shows nothing

    @property
    def key(self) -> str:
        """As files have it: db-max-rows."""
        return self.field.replace("_", "-")

    @property
    def keys(self) -> tuple[str, ...]:
        return (self.key,) if self.alias is None else (self.key, self.alias)


def _setting(default: Any, kind: Kind, text: str, **more: Any) -> Any:
    metadata = {"kind": kind, "help": text, **more}
    return field(default=default, repr="hide" not in more, metadata=metadata)


def _fixed(default: Any, kind: Kind, text: str, **more: Any) -> Any:
    return _setting(default, kind, text, reloadable=False, **more)


def _everywhere(default: Any, kind: Kind, text: str, **more: Any) -> Any:
    return _setting(default, kind, text, database=True, **more)


_VERBOSITY = choice(
    "Invalid client-error-verbosity. Check your configuration.", "verbose", "minimal"
)
_TX_END = choice(
    "Invalid transaction termination. Check your configuration.",
    "commit",
    "commit-allow-override",
    "rollback",
    "rollback-allow-override",
)
_LOG_LEVEL = choice(
    "Invalid logging level. Check your configuration.", "crit", "error", "warn", "info", "debug"
)
_OPENAPI_MODE = choice(
    "Invalid openapi-mode. Check your configuration.",
    "follow-privileges",
    "ignore-privileges",
    "disabled",
)
_HOISTED = (
    "statement_timeout",
    "plan_filter.statement_cost_limit",
    "default_transaction_isolation",
)


@dataclass(frozen=True, slots=True)
class Config:
    admin_server_host: str = _fixed(
        "!4", TEXT, "The address of the admin server; server-host unless given."
    )
    admin_server_port: int | None = _fixed(
        None,
        INTEGER,
        "The port of the admin server: health, metrics, schema cache. None: no server.",
    )
    admin_server_unix_socket: str | None = _fixed(
        None, TEXT, "The path of a unix socket for the admin server; wins over admin-server-port."
    )
    admin_server_unix_socket_mode: int = _fixed(
        0o660, MODE, "The file mode of admin-server-unix-socket."
    )
    app_settings: tuple[tuple[str, str], ...] = _setting(  # ("app.settings.x", value)
        (),
        TEXT,
        "Text that SQL reads in every request with current_setting('app.settings.x'); x is yours.",
        hide=hide,
    )
    client_error_verbosity: str = _everywhere(
        "verbose",
        _VERBOSITY,
        "With minimal, error bodies are without details and hint.",
    )
    db_aggregates_enabled: bool = _everywhere(
        False, BOOLEAN, "Whether select= may use sum(), avg(), count(), max() and min()."
    )
    db_anon_role: str | None = _everywhere(
        None, TEXT, "The role of requests without a role of their own. None: they are refused."
    )
    db_channel: str = _setting("pgrst", TEXT, "The channel on which NOTIFY asks for a reload.")
    db_channel_enabled: bool = _setting(True, BOOLEAN, "Whether to listen on db-channel.")
    db_config: bool = _setting(True, BOOLEAN, "Whether settings are also read from the database.")
    db_extra_search_path: tuple[str, ...] = _everywhere(
        ("public",),
        NAMES_OR_NONE,
        "Schemas on the search path of every request after the exposed one; they are not exposed.",
    )
    db_hoisted_tx_settings: tuple[str, ...] = _everywhere(
        _HOISTED, NAMES, "Settings of a function that apply to the whole transaction that calls it."
    )
    db_max_rows: int | None = _everywhere(
        None, INTEGER, "The most rows a read may return. None: no limit.", alias="max-rows"
    )
    db_plan_enabled: bool = _everywhere(
        False, BOOLEAN, "Whether a client may ask for the execution plan. Not for production."
    )
    db_pool: int = _fixed(10, INTEGER, "The most connections to the database.")
    db_pool_acquisition_timeout: int = _fixed(
        10, INTEGER, "Seconds a request waits for a connection before it is answered with 504."
    )
    db_pool_automatic_recovery: bool = _setting(
        True, BOOLEAN, "Whether to reconnect when the database is lost, rather than to exit."
    )
    db_pool_max_idletime: int = _fixed(
        30, INTEGER, "Seconds after which an unused connection is closed.", alias="db-pool-timeout"
    )
    db_pool_max_lifetime: int = _fixed(
        1800, INTEGER, "Seconds after which a connection is replaced, however busy."
    )
    db_pre_config: str | None = _everywhere(
        None, TEXT, "A function, schema-qualified, that sets pgrst.* settings when they are read."
    )
    db_pre_request: str | None = _everywhere(
        None,
        TEXT,
        "A function, schema-qualified, called in each request's transaction before the query.",
        alias="pre-request",
    )
    db_prepared_statements: bool = _everywhere(
        True, BOOLEAN, "Whether statements are prepared; off for some connection poolers."
    )
    db_root_spec: str | None = _everywhere(
        None, TEXT, "A function that answers requests for / instead of OpenAPI.", alias="root-spec"
    )
    db_schemas: tuple[str, ...] = _everywhere(
        ("public",), NAMES, "The exposed schemas; the first is the default.", alias="db-schema"
    )
    db_tx_end: str = _everywhere(
        "commit",
        _TX_END,
        "How transactions end, and whether a client may choose with Prefer: tx=.",
        reloadable=False,
    )
    db_uri: str = _fixed(
        "postgresql://",
        TEXT,
        "The database: a URI or key=value pairs as libpq reads them, or @file to read either from"
        " a file. What it leaves out comes from PGHOST, PGUSER and the like.",
        hide=hide_password,
    )
    jwt_aud: str | None = _everywhere(
        None, TEXT, "The audience a token must name, if it names any: text, or a URI."
    )
    jwt_cache_max_entries: int = _everywhere(
        1000, INTEGER, "How many verified tokens are remembered. 0: none."
    )
    jwt_role_claim_key: str = _everywhere(
        "$.role",
        TEXT,
        "Where in a token the role is: an RFC 9535 JSONPath, of the functions only search().",
        alias="role-claim-key",
    )
    jwt_secret: str | None = _everywhere(
        None,
        TEXT,
        "What verifies tokens: a secret of 32 bytes or more, a JWK, a JWKS, or @file to read either"
        " from a file. None: requests with a token are refused.",
        hide=hide,
    )
    jwt_secret_is_base64: bool = _everywhere(
        False, BOOLEAN, "Whether jwt-secret is in base64.", alias="secret-is-base64"
    )
    log_level: str = _setting(
        "error", _LOG_LEVEL, "What is logged: each word includes those before."
    )
    log_query: bool = _setting(False, BOOLEAN, "Whether the SQL of requests is logged.")
    openapi_mode: str = _everywhere(
        "follow-privileges",
        _OPENAPI_MODE,
        "Whether / shows what the role may use, everything, or nothing.",
    )
    openapi_security_active: bool = _everywhere(
        False, BOOLEAN, "Whether OpenAPI says that requests carry a token."
    )
    openapi_server_proxy_uri: str | None = _everywhere(
        None, TEXT, "The base URL of the API in OpenAPI, behind a proxy.", reloadable=False
    )
    server_cors_allowed_origins: tuple[str, ...] | None = _everywhere(
        None, NAMES, "The origins whose scripts may use the API. None: all.", reloadable=False
    )
    server_host: str = _fixed(
        "!4",
        TEXT,
        "The address to listen on. *: any; *4: any, IPv4 first; !4: any of IPv4; so *6, !6.",
    )
    server_max_body: int = _setting(
        100 * 1024 * 1024, SIZE, "The largest request body that is accepted. Not in PostgREST."
    )
    server_max_url: int = _setting(
        60 * 1024,  # httptools reads 64 KiB
        SIZE,
        "The longest path and query string, together, that are accepted. Not in PostgREST.",
    )
    server_port: int = _fixed(3000, INTEGER, "The port to listen on. 0: a free one.")
    server_reuseport: bool = _fixed(
        False, BOOLEAN, "Whether a second instance may take over the port without a pause."
    )
    server_timing_enabled: bool = _everywhere(
        False, BOOLEAN, "Whether responses have a Server-Timing header."
    )
    server_trace_header: str | None = _everywhere(
        None, TEXT, "The name of a request header that is repeated in the response."
    )
    server_unix_socket: str | None = _fixed(
        None, TEXT, "The path of a unix socket to listen on, instead of host and port."
    )
    server_unix_socket_mode: int = _fixed(0o660, MODE, "The file mode of server-unix-socket.")
    url_max_depth: int = _setting(
        32,
        bounded(1, 64),
        "How deep a query string may nest: embeds, parentheses, steps into JSON. Not in PostgREST.",
    )
    url_max_embeds: int = _setting(
        50,
        bounded(0, 1_000),
        "How many embeds a query string may have, all told. Not in PostgREST.",
    )
    url_max_items: int = _setting(
        2_000,
        bounded(1, 5_000),
        "How much a query string may ask for: selected fields, embeds, filters, terms to order by,"
        " all told. Not in PostgREST.",
    )
    url_use_legacy_target_names: bool = _everywhere(
        True, BOOLEAN, "Whether an embed that has an alias may still be filtered by its own name."
    )


def _described(described: "Field[Any]") -> Setting:
    return Setting(described.name, described.default, **described.metadata)


APP_SETTINGS = "app.settings."
SETTINGS = tuple(_described(each) for each in fields(Config) if each.name != "app_settings")
APP_SETTING = next(_described(each) for each in fields(Config) if each.name == "app_settings")
