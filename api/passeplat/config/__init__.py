"""Every setting, from a file, the environment and the database: text in, Config out."""

from importlib.resources import files

from passeplat.config.checks import is_reserved, secret_bytes, warnings
from passeplat.config.load import DATABASE_NAMES, load_config, reload_config
from passeplat.config.model import SETTINGS, Config, Setting
from passeplat.config.render import dump_config, example_config, render_settings_reference
from passeplat.config.sources import Sources

ROLE_SETTINGS_SQL = (files(__name__) / "role_settings.sql").read_text("utf-8")
SESSION_SETTINGS_SQL = (files(__name__) / "session_settings.sql").read_text("utf-8")

__all__ = [
    "DATABASE_NAMES",
    "ROLE_SETTINGS_SQL",
    "SESSION_SETTINGS_SQL",
    "SETTINGS",
    "Config",
    "Setting",
    "Sources",
    "dump_config",
    "example_config",
    "is_reserved",
    "load_config",
    "reload_config",
    "render_settings_reference",
    "secret_bytes",
    "warnings",
]
