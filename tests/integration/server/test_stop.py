"""The end of a server, and two of them on one port: nobody is turned away."""

import signal
from itertools import count
from threading import Event, Thread

import httpx
import pytest

from .conftest import Home, Server, Start, until

proves = pytest.mark.proves


def asleep(home: Home) -> bool:
    """Whether a request is under way in the database."""
    return bool(
        home.fetch(
            "select from pg_stat_activity where usename = $1 and wait_event = 'PgSleep'",
            home.login,
        )
    )


@proves("CL-2")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_requests_in_flight_are_finished(start: Start, home: Home, number: signal.Signals) -> None:
    server = start(log_level="crit")
    answers: list[httpx.Response] = []
    request = Thread(target=lambda: answers.append(server.get("/rpc/sleep?seconds=1")))
    request.start()
    until(lambda: asleep(home))
    server.send(number)
    request.join()
    assert server.wait() == 0
    assert answers[0].status_code == 204
    assert answers[0].headers["Connection"] == "close"
    assert f"Received {number.name}" in server.errors
    assert home.sessions() == 0


@proves("CL-2", "server-reuseport")
def test_another_instance_takes_over_without_a_failed_request(start: Start) -> None:
    first = start(server_reuseport="true")
    done, failed, answered = Event(), list[object](), count()

    def ask() -> None:
        while not done.is_set():
            try:
                with httpx.Client(base_url=first.url) as client:
                    for _ in range(3):
                        client.get("/notes").raise_for_status()
                next(answered)
            except httpx.HTTPError as error:
                failed.append(error)

    asking = [Thread(target=ask) for _ in range(2)]
    for each in asking:
        each.start()
    second = start(server_reuseport="true", server_port=first.port)
    first.stop()
    before = next(answered)
    until(lambda: next(answered) > before + 20)
    done.set()
    for each in asking:
        each.join()
    assert failed == []
    assert second.get("/notes").status_code == 200


@proves("CL-3", "server-reuseport")
def test_an_instance_without_a_schema_cache_does_not_take_over(start: Start, home: Home) -> None:
    first = start(server_reuseport="true")
    home.run("revoke select on pg_catalog.pg_description from public")
    second: Server = start(wait=False, server_reuseport="true", server_port=first.port)
    second.wait_for("Failed to load the schema cache")
    assert [httpx.get(f"{first.url}/notes").status_code for _ in range(8)] == [200] * 8
    assert "API server listening" not in second.errors
    home.run("grant select on pg_catalog.pg_description to public")
    second.wait_for("API server listening")
