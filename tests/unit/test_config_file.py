"""What a configuration file may say, in PostgREST's format and in TOML."""

from pathlib import Path

import pytest

from passeplat.config import Config, load_config
from passeplat.errors import SettingError


def load(tmp_path: Path, text: str, name: str = "a.conf", **environ: str) -> Config:
    file = tmp_path / name
    file.write_bytes(text.encode())
    return load_config(environ, str(file))


def refusal(tmp_path: Path, text: str, name: str = "a.conf") -> str:
    with pytest.raises(SettingError) as caught:
        load(tmp_path, text, name)
    return str(caught.value).replace(f"{tmp_path}/", "")


def test_text_is_in_double_quotes(tmp_path: Path) -> None:
    assert load(tmp_path, 'db-anon-role = "web"').db_anon_role == "web"


def test_text_has_the_escapes_of_json(tmp_path: Path) -> None:
    assert load(tmp_path, r'jwt-aud = "\"a\" \\ \u00e9"').jwt_aud == '"a" \\ é'


def test_text_may_go_over_several_lines(tmp_path: Path) -> None:
    assert load(tmp_path, 'jwt-aud = "a\nb"\nserver-port = 1').jwt_aud == "a\nb"


def test_numbers_and_booleans_need_no_quotes(tmp_path: Path) -> None:
    config = load(tmp_path, "db-max-rows = 100\ndb-config = false\nlog-query = on")
    assert (config.db_max_rows, config.db_config, config.log_query) == (100, False, True)


def test_numbers_and_booleans_may_have_quotes(tmp_path: Path) -> None:
    config = load(tmp_path, 'db-max-rows = "100"\ndb-config = "FALSE"\nlog-query = "1"')
    assert (config.db_max_rows, config.db_config, config.log_query) == (100, False, True)


@pytest.mark.proves("CF-5")
def test_a_number_may_be_a_boolean(tmp_path: Path) -> None:
    config = load(tmp_path, "db-config = 0\nlog-query = 0.5")
    assert (config.db_config, config.log_query) == (False, True)


@pytest.mark.proves("CF-5")
@pytest.mark.parametrize(
    "line", ["db-pool = true", 'db-pool = "x"', "db-pool = [1]", "db-pool = 1.5"]
)
def test_a_value_of_another_type_counts_as_not_set(tmp_path: Path, line: str) -> None:
    assert load(tmp_path, line) == Config()


@pytest.mark.parametrize("line", ["server-host = 1", "db-schemas = 1", "log-level = 1"])
def test_text_of_another_type_counts_as_not_set(tmp_path: Path, line: str) -> None:
    assert load(tmp_path, line) == Config()


def test_a_list_may_be_an_array(tmp_path: Path) -> None:
    config = load(tmp_path, 'db-schemas = [ "a", # first\n "b",\n ]\nserver-port = 1')
    assert (config.db_schemas, config.server_port) == (("a", "b"), 1)


def test_a_dollar_is_written_twice(tmp_path: Path) -> None:
    assert load(tmp_path, 'jwt-role-claim-key = "$$.a"').jwt_role_claim_key == "$.a"


def test_a_dollar_alone_is_a_dollar(tmp_path: Path) -> None:
    assert load(tmp_path, 'jwt-role-claim-key = "$.a"').jwt_role_claim_key == "$.a"


def test_a_variable_of_the_environment_may_be_named(tmp_path: Path) -> None:
    assert load(tmp_path, 'db-anon-role = "$(WHO)_x"', WHO="web").db_anon_role == "web_x"


def test_a_variable_that_is_not_set_is_refused(tmp_path: Path) -> None:
    message = "a.conf, line 2: the environment variable WHO is not set."
    assert refusal(tmp_path, '\ndb-anon-role = "$(WHO)"') == message


def test_comments_and_blank_lines_are_nothing(tmp_path: Path) -> None:
    config = load(tmp_path, '# ünï\n\n  db-anon-role = "ñ" # "x\n#server-port = 1')
    assert config == load_config({"PGRST_DB_ANON_ROLE": "ñ"})


@pytest.mark.proves("CF-3")
def test_unknown_keys_are_ignored(tmp_path: Path) -> None:
    assert load(tmp_path, 'no-such-key = "x"\nserver_port = 1') == Config()


@pytest.mark.proves("CF-1")
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("server-port", 'line 1: expected a setting such as db-schemas = "api".'),
        ("\n\n= 1", 'line 3: expected a setting such as db-schemas = "api".'),
        ("server-port =", "line 1: expected a value."),
        ("db-anon-role = web", "line 1: expected a number, true, false, or text in double quotes."),
        (
            'db-anon-role = "web',
            "line 1: expected a number, true, false, or text in double quotes.",
        ),
        (r'jwt-aud = "\x"', "line 1: this text has an escape other than those of JSON."),
        ('db-schemas = ["a"', "line 1: expected a value."),
        ("db-schemas = [[1]]", "line 1: a list holds no list."),
    ],
)
def test_a_file_that_cannot_be_read_names_the_line(tmp_path: Path, text: str, message: str) -> None:
    assert refusal(tmp_path, text) == f"a.conf, {message}"


def test_a_secret_without_quotes_is_not_repeated(tmp_path: Path) -> None:
    assert "hush" not in refusal(tmp_path, "jwt-secret = hush")


@pytest.mark.proves("CF-1")
def test_a_missing_file_is_refused() -> None:
    with pytest.raises(SettingError, match=r"Cannot read /no/file: No such file or directory\."):
        load_config({}, "/no/file")


def test_a_file_that_is_no_utf_8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.conf").write_bytes(b"\xff")
    with pytest.raises(SettingError, match=r"it is not UTF-8 text\."):
        load_config({}, str(tmp_path / "a.conf"))


def test_toml_has_dashes_or_underscores(tmp_path: Path) -> None:
    config = load(tmp_path, "db-max-rows = 5\nserver_port = 6", "passeplat.toml")
    assert (config.db_max_rows, config.server_port) == (5, 6)


def test_toml_has_lists(tmp_path: Path) -> None:
    config = load(tmp_path, 'db-schemas = ["v1", "v2"]\ndb_extra_search_path = []', "a.toml")
    assert (config.db_schemas, config.db_extra_search_path) == (("v1", "v2"), ())


def test_toml_has_app_settings_in_a_table(tmp_path: Path) -> None:
    config = load(tmp_path, "[app.settings]\nsome_Key = 'a'\nb = 1", "a.toml")
    assert config.app_settings == (("app.settings.b", "1"), ("app.settings.some_Key", "a"))


def test_other_tables_of_toml_are_ignored(tmp_path: Path) -> None:
    assert load(tmp_path, "[app]\nsettings = 1\n[dev]\nserver-port = 1", "a.toml") == Config()


def test_a_misspelt_setting_in_toml_is_refused_with_a_guess(tmp_path: Path) -> None:
    message = "a.toml: there is no setting db_anon_rol; perhaps db-anon-role is meant."
    assert refusal(tmp_path, "db_anon_rol = 'x'", "a.toml") == message


def test_toml_that_cannot_be_read_names_the_line(tmp_path: Path) -> None:
    assert "at line 1" in refusal(tmp_path, "server-port = \nx = 1", "a.toml")
