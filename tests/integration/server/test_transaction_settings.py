"""What a role, a function or the settings say of a transaction: isolation, timeouts, GUCs."""

import pytest

from .conftest import Home, Server, Start

proves = pytest.mark.proves
TIMED_OUT = {
    "code": "57014",
    "details": None,
    "hint": None,
    "message": "canceling statement due to statement timeout",
}


@pytest.fixture
def author(home: Home) -> str:
    """A role with settings of its own."""
    home.run(
        f"""alter role "{home.author}" set default_transaction_isolation = 'REPEATABLE READ'""",
        f"""alter role "{home.author}" set statement_timeout = '300ms'""",
        f"""alter role "{home.author}" set work_mem = '3MB'""",
        f"""alter role "{home.author}" set log_min_duration_statement = '1h'""",  # a superuser's
    )
    return home.author


def level(server: Server, method: str, role: str | None) -> str:
    """What the trigger saw."""
    body = {"id": 1, "text": ""}
    path = "/levels" if method == "POST" else "/levels?id=eq.1"
    answer = server.ask(method, path, role, body, Prefer="return=representation")
    return str(answer.json()[0]["text"])


@proves("TX-1", "TX-4")
def test_the_isolation_level_is_that_of_the_role(start: Start, author: str, home: Home) -> None:
    home.run(
        "create view api.level as select current_setting('transaction_isolation') as text",
        "grant select on api.level to public",
    )
    server = start()
    for role, expected in ((None, "read committed"), (author, "repeatable read")):
        assert server.get("/rpc/isolation", role).json() == expected
        assert server.ask("POST", "/rpc/change_isolation", role).json() == expected
        assert server.get("/level", role).json() == [{"text": expected}]
        assert level(server, "POST", role) == expected
        assert level(server, "PATCH", role) == expected
        deleted = server.ask("DELETE", "/levels", role, Prefer="return=representation")
        assert deleted.json()[0]["text"] == expected


@proves("TX-4", "X-09")
def test_the_isolation_level_of_a_function_outranks_that_of_the_role(
    start: Start, author: str
) -> None:
    server = start()
    answers = [server.get("/rpc/set_isolation", role).json() for role in (None, author)]
    assert answers == ["serializable", "serializable"]


@proves("TX-4", "H-10", "57014")
def test_the_timeout_of_a_role_ends_its_statement(start: Start, author: str, home: Home) -> None:
    server = start(db_pool=1)
    answer = server.ask("POST", "/rpc/sleep", author, {"seconds": 2})
    assert (answer.status_code, answer.json()) == (500, TIMED_OUT)
    assert answer.headers["Proxy-Status"] == "PostgREST; error=57014"
    home.run(f"""alter role "{author}" set statement_timeout = '5s'""")
    server.reload()
    assert server.ask("POST", "/rpc/sleep", author, {"seconds": 0.5}).status_code == 204
    assert server.ask("POST", "/rpc/sleep", None, {"seconds": 0.5}).status_code == 204


@proves("TX-4")
def test_settings_of_a_role_apply_but_for_those_it_may_not_set(start: Start, author: str) -> None:
    server = start()
    assert server.get("/rpc/setting?name=work_mem", author).json() == "3MB"
    asked = "/rpc/setting?name=log_min_duration_statement"
    assert server.get(asked, author).json() == server.get(asked).json()
    assert server.get("/rpc/setting?name=work_mem").json() != "3MB"


@proves("TX-4")
def test_a_setting_that_was_granted_applies(start: Start, author: str, home: Home) -> None:
    home.run(f'grant set on parameter log_min_duration_statement to "{home.login}"')
    try:
        asked = "/rpc/setting?name=log_min_duration_statement"
        assert start().get(asked, author).json() == "1h"
    finally:
        home.run(f'revoke set on parameter log_min_duration_statement from "{home.login}"')


@proves("X-09", "db-hoisted-tx-settings")
def test_a_hoisted_timeout_ends_the_function_or_lets_it_pass(start: Start) -> None:
    server = start()
    answer = server.ask("POST", "/rpc/nap")
    assert (answer.status_code, answer.json()) == (500, TIMED_OUT)
    assert server.ask("POST", "/rpc/rest").status_code == 204


@proves("X-09", "db-hoisted-tx-settings")
@pytest.mark.parametrize("hoisted", ["work_mem", "statement_timeout", "work_mem,statement_timeout"])
def test_only_listed_settings_of_a_function_are_hoisted(
    start: Start, home: Home, hoisted: str
) -> None:
    """The function sets both for itself; the trigger of a write it makes sees what the transaction
    has, and so does a statement beside it."""
    home.run(
        "create function api.level_of(notes api.notes) returns text language sql stable"
        " as $$ select current_setting('work_mem') || ' ' || current_setting('statement_timeout')"
        " $$",
        "create function api.hoisting() returns setof api.notes language sql stable"
        " set work_mem = '6MB' set statement_timeout = '8s' as 'select * from api.notes limit 1'",
    )
    server = start(db_hoisted_tx_settings=hoisted)
    [row] = server.get("/rpc/hoisting?select=level_of").json()
    seen = dict(zip(("work_mem", "statement_timeout"), row["level_of"].split(), strict=True))
    set_ = {"work_mem": "6MB", "statement_timeout": "8s"}
    assert {name for name in set_ if seen[name] == set_[name]} == set(hoisted.split(","))


@proves("H-13", "server-timing-enabled")
def test_server_timing_counts_the_transaction(start: Start) -> None:
    server = start(server_timing_enabled="true")
    timing = server.ask("POST", "/rpc/sleep", None, {"seconds": 0.5}).headers["Server-Timing"]
    spent = dict(part.split(";dur=") for part in timing.split(", "))
    assert list(spent) == ["jwt", "parse", "plan", "transaction", "response"]
    assert float(spent["transaction"]) >= 500
    assert float(spent["parse"]) < 500


@proves("app.settings")
def test_app_settings_survive_a_flush_of_the_pool(start: Start) -> None:
    server = start(environ={"PGRST_APP_SETTINGS_External_Url": "here"})
    asked = "/rpc/setting?name=app.settings.External_Url"
    assert server.get(asked).json() == "here"
    server.reload()
    assert server.get(asked).json() == "here"
