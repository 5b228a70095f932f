"""What is written down: one line a request by level, the SQL if it is asked for, and no secrets."""

import re

import pytest

from passeplat import __version__

from .conftest import Home, Server, Start

proves = pytest.mark.proves
LINE = re.compile(
    r"127\.0\.0\.1 - (\S+) \[\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\]"
    r' "(.*) HTTP/1\.1" (\d+) (\d+) "(.*)" "(.*)"'
)
PREFLIGHT = {"Origin": "http://a.example", "Access_Control_Request_Method": "GET"}


def told(server: Server) -> list[tuple[str, str]]:
    """(request, status) of each line of the access log, once there is one for a last request."""
    server.get("/rpc/broken")  # a 500, so that every level but crit tells of it
    server.wait_for("GET /rpc/broken")
    found = [LINE.fullmatch(line) for line in server.output.splitlines()]
    assert all(found), server.output
    return [(each[2], each[3]) for each in found if each]


@proves("AD-3")
def test_a_line_of_the_access_log_is_in_apaches_form(start: Start, home: Home) -> None:
    server = start()
    server.get("/notes?id=eq.1", home.author, Referer="http://a.example/", User_Agent="test/1")
    server.wait_for("GET /notes")
    found = LINE.fullmatch(server.output.splitlines()[-1])
    assert found is not None
    size = len(server.get("/notes?id=eq.1").content)
    expected = (home.author, "GET /notes?id=eq.1", "200", str(size), "http://a.example/", "test/1")
    assert found.groups() == expected


@proves("AD-3")
def test_the_role_of_who_is_not_known_is_a_dash(start: Start, home: Home) -> None:
    server = start(db_anon_role=None)
    server.get("/notes")
    server.get("/notes", Authorization="Bearer a.b.c")
    server.ask("TRACE", "/notes", home.author)
    server.wait_for('"TRACE /notes')
    roles = [found[1] for line in server.output.splitlines() if (found := LINE.fullmatch(line))]
    assert roles == ["-", "-", home.author]


ASKED = (("OPTIONS /notes", "200"), ("GET /notes", "200"), ("GET /nothing", "404"))


@proves("AD-4", "log-level")
@pytest.mark.parametrize(
    ("level", "expected"),
    [
        ("error", []),
        ("warn", [("GET /nothing", "404")]),
        ("info", list(ASKED)),
        ("debug", list(ASKED)),
    ],
)
def test_the_level_says_which_requests_are_told(
    start: Start, level: str, expected: list[tuple[str, str]]
) -> None:
    server = start(log_level=level)
    server.ask("OPTIONS", "/notes", None, None, **PREFLIGHT)
    for line, _ in ASKED:
        server.ask(*line.split())
    assert told(server) == [*expected, ("GET /rpc/broken", "500")]
    assert ("Borrowed a connection from the pool" in server.errors) == (level == "debug")
    assert ("Trying to borrow a connection from pool" in server.errors) == (level == "debug")


@proves("AD-4", "log-level")
def test_nothing_of_requests_is_told_at_crit(start: Start) -> None:
    server = start(log_level="crit")
    before = server.errors
    assert server.get("/rpc/broken").status_code == 500
    server.stop()
    assert server.output == ""
    assert "broken" not in server.errors.removeprefix(before)


@proves("AD-4")
def test_an_error_of_the_database_is_told_before_its_request(start: Start) -> None:
    server = start(log_level="error")
    server.get("/rpc/broken")
    server.wait_for("GET /rpc/broken")
    assert '{"code":"XX000","details":null,"hint":null,"message":"broken"}' in server.errors, (
        server.errors
    )


@proves("log-query", "AD-4")
@pytest.mark.parametrize(
    ("level", "of_good", "of_bad"),
    [("crit", 0, 0), ("error", 0, 1), ("info", 1, 1)],
)
def test_the_sql_of_requests_is_told_by_level(
    start: Start, level: str, of_good: int, of_bad: int
) -> None:
    server = start(log_query="true", log_level=level, db_pre_request="api.who")
    server.get("/notes?text=eq.confidential", Prefer="count=planned")
    server.get("/rpc/broken?select=*")
    server.stop()
    sql = server.errors
    assert sql.count('from "api"."notes"') == of_good * 2  # the rows, and their count
    assert sql.count("explain (format json)") == of_good
    assert sql.count('"api"."broken"(') == of_bad
    assert sql.count('select "api"."who"()') == of_good + of_bad
    assert sql.count("set_config('search_path', $") == of_good + of_bad
    assert "confidential" not in sql


@proves("log-query", "AD-4")
def test_the_sql_of_the_description_is_told(start: Start) -> None:
    server = start(log_query="true")
    server.get("/")
    server.wait_for("GET /")
    assert "has_any_column_privilege" in server.errors


@proves("E-12", "AD-4")
def test_old_names_of_embeds_are_warned_of(start: Start) -> None:
    path = "/parents?select=id,kids:children(id)&children.id=gt.0&children.order=id"
    server = start(log_level="warn")
    assert server.get(path).headers["Warning"].startswith("299 PostgREST")
    server.wait_for("WARNING: ")
    assert "Update `children` to `kids`" in server.errors
    strict = start(url_use_legacy_target_names="false", log_level="warn")
    assert strict.get(path).status_code == 400
    strict.wait_for("GET /parents")
    assert "WARNING" not in strict.errors


@proves("T-29")
def test_secrets_and_line_breaks_stay_out_of_the_logs(start: Start, home: Home) -> None:
    server = start(log_query="true", log_level="debug")
    secret = "opensesame"
    jwt = "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoieCJ9.c2lnbmF0dXJl"
    server.get(
        f"/notes?apikey={secret}&token={secret}&password=eq.{secret}&text=eq.{jwt}",
        Authorization=f"Bearer {jwt}",
        Cookie=f"session={secret}",
        Referer=f"http://a.example/?access_token={secret}#{jwt}",
        User_Agent=f'x" 200 0 "forged" Bearer {jwt}',
    )
    server.ask("POST", "/notes", None, {"id": 9, "text": "forbidden", "opensesame": 1})
    server.ask("POST", "/notes", None, {"id": 1, "text": secret})
    server.get("/notes?text=eq.a%0d%0aforged%20line")
    server.wait_for("forged%20line")
    logged = server.output + server.errors
    assert secret not in logged.replace("'opensesame' column", "")
    assert jwt.rpartition(".")[2] not in logged
    assert all(LINE.fullmatch(line) for line in server.output.splitlines()), server.output


@proves("CL-1", "AD-4")
def test_the_version_is_told_first(start: Start) -> None:
    assert f"Starting passeplat {__version__}..." in start(log_level="crit").errors.splitlines()[0]
