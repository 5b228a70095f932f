"""Function calls: which are exposed, how arguments match, what comes back, and under what mode."""

from collections.abc import Callable
from typing import Any

import pytest

Api = Callable[..., Any]
Serve = Callable[..., Api]

proves = pytest.mark.proves


@proves("X-01")
@pytest.mark.parametrize(
    "name", ["proceed", "two_unnamed", "int_unnamed", "add_page", "as_pages", "no_trigger"]
)
def test_what_cannot_be_called_by_names_is_not_there(api: Api, name: str) -> None:
    """Procedures, aggregates, triggers, and functions with unnamed arguments."""
    answer = api(f"POST /rpc/{name}", {})
    assert (answer.status, answer.code) == (404, "PGRST202")


@proves("X-02")
@pytest.mark.parametrize(
    ("line", "body", "headers"),
    [
        pytest.param("POST /rpc/add", {"a": 1, "b": 2}, {}, id="object"),
        pytest.param("GET /rpc/add?a=1&b=2", None, {}, id="query string"),
        pytest.param(
            "POST /rpc/add",
            "a=1&b=2",
            {"content_type": "application/x-www-form-urlencoded"},
            id="form",
        ),
        pytest.param("POST /rpc/add", "a,b\n1,2", {"content_type": "text/csv"}, id="CSV"),
        pytest.param("POST /rpc/add?columns=a,b", {"a": 1, "b": 2, "junk": 3}, {}, id="columns"),
        pytest.param("POST /rpc/add", [{"a": 1, "b": 2}], {}, id="array of one"),
    ],
)
def test_arguments_are_given_by_name(api: Api, line: str, body: Any, headers: Any) -> None:
    answer = api(line, body, **headers)
    assert (answer.status, answer.json) == (200, 3)


@proves("X-02")
@pytest.mark.parametrize(
    ("line", "body", "headers"),
    [
        pytest.param("GET /rpc/total?amounts=1&amounts=2&amounts=3", None, {}, id="repeated"),
        pytest.param("GET /rpc/total?amounts=6", None, {}, id="once"),
        pytest.param(
            "POST /rpc/total",
            "amounts=1&amounts=2&amounts=3",
            {"content_type": "application/x-www-form-urlencoded"},
            id="form",
        ),
        pytest.param("POST /rpc/total", {"amounts": [1, 2, 3]}, {}, id="JSON array"),
    ],
)
def test_a_variadic_argument_takes_many(api: Api, line: str, body: Any, headers: Any) -> None:
    assert api(line, body, **headers).json == 6


@proves("X-02")
def test_of_a_repeated_argument_the_last_counts(api: Api) -> None:
    assert api("GET /rpc/add?a=1&a=5&b=1").json == 6


@proves("X-03")
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("GET /rpc/add?a=1", 11, id="optional left out"),
        pytest.param("GET /rpc/add?a=1&b=1", 2, id="optional given"),
        pytest.param("GET /rpc/greet?name=Kim", "hello Kim", id="overload of one"),
        pytest.param("GET /rpc/greet?first=Kim&last=Lee", "hello Kim Lee", id="overload of two"),
    ],
)
def test_the_names_of_the_arguments_choose_the_function(api: Api, line: str, expected: Any) -> None:
    assert api(line).json == expected


@proves("X-03", "PGRST203")
def test_several_matching_functions_are_a_300(api: Api) -> None:
    answer = api("GET /rpc/twin?a=1")
    assert answer.status == 300
    assert answer.code == "PGRST203"
    message = answer.json["message"]
    assert message.startswith("Could not choose the best candidate function between: ")
    assert "library.twin(a => integer)" in message
    assert "library.twin(a => text)" in message
    assert answer.json["hint"] == (
        "Try renaming the parameters or the function itself in the database so function"
        " overloading can be resolved"
    )


@proves("X-03", "PGRST202")
@pytest.mark.parametrize(
    ("line", "body", "message"),
    [
        ("GET /rpc/add", None, "library.add without parameters"),
        ("GET /rpc/add?x=1", None, "library.add(x)"),
        ("GET /rpc/add?a=1&b=2&c=3", None, "library.add(a, b, c)"),
        ("POST /rpc/add", {"b": 1}, "library.add(b)"),
        ("POST /rpc/answer", {"a": 1}, "library.answer(a)"),
    ],
)
def test_arguments_that_match_nothing_are_a_404(
    api: Api, line: str, body: Any, message: str
) -> None:
    answer = api(line, body)
    assert (answer.status, answer.code) == (404, "PGRST202")
    assert answer.json["message"] == (f"Could not find the function {message} in the schema cache")


@proves("X-03", "PGRST202")
def test_the_hint_is_the_function_with_the_most_similar_arguments(api: Api) -> None:
    answer = api("GET /rpc/greet?fist=a&last=b")
    assert answer.json["hint"] == (
        "Perhaps you meant to call the function library.greet(first, last)"
    )
    assert answer.json["details"] == (
        "Searched for the function library.greet with parameters fist, last, but no matches were"
        " found in the schema cache."
    )


@proves("X-03", "X-01", "M-12")
@pytest.mark.parametrize(
    ("name", "content_type", "body", "expected"),
    [
        ("take_json", "application/json", '{"a": 1}', {"a": 1}),
        ("take_json", None, '[{"a": 1}]', [{"a": 1}]),
        ("take_text", "text/plain", "as it is", "as it is"),
        ("take_bytes", "application/octet-stream", b"\x00\xff\x01", 3),
    ],
)
def test_a_single_unnamed_argument_takes_the_whole_body(
    api: Api, name: str, content_type: str | None, body: Any, expected: Any
) -> None:
    headers = {} if content_type is None else {"content_type": content_type}
    assert api(f"POST /rpc/{name}", body, **headers).json == expected


@proves("X-03")
def test_names_that_match_come_before_the_whole_body(api: Api) -> None:
    assert api("POST /rpc/either", {"id": 1}).json == "named"
    assert api("POST /rpc/either", {"other": 1}).json == "whole"


@proves("X-03", "PGRST202")
@pytest.mark.parametrize(
    ("name", "content_type"),
    [("take_json", "text/plain"), ("take_text", "application/octet-stream"), ("add", "text/plain")],
)
def test_a_body_of_another_type_finds_no_function(api: Api, name: str, content_type: str) -> None:
    assert api(f"POST /rpc/{name}", "x", content_type=content_type).code == "PGRST202"


@proves("X-04")
@pytest.mark.parametrize("body", [None, "", "  ", {}, []])
def test_an_empty_body_is_no_arguments(api: Api, body: Any) -> None:
    assert api("POST /rpc/answer", body).json == 42


@proves("X-05", "25006")
@pytest.mark.parametrize(
    "line",
    ["GET /rpc/write_volatile?word=a", "GET /rpc/write_stable?word=a", "POST /rpc/write_stable"],
)
def test_who_may_only_read_cannot_write(api: Api, line: str) -> None:
    answer = api(line, {"word": "a"} if line.startswith("POST") else None)
    assert (answer.status, answer.code) == (405, "25006")


@proves("X-05")
def test_a_volatile_function_called_by_post_may_write(api: Api) -> None:
    assert api("POST /rpc/write_volatile", {"word": "a"}).json == "a"


@proves("X-05", "TX-1")
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("GET /rpc/setting?name=transaction_read_only", "on"),
        ("POST /rpc/setting", "off"),
        ("POST /rpc/setting_stable", "on"),
    ],
)
def test_the_access_mode_follows_method_and_volatility(api: Api, line: str, expected: str) -> None:
    body = {"name": "transaction_read_only"} if line.startswith("POST") else None
    assert api(line, body).json == expected


@proves("X-06")
@pytest.mark.parametrize(
    ("call", "text"),
    [
        pytest.param("answer", "42", id="value"),
        pytest.param("empty_answer", "null", id="no value"),
        pytest.param("digits", "[1, 2, 3]", id="values"),
        pytest.param("one_author?id=2&select=id", '{"id":2}', id="row"),
        pytest.param("books_by?author=2&select=id&order=id", '[{"id":2}, \n {"id":3}]', id="rows"),
        pytest.param(
            "pairs",
            '[{"left_one":1,"right_one":"a"}, \n {"left_one":2,"right_one":"b"}]',
            id="table",
        ),
        pytest.param("out_pair", '{"x":1,"y":2}', id="out arguments"),
        pytest.param("some_record", '{"a":1,"b":"x"}', id="record"),
        pytest.param(
            "some_records",
            '[{"column1":1,"column2":"x"}, \n {"column1":2,"column2":"y"}]',
            id="records",
        ),
        pytest.param('echo_json?value={"a": 1}', '{"a": 1}', id="json"),
    ],
)
def test_a_result_has_the_shape_of_its_type(api: Api, call: str, text: str) -> None:
    answer = api(f"GET /rpc/{call}")
    assert (answer.status, answer.text) == (200, text)


@proves("X-06")
def test_a_function_without_result_has_no_content(api: Api) -> None:
    for line in ("POST /rpc/nobody", "GET /rpc/nobody"):
        answer = api(line)
        assert (answer.status, answer.body) == (204, b"")
        assert answer.header("Content-Type") is None


@proves("X-06")
@pytest.mark.parametrize("query", ["select=id", "nope=eq.1"])
def test_values_have_no_columns(api: Api, query: str) -> None:
    assert api(f"GET /rpc/digits?{query}").code == "42703"


@proves("X-07")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("select=id&order=id", [{"id": 2}, {"id": 3}]),
        ("select=id&order=id.desc&limit=1", [{"id": 3}]),
        ("select=id&published=gt.2005", [{"id": 3}]),
        ("select=id,genres(id)&id=eq.2", [{"id": 2, "genres": [{"id": 2}]}]),
        ("select=id&or=(id.eq.2,id.eq.9)", [{"id": 2}]),
        ("select=...authors(name)&id=eq.2", [{"name": "Bo Chen"}]),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_a_function_returns_is_read_like_a_table(
    api: Api, method: str, query: str, expected: Any
) -> None:
    if method == "GET":
        answer = api(f"GET /rpc/books_by?author=2&{query}")
    else:
        answer = api(f"POST /rpc/books_by?{query}", {"author": 2})
    assert answer.json == expected


@proves("X-07")
def test_filters_reach_into_a_function_that_can_be_inlined(serve: Serve) -> None:
    api = serve(db_plan_enabled="true")
    plan = api("GET /rpc/books_by?author=2&id=eq.3", accept="application/vnd.pgrst.plan+text").text
    assert "books" in plan
    assert "Function Scan" not in plan


@proves("X-08")
def test_the_length_of_an_argument_is_not_heeded(api: Api) -> None:
    arguments = {"c": "abcd", "b": "10101", "v": "xyz"}
    query = "&".join(f"{name}={value}" for name, value in arguments.items())
    assert api(f"GET /rpc/lengths?{query}").json == "abcd 10101 xyz"
    assert api("POST /rpc/lengths", arguments).json == "abcd 10101 xyz"


@proves("X-08")
def test_an_array_is_a_literal_in_the_query_and_json_in_the_body(api: Api) -> None:
    assert api("GET /rpc/sum_ints?ints={1,2,3}").json == 6
    assert api("POST /rpc/sum_ints", {"ints": [1, 2, 3]}).json == 6


@proves("X-09", "TX-4", "db-hoisted-tx-settings")
def test_settings_of_a_function_are_those_of_the_transaction(serve: Serve) -> None:
    """Of its own timeout a function notices nothing, for that counts from the statement's start."""
    answer = serve()("POST /rpc/hurried")
    assert (answer.status, answer.code) == (500, "57014")
    answer = serve(db_hoisted_tx_settings="work_mem")("POST /rpc/hurried")
    assert answer.status == 204


@proves("X-09", "TX-4")
@pytest.mark.parametrize(
    "line",
    ["POST /rpc/serial", "POST /rpc/serial_stable", "GET /rpc/serial", "GET /rpc/serial_stable"],
)
def test_the_isolation_of_a_function_is_that_of_the_transaction(api: Api, line: str) -> None:
    assert api(line).json == "serializable"
    assert api(line, role="contract_careful").json == "serializable"


@proves("X-09", "db-hoisted-tx-settings")
def test_the_isolation_too_must_be_listed(serve: Serve) -> None:
    api = serve(db_hoisted_tx_settings="statement_timeout")
    assert api("POST /rpc/serial").json == "read committed"


@proves("X-10")
def test_everyone_may_call_what_was_not_revoked(api: Api) -> None:
    assert api("GET /rpc/answer").status == 200
    assert api("GET /rpc/members_only").status == 401
    assert api("GET /rpc/members_only", role="contract_member").json == "in"


@proves("X-03", "H-17")
def test_options_needs_the_arguments_too(api: Api) -> None:
    assert api("OPTIONS /rpc/add?a=1").header("Allow") == "OPTIONS,GET,HEAD,POST"
    assert api("OPTIONS /rpc/write_volatile?word=a").header("Allow") == "OPTIONS,POST"
    assert api("OPTIONS /rpc/add").code == "PGRST202"
