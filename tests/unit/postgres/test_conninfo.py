"""libpq's ways of naming a database, as asyncpg wants it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passeplat import __version__
from passeplat.errors import SettingError
from passeplat.postgres import conninfo

CASES = {
    "": {},
    "  ": {},
    "postgresql://": {},
    "postgresql://?": {},
    "postgres:///shop": {"dbname": "shop"},
    "postgresql://ann@db/shop": {"user": "ann", "host": "db", "dbname": "shop"},
    "postgresql://ann:p%40ss@db:5433/shop": {
        "user": "ann",
        "password": "p@ss",
        "host": "db",
        "port": "5433",
        "dbname": "shop",
    },
    "postgresql://ann:a#b?c[d]@db": {"user": "ann", "password": "a#b?c[d]", "host": "db"},
    "postgresql://ann@/shop?host=/run/db": {"user": "ann", "dbname": "shop", "host": "/run/db"},
    "postgresql://%2Frun%2Fdb/shop": {"host": "/run/db", "dbname": "shop"},
    "postgresql://[::1]:5433/shop": {"host": "::1", "port": "5433", "dbname": "shop"},
    "postgresql://a:1,b:2/shop": {"host": "a,b", "port": "1,2", "dbname": "shop"},
    "postgresql://a,b/shop": {"host": "a,b", "dbname": "shop"},
    "postgresql:///?user=ann&options=-c%20a%3Db+c": {"user": "ann", "options": "-c a=b+c"},
    "host=db port=5433": {"host": "db", "port": "5433"},
    "host = db  dbname= shop": {"host": "db", "dbname": "shop"},
    r"password='it\'s a \\ word' user=ann": {"password": r"it's a \ word", "user": "ann"},
    r"password=a\ b": {"password": "a b"},
    "user='' dbname=shop": {"dbname": "shop"},
    "password=it's": {"password": "it's"},
}


@pytest.mark.parametrize(("text", "keys"), CASES.items())
def test_settings_are_read_as_libpq_reads_them(text: str, keys: dict[str, str]) -> None:
    assert conninfo.parse(text) == keys


@pytest.mark.parametrize(
    "text",
    ["shop", "host=db secret", "password='secret", "postgresql://a:secret/shop", "=secret"],
)
def test_what_cannot_be_read_is_refused_without_being_quoted(text: str) -> None:
    with pytest.raises(SettingError) as caught:
        conninfo.parse(text)
    assert "secret" not in str(caught.value)


@given(
    st.dictionaries(st.sampled_from(["user", "password", "dbname", "host"]), st.text(min_size=1))
)
def test_quoted_values_are_any_text(keys: dict[str, str]) -> None:
    escaped = {key: value.replace("\\", "\\\\").replace("'", "\\'") for key, value in keys.items()}
    text = " ".join(f"{key}='{value}'" for key, value in escaped.items())
    assert conninfo.parse(text) == keys


def arguments(text: str, **environment: str) -> dict[str, object]:
    return conninfo.arguments(text, environment)


def test_hosts_and_ports_come_in_pairs() -> None:
    given_ = arguments("postgresql://a:1,b/shop")
    assert (given_["host"], given_["port"]) == (["a", "b"], [1, 5432])


def test_a_missing_port_is_the_environments() -> None:
    assert arguments("host=a,b port=1,", PGPORT="7")["port"] == [1, 7]


def test_what_asyncpg_finds_by_itself_is_left_to_it() -> None:
    assert arguments("").keys().isdisjoint({"host", "port", "user", "password", "database"})


@pytest.mark.parametrize("text", ["host=a,b,c port=1,2", "host=a port=x"])
def test_ports_that_fit_no_host_are_refused(text: str) -> None:
    with pytest.raises(SettingError):
        arguments(text)


@pytest.mark.parametrize(
    ("text", "environment", "name"),
    [
        ("", {}, f"passeplat {__version__}"),
        ("host=db", {}, f"passeplat {__version__}"),
        ("", {"PGAPPNAME": "mine"}, "mine"),
        ("application_name=theirs", {"PGAPPNAME": "mine"}, "theirs"),
        ("fallback_application_name=theirs", {}, "theirs"),
    ],
)
def test_the_application_has_a_name(text: str, environment: dict[str, str], name: str) -> None:
    assert conninfo.arguments(text, environment)["server_settings"] == {"application_name": name}


def test_options_reach_the_server() -> None:
    settings = arguments("options='-c geqo=off'")["server_settings"]
    assert settings == {
        "application_name": f"passeplat {__version__}",
        "options": "-c geqo=off",
    }


def test_tls_settings_reach_asyncpg_in_a_uri() -> None:
    dsn = arguments("sslmode=verify-full sslrootcert='/a b/root.crt'")["dsn"]
    assert dsn == "postgresql://?sslmode=verify-full&sslrootcert=%2Fa+b%2Froot.crt"


def test_tuning_without_a_counterpart_is_ignored() -> None:
    assert arguments("keepalives_idle=30") == arguments("")


@pytest.mark.parametrize("text", ["channel_binding=require", "requirepeer=postgres"])
def test_a_protection_that_cannot_be_given_is_refused(text: str) -> None:
    with pytest.raises(SettingError, match="cannot be honoured"):
        arguments(text)


def test_a_protection_asked_for_by_the_environment_is_refused_too() -> None:
    with pytest.raises(SettingError, match="channel_binding"):
        arguments("", PGCHANNELBINDING="require")


def test_the_default_of_a_protection_is_accepted() -> None:
    assert arguments("channel_binding=prefer gssencmode=disable") == arguments("")


def test_an_unknown_setting_is_named() -> None:
    with pytest.raises(SettingError, match="'hots'"):
        arguments("hots=db")


@pytest.mark.parametrize(
    ("text", "timeout"), [("connect_timeout=3", 3.0), ("connect_timeout=0", 60)]
)
def test_the_time_to_connect_can_be_set(text: str, timeout: float) -> None:
    assert arguments(text)["timeout"] == timeout


def test_an_address_cannot_stand_in_for_a_verified_name() -> None:
    with pytest.raises(SettingError, match="verify-full"):
        arguments("host=db hostaddr=10.0.0.1 sslmode=verify-full")


def test_an_address_spares_looking_up_the_name() -> None:
    assert arguments("host=db hostaddr=10.0.0.1")["host"] == ["10.0.0.1"]
