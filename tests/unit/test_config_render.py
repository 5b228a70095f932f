"""A configuration as text: dumps that can be read back, the example, the manual."""

import string
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passeplat.config import (
    SETTINGS,
    Config,
    Setting,
    dump_config,
    example_config,
    load_config,
    render_settings_reference,
)

_ROOT = Path(__file__).parents[2]


def read_back(text: str) -> Config:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "dump.conf"
        file.write_bytes(text.encode())
        return load_config({}, str(file))


_texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)
_plain = _texts.filter(lambda text: not text.startswith("@"))
_names = st.lists(
    _texts.map(lambda text: text.replace(",", "").strip()).filter(bool), min_size=1, max_size=3
).map(tuple)
_booleans = st.booleans()
_values = {
    "admin_server_host": _plain,
    "admin_server_port": st.integers(-1, 2999) | st.none(),
    "app_settings": st.dictionaries(
        st.text(string.ascii_letters, min_size=1).map("app.settings.{}".format), _texts, max_size=3
    ).map(lambda settings: tuple(sorted(settings.items()))),
    "db_config": _booleans,
    "db_extra_search_path": _names | st.just(()),
    "db_max_rows": st.integers(0, 10**17) | st.none(),
    "db_pre_request": _plain | st.none(),
    "db_tx_end": st.sampled_from(["commit", "rollback-allow-override"]),
    "db_uri": _plain,
    "jwt_role_claim_key": st.sampled_from(["$.role", ".role", '$["a$b"][0]']),
    "jwt_secret": st.text(string.printable, min_size=32).filter(lambda text: text[0] != "@")
    | st.none(),
    "openapi_security_active": _booleans,
    "server_cors_allowed_origins": _names | st.none(),
    "server_max_body": st.integers(1, 10**12),
    "server_unix_socket_mode": st.integers(0o600, 0o777),
}
_configs = st.fixed_dictionaries({}, optional=_values).map(lambda some: Config(**some))


@pytest.mark.proves("CF-9")
@given(_configs)
def test_a_dump_reads_back_as_the_same_configuration(config: Config) -> None:
    assert read_back(dump_config(config, show_secrets=True)) == config


@pytest.mark.proves("CF-9")
@given(_configs)
def test_a_dump_of_what_was_dumped_is_the_same_text(config: Config) -> None:
    text = dump_config(config, show_secrets=True)
    assert dump_config(read_back(text), show_secrets=True) == text


@pytest.mark.proves("CF-9")
def test_a_dump_has_every_setting_sorted() -> None:
    keys = [line.partition(" = ")[0] for line in dump_config(Config()).splitlines()]
    assert keys == sorted(setting.key for setting in SETTINGS)


@pytest.mark.proves("CF-9")
@pytest.mark.parametrize(
    "line",
    [
        'server-host = "!4"',
        'db-max-rows = ""',
        "db-pool = 10",
        "db-config = true",
        'db-schemas = "public"',
        'server-unix-socket-mode = "660"',
        'jwt-role-claim-key = "$$.role"',
    ],
)
def test_a_dump_is_written_as_postgrest_does(line: str) -> None:
    assert line in dump_config(Config()).splitlines()


@pytest.mark.parametrize(
    "uri",
    [
        "postgresql://u:hush/quiet@h:5/d",
        "postgresql://u:hush@quiet@h/d",
        "postgresql://u:hush@h,g:quiet@h/d",
        "postgresql://h/d?user=u&password=hush%20quiet",
        "postgresql://h/d?sslpassword=hush&x=y",
        "host=h password=hush&quiet",
        "host=h PASSWORD = 'hush \\' quiet' dbname=d",
        r"password=hush\ quiet",
    ],
)
def test_a_password_is_hidden(uri: str) -> None:
    text = dump_config(Config(db_uri=uri))
    assert "hush" not in text
    assert "quiet" not in text


def test_an_address_without_a_password_is_shown() -> None:
    uri = "postgresql://authenticator@h:5432/shop"
    assert f'db-uri = "{uri}"' in dump_config(Config(db_uri=uri))


def test_what_surrounds_a_password_is_shown() -> None:
    text = dump_config(Config(db_uri="postgresql://u:p@h:5432/d"))
    assert 'db-uri = "postgresql://u:(hidden)@h:5432/d"' in text


@pytest.mark.parametrize("secret", ["s" * 40, "x=://y@z" * 5])
def test_the_secret_is_hidden(secret: str) -> None:
    assert 'jwt-secret = "(hidden)"\n' in dump_config(Config(jwt_secret=secret))


def test_app_settings_are_hidden() -> None:
    config = Config(app_settings=(("app.settings.key", "s3cret"),))
    assert 'app.settings.key = "(hidden)"' in dump_config(config)


def test_a_hidden_secret_cannot_be_read_back_as_one() -> None:
    text = dump_config(Config(jwt_secret="s" * 40))
    with pytest.raises(Exception, match="at least 32 characters"):
        read_back(text)


def test_the_example_is_every_default_commented_out() -> None:
    assert read_back(example_config()) == Config()


def test_the_example_says_every_default() -> None:
    lines = example_config().splitlines()
    settings = [line.removeprefix("# ") for line in lines if " = " in line]
    assert read_back("\n".join(settings)) == Config()
    assert len(settings) == len(SETTINGS)


def test_the_manual_of_settings_is_up_to_date() -> None:
    """To write it anew: Path("docs/reference/settings.md").write_text(render_…reference())."""
    file = _ROOT / "docs" / "reference" / "settings.md"
    assert file.read_text("utf-8") == render_settings_reference()


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.key)
def test_every_setting_has_a_heading_and_a_sentence(setting: Setting) -> None:
    assert f"\n## {setting.key}\n\n{setting.help}\n" in render_settings_reference()
    assert setting.help.endswith(".")


def test_app_settings_have_a_heading() -> None:
    assert "\n## app.settings.*\n" in render_settings_reference()


def test_a_changed_value_changes_the_dump() -> None:
    assert dump_config(replace(Config(), db_pool=11)) != dump_config(Config())
