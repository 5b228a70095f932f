"""Every setting, from a file, the environment and the database: text in, Config out."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Config:
    admin_server_host: str = "!4"
    admin_server_port: int | None = None
    admin_server_unix_socket: str | None = None
    admin_server_unix_socket_mode: int = 0o660
    app_settings: tuple[tuple[str, str], ...] = ()  # ("app.settings.x", value)
    client_error_verbosity: str = "verbose"
    db_aggregates_enabled: bool = False
    db_anon_role: str | None = None
    db_channel: str = "pgrst"
    db_channel_enabled: bool = True
    db_config: bool = True
    db_extra_search_path: tuple[str, ...] = ("public",)
    db_hoisted_tx_settings: tuple[str, ...] = (
        "statement_timeout",
        "plan_filter.statement_cost_limit",
        "default_transaction_isolation",
    )
    db_max_rows: int | None = None
    db_plan_enabled: bool = False
    db_pool: int = 10
    db_pool_acquisition_timeout: int = 10
    db_pool_automatic_recovery: bool = True
    db_pool_max_idletime: int = 30
    db_pool_max_lifetime: int = 1800
    db_pre_config: str | None = None
    db_pre_request: str | None = None
    db_prepared_statements: bool = True
    db_root_spec: str | None = None
    db_schemas: tuple[str, ...] = ("public",)
    db_tx_end: str = "commit"
    db_uri: str = "postgresql://"
    jwt_aud: str | None = None
    jwt_cache_max_entries: int = 1000
    jwt_role_claim_key: str = "$.role"
    jwt_secret: str | None = None
    jwt_secret_is_base64: bool = False
    log_level: str = "error"
    log_query: bool = False
    openapi_mode: str = "follow-privileges"
    openapi_security_active: bool = False
    openapi_server_proxy_uri: str | None = None
    server_cors_allowed_origins: tuple[str, ...] | None = None
    server_host: str = "!4"
    server_max_body: int = 100 * 1024 * 1024  # ours: bytes
    server_port: int = 3000
    server_reuseport: bool = False
    server_timing_enabled: bool = False
    server_trace_header: str | None = None
    server_unix_socket: str | None = None
    server_unix_socket_mode: int = 0o660
    url_use_legacy_target_names: bool = True
