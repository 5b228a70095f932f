"""Where settings come from, which one wins, and what is refused."""

import base64
from pathlib import Path

import pytest

from passeplat.config import (
    DATABASE_NAMES,
    SETTINGS,
    Config,
    load_config,
    reload_config,
    secret_bytes,
    warnings,
)
from passeplat.errors import SettingError

SECRET = "reallyreallyreallyreallyverysafe"


def refusal(environ: dict[str, str], **more: dict[str, str]) -> str:
    with pytest.raises(SettingError) as caught:
        load_config(environ, **more)
    return str(caught.value)


@pytest.mark.proves("CF-3")
def test_nothing_given_is_every_default() -> None:
    assert load_config({}) == Config()


@pytest.mark.proves("CF-3")
def test_a_setting_comes_from_the_environment() -> None:
    assert load_config({"PGRST_DB_MAX_ROWS": "5"}).db_max_rows == 5


def test_our_prefix_wins_over_that_of_postgrest() -> None:
    environ = {"PASSEPLAT_SERVER_PORT": "1", "PGRST_SERVER_PORT": "2"}
    assert load_config(environ).server_port == 1


def test_our_prefix_wins_even_when_it_is_empty() -> None:
    environ = {"PASSEPLAT_SERVER_PORT": "", "PGRST_SERVER_PORT": "2"}
    assert load_config(environ).server_port == 3000


@pytest.mark.proves("CF-3")
@pytest.mark.parametrize("name", ["PGRST_NOT_EXISTING", "PGRST_DB_USE_LEGACY_GUCS", "PGRST_"])
def test_unknown_variables_are_ignored(name: str) -> None:
    assert load_config({name: "x"}) == Config()


@pytest.mark.proves("CF-2")
def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "a.conf"
    file.write_text("db-max-rows = 1\nserver-port = 1")
    config = load_config({"PGRST_DB_MAX_ROWS": "2"}, str(file))
    assert (config.db_max_rows, config.server_port) == (2, 1)


@pytest.mark.proves("CF-2")
def test_the_database_wins_over_the_environment() -> None:
    config = load_config({"PGRST_DB_MAX_ROWS": "2"}, database={"pgrst.db_max_rows": "3"})
    assert config.db_max_rows == 3


def test_the_command_line_wins_over_everything() -> None:
    config = load_config({}, database={"pgrst.db_max_rows": "3"}, overrides={"db-max-rows": "4"})
    assert config.db_max_rows == 4


def test_a_misspelt_setting_on_the_command_line_is_refused() -> None:
    message = "command line: there is no setting db-pol; perhaps db-pool is meant."
    assert refusal({}, overrides={"db-pol": "1"}) == message


@pytest.mark.proves("CF-2")
@pytest.mark.parametrize(
    "name", ["db_uri", "server_port", "admin_server_port", "db_pool", "log_level", "db_channel"]
)
def test_the_database_cannot_set_what_the_process_is(name: str) -> None:
    assert load_config({}, database={f"pgrst.{name}": "7"}) == Config()


@pytest.mark.proves("CF-2", "D4")
def test_the_names_of_the_database_are_postgrests() -> None:
    assert {"pgrst.db_schemas", "pgrst.jwt_secret", "pgrst.db_tx_end"} < set(DATABASE_NAMES)


@pytest.mark.proves("CF-4")
@pytest.mark.parametrize(
    ("variable", "field", "value"),
    [
        ("DB_SCHEMA", "db_schemas", ("7",)),
        ("DB_POOL_TIMEOUT", "db_pool_max_idletime", 7),
        ("MAX_ROWS", "db_max_rows", 7),
        ("PRE_REQUEST", "db_pre_request", "7"),
        ("ROOT_SPEC", "db_root_spec", "7"),
        ("SECRET_IS_BASE64", "jwt_secret_is_base64", True),
    ],
)
def test_older_names_still_work(variable: str, field: str, value: object) -> None:
    assert getattr(load_config({f"PGRST_{variable}": "7"}), field) == value


@pytest.mark.proves("CF-4")
def test_the_older_name_of_the_role_path_still_works() -> None:
    assert load_config({"PGRST_ROLE_CLAIM_KEY": "$.r"}).jwt_role_claim_key == "$.r"


@pytest.mark.proves("CF-4")
def test_a_name_wins_over_its_older_one_wherever_it_is_given(tmp_path: Path) -> None:
    file = tmp_path / "a.conf"
    file.write_text('db-schemas = "new"')
    assert load_config({"PGRST_DB_SCHEMA": "old"}, str(file)).db_schemas == ("new",)


@pytest.mark.proves("CF-3")
def test_a_list_may_have_blanks_after_its_commas() -> None:
    environ = {"PGRST_DB_SCHEMAS": "multi,   tenant,setup"}
    assert load_config(environ).db_schemas == ("multi", "tenant", "setup")


def test_a_schema_name_may_hold_any_character_but_a_comma() -> None:
    name = 'SPECIAL "@/\\#~_-'
    assert load_config({"PGRST_DB_SCHEMAS": f"v1,{name}"}).db_schemas == ("v1", name)


@pytest.mark.proves("CF-3")
@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.key)
def test_an_empty_value_is_the_default(setting: object) -> None:
    field = setting.field
    config = load_config({f"PGRST_{field.upper()}": ""})
    expected = () if field == "db_extra_search_path" else getattr(Config(), field)
    assert getattr(config, field) == expected


@pytest.mark.proves("CF-5")
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("TRUE", True),
        ('"true"', True),
        ("1", True),
        ("-3", True),
        ("0", False),
        ("FALSE", False),
        ('"False"', False),
        ("perhaps", True),
    ],
)
def test_booleans_are_read_as_postgrest_does(text: str, value: bool) -> None:
    assert load_config({"PGRST_DB_CHANNEL_ENABLED": text}).db_channel_enabled is value


@pytest.mark.proves("CF-5")
@pytest.mark.parametrize("text", ["x", "1.5", "0x10", "", "9" * 30, "1_000", "٣"])
def test_what_is_no_integer_counts_as_not_set(text: str) -> None:
    assert load_config({"PGRST_DB_POOL": text}).db_pool == 10


@pytest.mark.parametrize(
    ("text", "size"),
    [("100", 100), ("100MiB", 100 * 2**20), ("2 kB", 2000), ("1GiB", 2**30), ("5B", 5)],
)
def test_a_size_is_bytes_or_has_a_unit(text: str, size: int) -> None:
    assert load_config({"PASSEPLAT_SERVER_MAX_BODY": text}).server_max_body == size


@pytest.mark.parametrize("text", ["0", "-1", "many", "1.5MB", "1 TB", "0MiB"])
def test_a_size_that_is_none_is_refused(text: str) -> None:
    message = "server-max-body must be a number of bytes above zero, such as 100MiB."
    assert refusal({"PASSEPLAT_SERVER_MAX_BODY": text}) == message


@pytest.mark.proves("CF-3")
def test_app_settings_keep_the_case_of_their_names() -> None:
    environ = {"PGRST_APP_SETTINGS_someKey": "a", "PASSEPLAT_APP_SETTINGS_b": "c"}
    settings = (("app.settings.b", "c"), ("app.settings.someKey", "a"))
    assert load_config(environ).app_settings == settings


def test_app_settings_of_other_types_are_text(tmp_path: Path) -> None:
    file = tmp_path / "a.conf"
    file.write_text("app.settings.a = true\napp.settings.b = 7\n")
    settings = (("app.settings.a", "true"), ("app.settings.b", "7"))
    assert load_config({}, str(file)).app_settings == settings


@pytest.mark.parametrize("name", ["a-b", "", "1a", "a.", "a b", "a'"])
def test_an_app_setting_postgresql_could_not_name_is_refused(name: str) -> None:
    message = f"app.settings.{name} is no name that PostgreSQL gives to a setting."
    assert refusal({f"PGRST_APP_SETTINGS_{name}": "x"}) == message


@pytest.mark.parametrize("value", ["a\0b", "\ud800"])
def test_text_that_postgresql_cannot_hold_is_refused(value: str) -> None:
    message = "db-anon-role holds characters that are no UTF-8 text."
    assert refusal({"PGRST_DB_ANON_ROLE": value}) == message


@pytest.mark.proves("CF-7")
@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("LOG_LEVEL", "Invalid logging level. Check your configuration."),
        ("DB_TX_END", "Invalid transaction termination. Check your configuration."),
        ("OPENAPI_MODE", "Invalid openapi-mode. Check your configuration."),
        ("CLIENT_ERROR_VERBOSITY", "Invalid client-error-verbosity. Check your configuration."),
    ],
)
def test_a_word_outside_the_choice_is_refused(name: str, sentence: str) -> None:
    assert refusal({f"PGRST_{name}": "invalid"}) == sentence


@pytest.mark.proves("CF-7")
@pytest.mark.parametrize(
    "end", ["commit", "commit-allow-override", "rollback", "rollback-allow-override"]
)
def test_a_transaction_ends_in_one_of_four_ways(end: str) -> None:
    assert load_config({"PGRST_DB_TX_END": end}).db_tx_end == end


@pytest.mark.proves("CF-7", "server-unix-socket-mode", "admin-server-unix-socket-mode")
@pytest.mark.parametrize("which", ["server", "admin-server"])
@pytest.mark.parametrize(
    ("mode", "why"),
    [
        ("800", "not an octal"),
        ("rw", "not an octal"),
        ("599", "not an octal"),
        ("577", "needs to be between 600 and 777"),
        ("1000", "needs to be between 600 and 777"),
        ("-660", "needs to be between 600 and 777"),
    ],
)
def test_a_socket_mode_is_an_octal_of_bounds(which: str, mode: str, why: str) -> None:
    variable = f"PGRST_{which.upper().replace('-', '_')}_UNIX_SOCKET_MODE"
    assert refusal({variable: mode}) == f"Invalid {which}-unix-socket-mode: {why}"


@pytest.mark.parametrize(("mode", "value"), [("600", 0o600), ("777", 0o777)])
def test_a_socket_mode_may_be_at_the_bounds(mode: str, value: int) -> None:
    config = load_config({"PGRST_SERVER_UNIX_SOCKET_MODE": mode})
    assert config.server_unix_socket_mode == value


@pytest.mark.proves("CF-7")
def test_both_servers_cannot_have_one_port() -> None:
    message = "admin-server-port cannot be the same as server-port"
    assert refusal({"PGRST_ADMIN_SERVER_PORT": "3000"}) == message


def test_both_servers_may_take_any_free_port() -> None:
    environ = {"PGRST_ADMIN_SERVER_PORT": "0", "PGRST_SERVER_PORT": "0"}
    assert load_config(environ).admin_server_port == 0


@pytest.mark.proves("admin-server-host")
def test_the_admin_server_is_on_the_host_of_the_server() -> None:
    assert load_config({"PGRST_SERVER_HOST": "::1"}).admin_server_host == "::1"


def test_an_empty_host_of_the_admin_server_is_that_of_the_server() -> None:
    environ = {"PGRST_SERVER_HOST": "::1", "PGRST_ADMIN_SERVER_HOST": ""}
    assert load_config(environ).admin_server_host == "::1"


@pytest.mark.proves("admin-server-host")
def test_the_admin_server_may_have_a_host_of_its_own() -> None:
    environ = {"PGRST_SERVER_HOST": "::1", "PGRST_ADMIN_SERVER_HOST": "::2"}
    assert load_config(environ).admin_server_host == "::2"


@pytest.mark.proves("CF-7")
@pytest.mark.parametrize("schema", ["pg_catalog", "information_schema"])
@pytest.mark.parametrize("form", ["{}", "api, {}", "{},api"])
def test_a_catalogue_is_never_exposed(schema: str, form: str) -> None:
    message = f"db-schemas does not allow schema: '{schema}'"
    assert refusal({"PGRST_DB_SCHEMAS": form.format(schema)}) == message


@pytest.mark.parametrize("role", ["none", "pg_read_all_data"])
def test_the_anonymous_role_is_not_one_of_postgresqls_own(role: str) -> None:
    assert role in refusal({"PGRST_DB_ANON_ROLE": role})


def test_a_pool_has_at_least_one_connection() -> None:
    assert refusal({"PGRST_DB_POOL": "0"}) == "db-pool must be at least 1."


@pytest.mark.proves("CF-7")
@pytest.mark.parametrize(
    "uri", ["ftp://x", "x", "https://", "https:///x", "http://a b", "https://a:port"]
)
def test_a_proxy_uri_is_a_web_address(uri: str) -> None:
    assert refusal({"PGRST_OPENAPI_SERVER_PROXY_URI": uri}).startswith("Malformed proxy uri")


@pytest.mark.parametrize("uri", ["https://a.b/c/", "http://localhost:80", "http://[::1]:3000/x"])
def test_a_web_address_is_a_proxy_uri(uri: str) -> None:
    config = load_config({"PGRST_OPENAPI_SERVER_PROXY_URI": uri})
    assert config.openapi_server_proxy_uri == uri


@pytest.mark.proves("CF-7")
@pytest.mark.parametrize("audience", ["http://%%$^x", "a b:c", "://x", "1a:b", "x:{y}", "a:%zz"])
def test_an_audience_with_a_colon_is_a_uri(audience: str) -> None:
    message = "jwt-aud should be a string or a valid URI"
    assert refusal({"PGRST_JWT_AUD": audience}) == message


@pytest.mark.parametrize("audience", ["my api", "https://a.b/c?d#e", "urn:x:y", "http://[::1]/"])
def test_an_audience_is_text_or_a_uri(audience: str) -> None:
    assert load_config({"PGRST_JWT_AUD": audience}).jwt_aud == audience


@pytest.mark.proves("CF-7", "J-06")
@pytest.mark.parametrize("path", ["role", "$.", "$[", ".a[", ".a[?(@ == x)]", "$.a || $.b", "$$.a"])
def test_a_role_path_that_cannot_be_read_is_refused(path: str) -> None:
    message = f"failed to parse role-claim-key value ({path})"
    assert refusal({"PGRST_JWT_ROLE_CLAIM_KEY": path}) == message


@pytest.mark.proves("CF-7", "J-02")
def test_a_short_secret_is_refused() -> None:
    message = "The JWT secret must be at least 32 characters long."
    assert refusal({"PGRST_JWT_SECRET": SECRET[1:]}) == message


@pytest.mark.proves("CF-7", "jwt-secret-is-base64")
def test_a_secret_that_is_short_out_of_its_base64_is_refused() -> None:
    environ = {
        "PGRST_JWT_SECRET": base64.b64encode(b"x" * 31).decode(),
        "PGRST_JWT_SECRET_IS_BASE64": "true",
    }
    assert refusal(environ) == "The JWT secret must be at least 32 characters long."


@pytest.mark.proves("CF-7", "jwt-secret-is-base64")
def test_a_secret_that_is_no_base64_is_refused() -> None:
    environ = {"PGRST_JWT_SECRET": "%" * 40, "PGRST_JWT_SECRET_IS_BASE64": "true"}
    assert refusal(environ) == "jwt-secret is not the base64 that jwt-secret-is-base64 says."


@pytest.mark.proves("J-02")
@pytest.mark.parametrize("form", [str, lambda text: text.translate(str.maketrans("+/=", "-_."))])
def test_base64_may_be_that_of_urls(form: object) -> None:
    secret = b"\xfb\xff\xfe" * 11
    environ = {
        "PGRST_JWT_SECRET": form(base64.b64encode(secret).decode()),
        "PGRST_JWT_SECRET_IS_BASE64": "true",
    }
    assert secret_bytes(load_config(environ)) == secret


@pytest.mark.proves("CF-8", "J-02")
@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
@pytest.mark.parametrize("content", [SECRET.encode(), "é".encode() * 20, b"\xff\0" * 20, b"@" * 40])
def test_a_secret_may_be_in_a_file(tmp_path: Path, content: bytes, end: bytes) -> None:
    file = tmp_path / "secret"
    file.write_bytes(content + end)
    config = load_config({"PGRST_JWT_SECRET": f"@{file}"})
    assert secret_bytes(config) == content


@pytest.mark.proves("CF-8")
def test_a_secret_in_base64_may_be_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "secret.b64"
    file.write_bytes(base64.b64encode(SECRET.encode()) + b"\n")
    environ = {"PGRST_JWT_SECRET": f"@{file}", "PGRST_JWT_SECRET_IS_BASE64": "true"}
    assert secret_bytes(load_config(environ)) == SECRET.encode()


def test_an_empty_file_is_no_secret(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("\n")
    message = "The JWT secret must be at least 32 characters long."
    assert refusal({"PGRST_JWT_SECRET": f"@{file}"}) == message


def test_a_missing_file_of_a_secret_is_refused() -> None:
    message = "Cannot read the file of jwt-secret: No such file or directory."
    assert refusal({"PGRST_JWT_SECRET": "@/nowhere/at/all"}) == message


@pytest.mark.proves("CF-8", "db-uri")
@pytest.mark.parametrize("end", ["", "\n"])
def test_the_address_of_the_database_may_be_in_a_file(tmp_path: Path, end: str) -> None:
    file = tmp_path / "uri"
    file.write_text(f"host=x dbname=y{end}")
    assert load_config({"PGRST_DB_URI": f"@{file}"}).db_uri == "host=x dbname=y"


def test_what_holds_from_start_to_end_survives_a_reload() -> None:
    current = load_config({"PGRST_SERVER_PORT": "1", "PGRST_DB_MAX_ROWS": "1"})
    loaded = load_config({"PGRST_SERVER_PORT": "2", "PGRST_DB_MAX_ROWS": "2"})
    config = reload_config(current, loaded)
    assert (config.server_port, config.db_max_rows) == (1, 2)


def test_a_reload_takes_new_app_settings() -> None:
    loaded = load_config({"PGRST_APP_SETTINGS_a": "b"})
    assert reload_config(Config(), loaded).app_settings == (("app.settings.a", "b"),)


@pytest.mark.proves("J-06")
def test_the_older_syntax_of_the_role_path_is_warned_of_with_the_new() -> None:
    (warning,) = warnings(load_config({"PGRST_JWT_ROLE_CLAIM_KEY": '.a."b c"[0]'}))
    assert '$.a["b c"][0]' in warning
    assert "jwt-role-claim-key" in warning


def test_the_newer_syntax_of_the_role_path_is_not_warned_of() -> None:
    assert warnings(Config()) == ()


@pytest.mark.parametrize("field", ["jwt_secret", "db_uri"])
def test_a_secret_is_not_in_the_representation(field: str) -> None:
    secret = "s" * 40
    assert secret not in repr(load_config({f"PGRST_{field.upper()}": secret}))


def test_every_field_is_a_setting() -> None:
    fields = {setting.field for setting in SETTINGS}
    assert fields | {"app_settings"} == set(Config.__dataclass_fields__)
