"""The admin server: alive, ready, counted, shown; and nothing of it on the public port."""

import re
from pathlib import Path

import pytest

from .conftest import Home, Start, token, until

proves = pytest.mark.proves
COUNTERS = {
    "pgrst_schema_cache_query_time_seconds": "gauge",
    "pgrst_schema_cache_loads_total": "counter",
    "pgrst_db_pool_timeouts_total": "counter",
    "pgrst_db_pool_available": "gauge",
    "pgrst_db_pool_waiting": "gauge",
    "pgrst_db_pool_max": "gauge",
    "pgrst_jwt_cache_requests_total": "counter",
    "pgrst_jwt_cache_hits_total": "counter",
    "pgrst_jwt_cache_evictions_total": "counter",
    "passeplat_shared_reads_total": "counter",
}


@proves("AD-1", "AD-2", "T-28", "admin-server-port")
def test_the_admin_server_tells_of_the_main_one(start: Start) -> None:
    server = start()
    pages = ("/live", "/ready", "/metrics", "/schema_cache", "/", "/notes", "/config")
    statuses = {page: server.admin(page).status_code for page in pages}
    assert statuses == {
        **dict.fromkeys(pages, 404),
        "/live": 200,
        "/ready": 200,
        "/metrics": 200,
        "/schema_cache": 200,
    }
    metrics = server.admin("/metrics")
    assert metrics.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert dict(re.findall(r"^# TYPE (\S+) (\S+)$", metrics.text, re.MULTILINE)) == COUNTERS
    assert server.metric('pgrst_schema_cache_loads_total{status="FAIL"}') == 0
    assert 0 < server.metric("pgrst_schema_cache_query_time_seconds") < 60
    assert sorted(server.admin("/schema_cache").json()) == [
        "dbMediaHandlers",
        "dbRelationships",
        "dbRepresentations",
        "dbRoutines",
        "dbTables",
    ]
    public = {page: server.get(page).status_code for page in pages if page not in ("/", "/notes")}
    assert set(public.values()) == {404}


@proves("AD-1", "server-unix-socket")
def test_a_server_that_nobody_reaches_is_not_alive(start: Start, tmp_path: Path) -> None:
    path = tmp_path / "main"
    server = start(server_unix_socket=str(path), db_channel_enabled="false")
    assert (server.admin("/live").status_code, server.ready()) == (200, 200)
    path.unlink()
    assert (server.admin("/live").status_code, server.ready()) == (500, 500)


@proves("J-09", "AD-2", "jwt-cache-max-entries")
def test_tokens_are_remembered_up_to_a_number(start: Start, home: Home) -> None:
    server = start(jwt_cache_max_entries=2)

    def use(*names: str) -> tuple[float, float, float]:
        for name in names:
            bearer = f"Bearer {token(home.author, name=name)}"
            assert server.get("/rpc/who", Authorization=bearer).json() == home.author
        return tuple(  # type: ignore[return-value]
            server.metric(f"pgrst_jwt_cache_{what}_total")
            for what in ("requests", "hits", "evictions")
        )

    assert use("a", "a") == (2, 1, 0)
    assert use("b", "c") == (4, 1, 1)
    assert use("a") == (5, 2, 1)  # it was asked for, so that the other went
    for bad in (token(home.author, "a secret that is not ours at all"), token(home.author, exp=1)):
        assert server.get("/notes", Authorization=f"Bearer {bad}").status_code == 401
    assert server.metric("pgrst_jwt_cache_hits_total") == 2


@proves("AD-2")
def test_a_borrowed_connection_comes_back(start: Start, home: Home) -> None:
    server = start(db_pool=1)
    server.get("/notes")
    until(lambda: server.metric("pgrst_db_pool_available") == 1)


@proves("T-28")
def test_the_admin_server_keeps_secrets_to_itself(start: Start) -> None:
    server = start(environ={"PGRST_APP_SETTINGS_KEY": "opensesame"})
    said = server.admin("/metrics").text + server.admin("/schema_cache").text
    assert "opensesame" not in said
    assert "a secret of the tests" not in said
