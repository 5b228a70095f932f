"""What operators ask: the settings in force, the schema cache, whether a server is ready."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from passeplat.config import Config, Sources
from passeplat.errors import SettingError
from passeplat.server.admin import ready_check
from passeplat.server.reload import FAILURES, read_schema_cache, read_settings
from passeplat.server.report import schema_cache_json
from passeplat.server.service import advice

T = TypeVar("T")


def settings(sources: Sources, *, with_database: bool) -> Config:
    """Raises SettingError."""
    return _asked(read_settings(sources)) if with_database else sources.load()


def schema_cache(sources: Sources) -> str:
    """As JSON. Raises SettingError."""
    return schema_cache_json(_asked(read_schema_cache(sources))).decode()


def readiness(sources: Sources) -> tuple[bool, str]:
    """Whether the server of these settings is ready, and a line to print."""
    return ready_check(sources.load())


def _asked(question: Coroutine[Any, Any, T]) -> T:
    """The answer of the database, or a sentence that says why there is none."""
    try:
        return asyncio.run(question)
    except SettingError:
        raise
    except FAILURES as error:
        raise SettingError(advice(error)) from error
