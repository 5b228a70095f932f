"""Whatever a file, the environment or the database says, it is a Config or a SettingError."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import example, given
from hypothesis import strategies as st

from passeplat.config import Config, dump_config, load_config
from passeplat.config.load import DATABASE_NAMES
from passeplat.config.model import SETTINGS
from passeplat.errors import SettingError

KEYS = [key for setting in SETTINGS for key in setting.keys]
PIECES = st.sampled_from(
    [
        *KEYS,
        *("app.settings.x", "app", "[app]", "[app.settings]", " ", "\n", "=", " = ", '"', "'"),
        *('""', '"""', "'''", "[", "]", "[[", "{", "}", ",", "#", "$", "$$", "$(HOME)", "$(", "\\"),
        *("\\u00e9", "\\ud800", "\\x", "true", "off", "0", "-1", "1e9", "1e999", "0x1f", "8080"),
        *(
            "é",
            "\0",
            "@/dev/null",
            "$.role",
            ".a.b",
            "rollback",
            "postgresql://",
            "inf",
            "1979-05-27",
        ),
    ]
)
CONTENTS = st.binary() | st.lists(PIECES, max_size=30).map(lambda parts: "".join(parts).encode())
VALUES = st.text(max_size=20) | st.lists(PIECES, max_size=6).map("".join)


def outcome(
    environ: Mapping[str, str], file: str | None = None, database: Mapping[str, str] | None = None
) -> None:
    with suppress(SettingError):
        config = load_config(environ, file, database)
        assert isinstance(config, Config)
        assert dump_config(config, show_secrets=True)


@given(st.sampled_from(["settings.conf", "settings.toml"]), CONTENTS)
@example("settings.toml", b"a = " + b"[" * 10_000)
@example("settings.conf", b"db-schemas = " + b"[" * 10_000)
def test_any_file_is_settings_or_refused(name: str, content: bytes) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        outcome({}, str(path))


@given(st.lists(st.tuples(st.sampled_from(KEYS), VALUES), max_size=4).map(dict))
def test_any_environment_is_settings_or_refused(given_: dict[str, str]) -> None:
    outcome({f"PGRST_{key.upper().replace('-', '_')}": value for key, value in given_.items()})


@given(st.lists(st.tuples(st.sampled_from(DATABASE_NAMES), VALUES), max_size=4).map(dict))
def test_any_settings_of_the_database_are_settings_or_refused(given_: dict[str, str]) -> None:
    outcome({}, database=given_)
