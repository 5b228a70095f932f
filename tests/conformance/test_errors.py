"""Errors: their body, what SQLSTATE gives which status, and what RAISE may say."""

import json
from collections.abc import Callable
from typing import Any

import pytest

Api = Callable[..., Any]
Serve = Callable[..., Api]

proves = pytest.mark.proves


def fail(api: Api, state: str, message: str = "boom", **more: Any) -> Any:
    return api("POST /rpc/fail", {"state": state, "message": message}, **more)


STATES = [
    ("08000", 503),
    ("08006", 503),
    ("09000", 500),
    ("0L000", 403),
    ("0LP01", 403),
    ("0P000", 403),
    ("21000", 500),
    ("22000", 400),
    ("22012", 400),
    ("22023", 400),
    ("23502", 400),
    ("23503", 409),
    ("23505", 409),
    ("23514", 400),
    ("25000", 500),
    ("25001", 500),
    ("25006", 405),
    ("28000", 403),
    ("28P01", 403),
    ("2D000", 500),
    ("38000", 500),
    ("39000", 500),
    ("3B000", 500),
    ("40000", 500),
    ("40001", 500),
    ("42000", 400),
    ("42601", 400),
    ("42703", 400),
    ("42883", 404),
    ("42P01", 404),
    ("42P17", 500),
    ("53000", 503),
    ("53300", 503),
    ("53400", 500),
    ("54000", 500),
    ("54001", 500),
    ("55000", 500),
    ("55P03", 500),
    ("57000", 500),
    ("57014", 500),
    ("57P01", 503),
    ("58000", 500),
    ("F0000", 500),
    ("HV000", 500),
    ("P0000", 500),
    ("P0001", 400),
    ("P0002", 500),
    ("XX000", 500),
    ("AB123", 400),
    ("PT402", 402),
    ("PT404", 404),
    ("PT418", 418),
    ("PTABC", 500),
    ("PT000", 500),
    ("PT999", 500),
]


@proves("SQLSTATE", "ER-2", "40001")
@pytest.mark.parametrize(("state", "status"), STATES)
def test_a_sqlstate_has_its_status(api: Api, state: str, status: int) -> None:
    answer = fail(api, state)
    assert (answer.status, answer.code, answer.json["message"]) == (status, state, "boom")


@proves("SQLSTATE", "D3")
@pytest.mark.parametrize(
    ("state", "message", "status"),
    [
        ("21000", "UPDATE requires a WHERE clause", 400),
        ("22023", 'role "nobody" does not exist', 401),
        ("22023", "role is bad", 400),
        ("42883", "function xmlagg(text) does not exist", 406),
        ("42883", "function f(text) does not exist", 404),
    ],
)
def test_some_states_have_a_status_by_their_message(
    api: Api, state: str, message: str, status: int
) -> None:
    assert fail(api, state, message).status == status


@proves("SQLSTATE", "42501", "H-11")
def test_a_refusal_is_a_401_for_the_anonymous_and_a_403_for_others(api: Api) -> None:
    assert api("GET /secrets").status == 401
    assert api("GET /secrets", role="contract_careful").status == 403
    assert api("GET /secrets", role="contract_member").json == [{"id": 1, "word": "swordfish"}]
    assert api("GET /half_open").status == 401
    assert api("GET /half_open?select=id,shown").json == [{"id": 1, "shown": "yes"}]


@proves("SQLSTATE", "23503", "23505", "23514")
@pytest.mark.parametrize(
    ("line", "body", "code", "status"),
    [
        ("POST /book_genres", {"book_id": 99, "genre_id": 1}, "23503", 409),
        ("POST /options", {"key": "colour"}, "23505", 409),
        ("PATCH /trays?id=eq.1", {"free": -1}, "23514", 400),
        ("PATCH /trays?id=eq.1", {"linked": 99}, "23503", 409),
        ("POST /shouts", {"word": None}, "23502", 400),
        ("POST /measures", {"id": 9, "v": "too long"}, "22001", 400),
        ("GET /numbers?n=eq.1e99", None, "22P02", 400),
    ],
)
def test_constraints_and_types_speak_for_themselves(
    api: Api, line: str, body: Any, code: str, status: int
) -> None:
    answer = api(line, body)
    assert (answer.status, answer.code) == (status, code)


@proves("ER-2")
def test_what_postgresql_says_is_passed_on(api: Api) -> None:
    body = {"state": "P0001", "message": 'a "m" ü', "detail": "some detail", "hint": "a hint"}
    assert api("POST /rpc/fail", body).json == {
        "code": "P0001",
        "message": 'a "m" ü',
        "details": "some detail",
        "hint": "a hint",
    }


@proves("ER-2")
def test_the_body_of_an_error_has_four_members(api: Api) -> None:
    for line in ("GET /nope", "GET /a/b", "GET /numbers?n=eq.x", "POST /rpc/fail"):
        answer = api(line, {"state": "P0001"} if "fail" in line else None)
        assert set(answer.json) == {"code", "message", "details", "hint"}


@proves("client-error-verbosity")
@pytest.mark.parametrize(
    "line", ["GET /bookz", "GET /numbers?n=eq.x", "POST /rpc/fail", "GET /readers?select=books(id)"]
)
def test_errors_can_be_short(serve: Serve, line: str) -> None:
    api = serve(client_error_verbosity="minimal")
    body = {"state": "P0001", "detail": "d", "hint": "h"} if "fail" in line else None
    assert set(api(line, body).json) == {"code", "message"}


def raised(api: Api, message: Any, detail: Any) -> Any:
    texts = [
        each if each is None or isinstance(each, str) else json.dumps(each)
        for each in (message, detail)
    ]
    return api("POST /rpc/fail", {"state": "PGRST", "message": texts[0], "detail": texts[1]})


@proves("ER-1")
def test_raise_may_say_the_whole_response(api: Api) -> None:
    answer = raised(
        api,
        {"code": "123", "message": "m", "details": "d", "hint": "h"},
        {"status": 332, "status_text": "My Status", "headers": {"X-Header": "str", "X-B": "2"}},
    )
    assert answer.status == 332
    assert answer.json == {"code": "123", "message": "m", "details": "d", "hint": "h"}
    assert (answer.header("X-Header"), answer.header("X-B")) == ("str", "2")
    assert answer.header("Proxy-Status") == "PostgREST; error=123"


@proves("ER-1")
def test_details_and_hint_may_be_left_out(api: Api) -> None:
    answer = raised(api, {"code": "1", "message": "m"}, {"status": 400, "headers": {}})
    assert answer.json == {"code": "1", "message": "m", "details": None, "hint": None}


@proves("ER-1", "client-error-verbosity")
def test_what_is_raised_can_be_short_too(serve: Serve) -> None:
    api = serve(client_error_verbosity="minimal")
    message = {"code": "1", "message": "m", "details": "d", "hint": "h"}
    answer = raised(api, message, {"status": 400, "headers": {}})
    assert answer.json == {"code": "1", "message": "m"}


GOOD = {"code": "1", "message": "m"}


@proves("ER-1", "PGRST121")
@pytest.mark.parametrize(
    ("message", "detail", "part"),
    [
        pytest.param("INVALID", {"status": 400, "headers": {}}, "MESSAGE", id="no JSON"),
        pytest.param({"code": "1"}, {"status": 400, "headers": {}}, "MESSAGE", id="no message"),
        pytest.param([], {"status": 400, "headers": {}}, "MESSAGE", id="no object"),
        pytest.param(GOOD, "INVALID", "DETAIL", id="detail: no JSON"),
        pytest.param(GOOD, {"status": 400}, "DETAIL", id="no headers"),
        pytest.param(GOOD, {"headers": {}}, "DETAIL", id="no status"),
        pytest.param(GOOD, {"status": "x", "headers": {}}, "DETAIL", id="status: text"),
        pytest.param(GOOD, {"status": 9999, "headers": {}}, "DETAIL", id="status: too large"),
        pytest.param(GOOD, {"status": 400, "headers": []}, "DETAIL", id="headers: array"),
        pytest.param(
            GOOD, {"status": 400, "headers": {"A": "x\r\nB: y"}}, "DETAIL", id="headers: two lines"
        ),
        pytest.param(GOOD, None, "DETAIL", id="detail missing"),
    ],
)
def test_what_cannot_be_read_of_a_raise_is_a_500(
    api: Api, message: Any, detail: Any, part: str
) -> None:
    answer = raised(api, message, detail)
    assert (answer.status, answer.code) == (500, "PGRST121")
    assert answer.json["message"] == "Could not parse JSON in the \"RAISE SQLSTATE 'PGRST'\" error"
    assert part in answer.json["details"]
    assert answer.json["hint"].startswith(f"{part} must be a JSON object with obligatory keys: ")


@proves("ER-1")
def test_a_code_that_is_raised_stays_on_its_line(api: Api) -> None:
    answer = raised(api, {"code": "1\r\nX-Evil: 1", "message": "m"}, {"status": 400, "headers": {}})
    assert answer.status == 400
    assert answer.header("X-Evil") is None


@proves("H-15", "E-12")
def test_a_warning_stays_on_its_line(api: Api) -> None:
    path = '/authors?id=eq.1&select="b%0D%0AX-Evil: 1":books(id)&books.id=eq.1'
    answer = api(f"GET {path}")
    assert answer.status == 200
    assert answer.header("X-Evil") is None
