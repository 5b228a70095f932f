"""T-25 to T-27: an answer ends where the server says, belongs to the origin it names, and is kept
for nobody else."""

import json

import httpx
import pytest
from tests.security.test_wire import exchange
from tests.serving import ADA, Served, bearer

ALLOWED = "https://app.example.com"
ORIGIN = "Access-Control-Allow-Origin"
FRAMING = (b"content-length", b"transfer-encoding", b"connection", b"trailer")


def responding(hostile: Served, *headers: dict[str, str]) -> httpx.Response:
    with hostile.client(ADA) as client:
        return client.post("/v1/rpc/respond", json={"headers": json.dumps(headers)})


@pytest.mark.parametrize(
    "value", ["a\r\nSet-Cookie: b", "a\nb", "a\rb", "a\0b", "\r\n\r\n<script>", "a\x7f"]
)
def test_sql_cannot_end_a_header(hostile: Served, value: str) -> None:
    answer = responding(hostile, {"X-A": value})
    assert (answer.status_code, answer.json()["code"]) == (500, "PGRST111")


@pytest.mark.parametrize("name", ["X-A: b\r\nX-B", "X A", "X-A:", "", "X-\u00e4", "X-A\0"])
def test_sql_cannot_end_the_name_of_a_header(hostile: Served, name: str) -> None:
    answer = responding(hostile, {name: "a"})
    assert (answer.status_code, answer.json()["code"]) == (500, "PGRST111")


@pytest.mark.parametrize(
    "header",
    [
        {"Content-Length": "3"},
        {"content-length": "300"},
        {"Transfer-Encoding": "chunked"},
        {"Connection": "close"},
        {"Trailer": "X-A"},
    ],
)
def test_sql_cannot_say_where_an_answer_ends(hostile: Served, header: dict[str, str]) -> None:
    body = json.dumps({"headers": json.dumps([header])}).encode()
    asked = b"POST /v1/rpc/respond HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    size = f"Authorization: {bearer(ADA)['Authorization']}\r\nContent-Length: {len(body)}\r\n\r\n"
    head, _, content = exchange(hostile, asked + size.encode() + body).partition(b"\r\n\r\n")
    ends = [line for line in head.lower().split(b"\r\n") if line.startswith(FRAMING)]
    assert (ends, content) == ([b"content-length: 18"], b'"the whole answer"')


def test_the_raise_of_a_whole_response_cannot_say_it_either(hostile: Served) -> None:
    detail = json.dumps({"status": 418, "headers": {"Content-Length": "1", "X-A": "b"}})
    message = json.dumps({"code": "x", "message": "y"})
    told = f"message = '{message}', detail = '{detail}'"
    statement = f"do $$ begin raise sqlstate 'PGRST' using {told}; end $$"
    with hostile.client(ADA) as client:
        answer = client.post("/v1/rpc/do", json={"statement": statement})
    assert (answer.status_code, answer.json()["code"], answer.headers["X-A"]) == (418, "x", "b")


@pytest.mark.parametrize("key", ["a\r\nSet-Cookie: b=c", "a\n\nb", 'a"b', "\u2028", "a&b=c#d%00"])
def test_a_key_cannot_end_the_location(hostile: Served, key: str) -> None:
    with hostile.client(ADA, Prefer="return=headers-only, tx=rollback") as client:
        answer = client.post("/v1/keyed", json={"key": key, "shown": "x"})
        place = answer.headers["Location"]
        found = client.get(f"/v1{place}", headers={"Accept": "application/vnd.pgrst.object+json"})
    assert (answer.status_code, "set-cookie" in answer.headers) == (201, False)
    assert found.json()["key"] == key


@pytest.mark.parametrize("schema", ["v1\r\nX-A: b", "pg_catalog", "v1, v2", "V1", "app", '"v1"'])
def test_no_other_schema_is_repeated(hostile: Served, schema: str) -> None:
    asked = f"GET /labels HTTP/1.1\r\nHost: x\r\nAccept-Profile: {schema}\r\n\r\n".encode()
    head = exchange(hostile, asked).partition(b"\r\n\r\n")[0].lower()
    assert (b"x-a: b" in head, b"content-profile" in head) == (False, False)


def test_a_repeated_header_cannot_bring_another(hostile: Served) -> None:
    asked = b"GET /v1/rpc/about HTTP/1.1\r\nHost: x\r\nX-Trace: a\rSet-Cookie: b\r\n\r\n"
    assert exchange(hostile, asked).startswith(b"HTTP/1.1 400 ")


# Origins

LOOK_ALIKES = (
    *("null", "https://app.example.com.evil.example", "https://evilapp.example.com"),
    *("http://app.example.com", "https://app.example.com:444", "https://app.example.com/"),
    *("HTTPS://APP.EXAMPLE.COM", "https://app.example.com, https://evil.example", "*", ""),
    *("https://sub.app.example.com", "https://app.example.com\thttps://evil.example"),
)


@pytest.mark.parametrize("origin", LOOK_ALIKES)
@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_an_origin_that_looks_like_an_allowed_one_is_not(
    hostile: Served, method: str, origin: str
) -> None:
    asks = {"Origin": origin, "Access-Control-Request-Method": "GET"}
    with hostile.client() as client:
        answer = client.request(method, "/v1/rpc/about", headers=asks)
    assert (ORIGIN in answer.headers, "Origin" in answer.headers["Vary"]) == (False, True)


@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_an_allowed_origin_gets_its_own_name(hostile: Served, method: str) -> None:
    asks = {"Origin": ALLOWED, "Access-Control-Request-Method": "GET"}
    with hostile.client() as client:
        answer = client.request(method, "/v1/rpc/about", headers=asks)
    assert (answer.headers[ORIGIN], "Origin" in answer.headers["Vary"]) == (ALLOWED, True)


def test_an_answer_for_no_origin_may_not_be_kept_for_one(hostile: Served) -> None:
    with hostile.client() as client:
        assert "Origin" in client.get("/v1/rpc/about").headers["Vary"]


def test_where_any_origin_may_ask_none_may_send_credentials(served: Served) -> None:
    with served.client(Origin="https://evil.example") as client:
        headers = client.get("/v1/rpc/about").headers
    assert (headers[ORIGIN], "Access-Control-Allow-Credentials" in headers) == ("*", False)


# Caches


@pytest.mark.parametrize("path", ["/v1/labels", "/v1/", "/v1/nothing", "/v1/rpc/about"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_what_a_token_asked_for_is_kept_for_nobody_else(
    served: Served, method: str, path: str
) -> None:
    with served.client(ADA) as client:
        assert client.request(method, path).headers["Cache-Control"] == "private"


def test_a_refused_token_is_answered_for_nobody_else(served: Served) -> None:
    with served.client(Authorization="Bearer a.b.c") as client:
        answer = client.get("/v1/labels")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (401, "private")


def test_what_anybody_may_have_can_be_kept(served: Served) -> None:
    with served.client() as client:
        assert "Cache-Control" not in client.get("/v1/rpc/about").headers


def test_sql_may_decide_otherwise(hostile: Served) -> None:
    answer = responding(hostile, {"Cache-Control": "public, max-age=60"})
    assert answer.headers.get_list("Cache-Control") == ["public, max-age=60"]
