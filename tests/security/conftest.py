"""A server in front of the reference application with hostile functions in it."""

from collections.abc import Callable, Iterator

import pytest
from tests.security.hostile import load_hostile
from tests.serving import Served, serving


@pytest.fixture(scope="session")
def hostile(clone_for_session: Callable[[Callable[[str], None]], str]) -> Iterator[Served]:
    """It logs all there is to log, and repeats a header."""
    database = clone_for_session(load_hostile)
    with serving(
        database,
        log_level="debug",
        log_query="true",
        server_trace_header="X-Trace",
        server_cors_allowed_origins="https://app.example.com, https://shop.example.com",
        app_settings_secret="the-application-s-secret",
    ) as served:
        yield served
