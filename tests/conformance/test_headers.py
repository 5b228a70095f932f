"""Headers of responses, and what SQL may say of them."""

import re
from collections.abc import Callable
from typing import Any

import pytest

Api = Callable[..., Any]
Serve = Callable[..., Api]

proves = pytest.mark.proves
EVERY_KIND = [
    ("GET /numbers", None),
    ("HEAD /numbers", None),
    ("POST /options", {"key": "a"}),
    ("PATCH /codes?id=eq.1", {"uses": 1}),
    ("PUT /options?key=eq.a", {"key": "a"}),
    ("DELETE /numbers", None),
    ("GET /rpc/answer", None),
    ("POST /rpc/nobody", None),
    ("GET /", None),
]
PARTS = ("jwt", "parse", "plan", "transaction", "response")


@proves("H-01")
@pytest.mark.parametrize(
    "line", ["GET /numbers", "GET /nope", "OPTIONS /numbers", "POST /rpc/nobody"]
)
def test_the_server_says_what_it_is(api: Api, line: str) -> None:
    assert re.fullmatch(r"passeplat/\d+\.\d+\.\d+", api(line).header("Server"))


@proves("H-03")
@pytest.mark.parametrize(
    ("line", "body", "expected"),
    [
        ("GET /numbers", None, "/numbers"),
        ("HEAD /numbers?limit=1", None, "/numbers?limit=1"),
        ("GET /Ünï cöde", None, "/%C3%9Cn%C3%AF%20c%C3%B6de"),
        ("GET /rpc/answer", None, None),
        ("POST /options", {"key": "a"}, None),
    ],
)
def test_reads_of_relations_say_where_their_content_is(
    api: Api, line: str, body: Any, expected: str | None
) -> None:
    assert api(line, body).header("Content-Location") == expected


@proves("H-04")
@pytest.mark.parametrize(
    ("line", "body", "expected"),
    [
        ("GET /numbers", None, "application/json; charset=utf-8"),
        ("HEAD /numbers", None, "application/json; charset=utf-8"),
        ("POST /options", {"key": "a"}, None),
        ("DELETE /numbers", None, None),
        ("GET /nope", None, "application/json; charset=utf-8"),
    ],
)
def test_a_body_has_a_type(api: Api, line: str, body: Any, expected: str | None) -> None:
    assert api(line, body).header("Content-Type") == expected


@proves("H-09")
@pytest.mark.parametrize(("line", "body"), EVERY_KIND)
def test_caches_learn_what_an_answer_depends_on(api: Api, line: str, body: Any) -> None:
    assert api(line, body).header("Vary") == "Accept, Prefer, Range"


@proves("H-09")
def test_an_error_depends_on_nothing(api: Api) -> None:
    assert api("GET /nope").header("Vary") is None


@proves("H-09", "H-18")
def test_sql_may_say_what_an_answer_depends_on(api: Api) -> None:
    answer = api("POST /rpc/respond", {"headers": '[{"Vary": "Cookie"}]'})
    assert answer.header("Vary") == "Cookie"


@proves("H-10")
@pytest.mark.parametrize(
    ("line", "code"),
    [("GET /nope", "PGRST205"), ("GET /books?id=eq.x", "22P02"), ("GET /a/b", "PGRST125")],
)
def test_a_proxy_learns_the_code_of_an_error(api: Api, line: str, code: str) -> None:
    assert api(line).header("Proxy-Status") == f"PostgREST; error={code}"
    assert api(line.replace("GET", "HEAD")).header("Proxy-Status") == f"PostgREST; error={code}"


@proves("H-10")
def test_a_success_has_no_proxy_status(api: Api) -> None:
    assert api("GET /numbers").header("Proxy-Status") is None


@proves("H-11", "PGRST302")
def test_who_is_not_known_is_challenged(serve: Serve) -> None:
    answer = serve(db_anon_role=None)("GET /numbers")
    assert (answer.status, answer.header("WWW-Authenticate")) == (401, "Bearer")


@proves("H-11", "42501")
def test_whom_the_database_refuses_is_challenged_when_anonymous(api: Api) -> None:
    assert api("GET /secrets").header("WWW-Authenticate") == "Bearer"
    refused = api("GET /secrets", role="contract_careful")
    assert (refused.status, refused.header("WWW-Authenticate")) == (403, None)


@proves("H-11", "PGRST301")
def test_a_bad_token_is_told_why(api: Api) -> None:
    answer = api("GET /numbers", Authorization="Bearer x.y")
    assert answer.header("WWW-Authenticate") == (
        'Bearer error="invalid_token", error_description="Expected 3 parts in JWT; got 2"'
    )


@proves("H-12")
def test_who_is_sent_away_for_a_while_learns_for_how_long(api: Api) -> None:
    answer = api("POST /rpc/fail", {"state": "53300"})
    assert answer.status == 503
    assert int(answer.header("Retry-After")) > 0
    assert api("POST /rpc/fail", {"state": "53400"}).header("Retry-After") is None


@proves("H-13", "server-timing-enabled")
@pytest.mark.parametrize(("line", "body"), EVERY_KIND)
def test_timings_are_told_where_that_is_enabled(serve: Serve, line: str, body: Any) -> None:
    found = serve(server_timing_enabled="true")(line, body).header("Server-Timing")
    durations = "".join(rf"(?:{part};dur=\d+\.\d)(?:, )?" for part in PARTS)
    assert re.fullmatch(durations, found)


@proves("H-13", "server-timing-enabled")
def test_timings_are_not_told_by_default(api: Api) -> None:
    assert api("GET /numbers").header("Server-Timing") is None


@proves("H-13")
def test_the_time_of_the_transaction_is_its_own(serve: Serve) -> None:
    api = serve(server_timing_enabled="true")
    found = api("POST /rpc/nap", {"seconds": 0.2}).header("Server-Timing")
    spent = {part: float(time) for part, time in re.findall(r"(\w+);dur=([\d.]+)", found)}
    assert 200 <= spent["transaction"] < 1000
    assert spent["parse"] + spent["plan"] < 100


@proves("H-14", "server-trace-header")
@pytest.mark.parametrize(
    "line", ["GET /numbers", "GET /nope", "OPTIONS /numbers", "POST /rpc/nobody"]
)
def test_the_trace_header_is_repeated(serve: Serve, line: str) -> None:
    api = serve(server_trace_header="X-Request-Id")
    assert api(line, x_request_id="abc 123").header("X-Request-Id") == "abc 123"
    assert api(line).header("X-Request-Id") is None


@proves("H-14", "server-trace-header")
def test_no_header_is_repeated_by_default(api: Api) -> None:
    assert api("GET /numbers", x_request_id="abc").header("X-Request-Id") is None


@proves("H-17", "CO-4")
@pytest.mark.parametrize(
    ("path", "allow"),
    [
        ("/options", "OPTIONS,GET,HEAD,POST,PUT,PATCH,DELETE"),
        ("/shouts", "OPTIONS,GET,HEAD,POST,PATCH,DELETE"),
        ("/books_per_author", "OPTIONS,GET,HEAD"),
        ("/author_names", "OPTIONS,GET,HEAD"),
        ("/inbox", "OPTIONS,GET,HEAD,POST"),
        ("/book_titles", "OPTIONS,GET,HEAD,POST,PUT,PATCH,DELETE"),
        ("/secrets", "OPTIONS,GET,HEAD,POST,PUT,PATCH,DELETE"),
        ("/", "OPTIONS,GET,HEAD"),
        ("/rpc/answer", "OPTIONS,GET,HEAD,POST"),
        ("/rpc/nobody", "OPTIONS,POST"),
    ],
)
def test_options_lists_what_can_be_done(api: Api, path: str, allow: str) -> None:
    """By anyone: what the role may do is not asked."""
    answer = api(f"OPTIONS {path}")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.header("Allow") == allow


@proves("H-18")
@pytest.mark.parametrize(
    ("headers", "name", "expected"),
    [
        ('[{"X-One": "1"}, {"X-Two": "2"}]', "X-Two", "2"),
        ('[{"Set-Cookie": "a=1"}, {"Set-Cookie": "b=2"}]', "Set-Cookie", "a=1, b=2"),
        ('[{"Content-Type": "text/x-own"}]', "Content-Type", "text/x-own"),
        ('[{"content-type": "text/x-own"}]', "Content-Type", "text/x-own"),
        ('[{"Cache-Control": "no-store"}]', "Cache-Control", "no-store"),
        ('[{"Content-Range": "0-1/2"}]', "Content-Range", "0-1/2"),
        ('[{"Server": "mine"}]', "Server", "mine"),
        ("[]", "X-One", None),
        ("", "X-One", None),
    ],
)
def test_sql_adds_and_overrides_headers(
    api: Api, headers: str, name: str, expected: str | None
) -> None:
    assert api("POST /rpc/respond", {"headers": headers}).header(name) == expected


@proves("H-18")
def test_headers_of_sql_go_with_writes_and_empty_answers(api: Api) -> None:
    answer = api("POST /rpc/respond_void")
    assert (answer.status, answer.header("X-Void")) == (204, "yes")
    answer = api("POST /replies", {"id": 1})
    assert (answer.status, answer.header("X-Reply")) == (201, "1")


@proves("H-18", "PGRST111")
@pytest.mark.parametrize(
    "headers",
    [
        "nope",
        "{}",
        '{"X": "1"}',
        "[1]",
        '[{"X": 1}]',
        '[{"X": "1", "Y": "2"}]',
        "[{}]",
        '[{"X": "a\\r\\nY: b"}]',
        '[{"X\\n": "a"}]',
    ],
)
def test_what_are_no_headers_is_a_500(api: Api, headers: str) -> None:
    answer = api("POST /rpc/respond", {"headers": headers})
    assert (answer.status, answer.code) == (500, "PGRST111")
    assert answer.json["message"] == (
        "response.headers guc must be a JSON array composed of objects with a single key"
        " and a string value"
    )


@proves("H-18")
@pytest.mark.parametrize("status", ["200", "202", "418", "503"])
def test_sql_overrides_the_status(api: Api, status: str) -> None:
    answer = api("POST /rpc/respond", {"status": status})
    assert (answer.status, answer.json) == (int(status), "said")


@proves("H-18", "PGRST112")
@pytest.mark.parametrize("status", ["teapot", "12", "-200", "2000", "20 0"])
def test_what_is_no_status_is_a_500(api: Api, status: str) -> None:
    answer = api("POST /rpc/respond", {"status": status})
    assert (answer.status, answer.code) == (500, "PGRST112")
    assert answer.json["message"] == "response.status guc must be a valid status code"
