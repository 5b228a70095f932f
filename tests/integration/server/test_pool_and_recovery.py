"""Connections: how many at once, how long one waits, and what becomes of a database that goes."""

import re
import time
from threading import Thread

import pytest

from .conftest import Home, Server, Start, token, until

proves = pytest.mark.proves
TIMEOUT = "Timed out acquiring connection from connection pool."


class Requests:
    """Requests that run at the same time."""

    def __init__(self, server: Server, times: int, seconds: float) -> None:
        self.statuses: list[int] = []
        path = f"/rpc/sleep?seconds={seconds}"
        self._threads = [Thread(target=self._ask, args=(server, path)) for _ in range(times)]
        for each in self._threads:
            each.start()

    def _ask(self, server: Server, path: str) -> None:
        self.statuses.append(server.get(path).status_code)

    def wait(self) -> list[int]:
        for each in self._threads:
            each.join()
        return sorted(self.statuses)


def sleeping(home: Home) -> int:
    [(count,)] = home.fetch(
        "select count(*) from pg_stat_activity where usename = $1 and wait_event = 'PgSleep'",
        home.login,
    )
    return int(count)


@proves("DB-3", "db-pool", "AD-2")
def test_as_many_requests_run_at_once_as_the_pool_is_large(start: Start, home: Home) -> None:
    server = start(db_pool=2)
    assert server.metric("pgrst_db_pool_max") == 2
    start_time = time.monotonic()
    requests = Requests(server, 4, 0.4)
    until(lambda: sleeping(home) == 2)
    until(lambda: server.metric("pgrst_db_pool_waiting") == 2)
    assert server.metric("pgrst_db_pool_available") == 0
    assert requests.wait() == [204] * 4
    assert time.monotonic() - start_time >= 0.8
    until(lambda: server.metric("pgrst_db_pool_available") == 2)
    assert server.metric("pgrst_db_pool_waiting") == 0


@proves("PGRST003", "db-pool-acquisition-timeout", "DB-4", "AD-2")
def test_who_waits_too_long_for_a_connection_is_told_so(start: Start, home: Home) -> None:
    server = start(db_pool=1, db_pool_acquisition_timeout=1, log_level="error")
    holding = Requests(server, 1, 5)
    until(lambda: sleeping(home) == 1)
    waiting = Requests(server, 5, 0)
    answer = server.get("/notes")
    assert answer.status_code == 504
    assert answer.json() == {"code": "PGRST003", "details": None, "hint": None, "message": TIMEOUT}
    assert waiting.wait() == [504] * 5
    holding.wait()
    assert server.metric("pgrst_db_pool_timeouts_total") == 6
    server.wait_for(" more requests")
    assert server.errors.count(TIMEOUT) < 6  # they come at once: most are told together
    assert server.output.count('" 504 ') == 6


NEEDS_NO_DATABASE = {
    "GET /notes/1/text": 404,
    "TRACE /notes": 405,
    "PATCH /rpc/who": 405,
    "OPTIONS /notes": 200,
    "OPTIONS /rpc/who": 200,
    "OPTIONS /": 200,
    "GET /notes?select=*,nothing(*)": 400,
    "GET /nothing": 404,
    "GET /notes?id=is.nothing": 400,
    "POST /notes?columns=nothing": 400,
}


@proves("DB-5", "TX-6")
def test_what_needs_no_database_takes_no_connection(start: Start, home: Home) -> None:
    server = start(db_pool=1, db_pool_acquisition_timeout=1)
    holding = Requests(server, 1, 3)
    until(lambda: sleeping(home) == 1)
    answers = {line: server.ask(*line.split(" ", 1)).status_code for line in NEEDS_NO_DATABASE}
    forged = f"Bearer {token(home.author, 'a secret that is not ours at all')}"
    refused = server.get("/notes", Authorization=forged).status_code
    assert sleeping(home) == 1
    assert (answers, refused) == (NEEDS_NO_DATABASE, 401)
    holding.wait()


@proves("PGRST001", "H-12", "DB-8")
def test_a_request_whose_backend_ends_is_told_to_try_again(start: Start, home: Home) -> None:
    server = start(db_pool=1)
    request = Requests(server, 1, 20)
    until(lambda: sleeping(home) == 1)
    home.end_backends("%sleep%")
    assert request.wait() == [503]
    server.wait_for('"message":"Database client error. Retrying the connection."')
    assert '"code":"PGRST001"' in server.errors
    until(lambda: server.get("/notes").status_code == 200, server.errors)
    assert server.metric("pgrst_db_pool_available") >= 0


@proves("CL-5", "SC-2")
def test_who_was_not_listening_reloads(start: Start, home: Home) -> None:
    server = start()
    home.run("create table api.later (id int); grant select on api.later to public")
    home.end_backends("LISTEN%")
    server.wait_for('Failed listening for database notifications on the "pgrst" channel.')
    until(lambda: server.get("/later").status_code == 200, server.errors)


@proves("db-pool-automatic-recovery", "DB-2")
def test_without_recovery_a_lost_database_ends_the_program(start: Start, home: Home) -> None:
    server = start(db_pool_automatic_recovery="false")
    home.end_backends()
    assert server.wait() == 1
    assert "db-pool-automatic-recovery is false" in server.errors


@proves("CL-5", "PGRST000")
def test_a_database_that_is_away_is_waited_for(start: Start, home: Home) -> None:
    server = start(db_pool_max_idletime=1)
    home.run(f'alter role "{home.login}" connection limit 0')
    home.end_backends()
    until(lambda: server.get("/notes").status_code == 503, server.errors)
    answer = server.get("/notes")
    assert answer.json()["code"] == "PGRST000"
    assert answer.json()["message"] == "Database connection error."
    assert re.search(r"Trying again in 1 seconds", server.errors)
    home.run(f'alter role "{home.login}" connection limit -1')
    until(lambda: server.get("/notes").status_code == 200, server.errors)
    server.wait_until_ready()


@proves("DB-9", "40001")
def test_a_conflict_is_told_at_once_and_not_tried_again(start: Start, home: Home) -> None:
    home.run(
        "create sequence api.attempts; grant all on api.attempts to public",
        "create function api.conflict() returns void language plpgsql as $$ begin"
        " perform nextval('api.attempts'); raise exception 'conflict' using errcode = '40001';"
        " end $$",
    )
    answer = start().ask("POST", "/rpc/conflict")
    assert (answer.status_code, answer.json()["code"]) == (500, "40001")
    assert home.fetch("select last_value from api.attempts") == [(1,)]


@proves("CL-4", "LI-1")
def test_the_listener_can_be_seen(start: Start, home: Home) -> None:
    start()
    assert home.fetch(
        "select application_name like 'passeplat %' from pg_stat_activity"
        " where usename = $1 and query ilike 'listen \"pgrst\"'",
        home.login,
    ) == [(True,)]
