"""What is huge, deep or slow is refused at once, and costs neither memory nor anybody's turn."""

import gzip
import json
import socket
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import httpx
import pytest
from tests.serving import ANNA, Serve, Served, bearer

proves = pytest.mark.proves
PATIENCE = 20  # seconds


@pytest.fixture(scope="module")
def client(served: Served) -> Iterator[httpx.Client]:
    with served.client(ANNA) as made:
        yield made


def nested(before: str, inside: str, depth: int) -> str:
    return before * depth + inside + ")" * depth


@proves("T-20")
@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("select=" + nested("todos(", "id", 50), 400),
        ("select=" + nested("todos(", "id", 2_000), 400),
        ("select=id," + ",".join(f"a{n}:comments(id)" for n in range(200)), 400),
        ("&".join(["id=eq.1"] * 3_000), 400),
        ("&".join(["id=eq.1"] * 7_500), 400),
        ("or=(" + ",".join(["id.eq.1"] * 3_000) + ")", 400),
        ("or=" + "(" * 60_000, 400),
        ("or=(" + nested("and(", "id.eq.1", 12_000) + ")", 400),
        ("or=" + "(" * 64_000, 414),
        ("select=id" + "->a" * 20_000, 400),
        ("order=" + ",".join(["id"] * 5_000), 400),
    ],
    ids=lambda value: None if isinstance(value, int) else f"{value[:20]} {len(value)}",
)
def test_a_query_that_asks_for_too_much_is_refused(served: Served, query: str, status: int) -> None:
    assert ask(served, f"/v1/todos?{query}") in {(status, "PGRST100"), (status, "PGRST131")}


def ask(served: Served, target: str) -> tuple[int, str]:
    """Status and code of an error, by a client that sends whatever it is told."""
    with closing(HTTPConnection("127.0.0.1", served.port, timeout=PATIENCE)) as connection:
        connection.request("GET", target, headers=bearer(ANNA))
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())["code"]


@proves("T-20")
@pytest.mark.parametrize(
    "query",
    ["id=eq.1&" * 10_000, "or=(" + "id.eq.1," * 125_000, "or=" + "(" * 100_000],
    ids=["filters", "or", "parentheses"],
)
def test_a_url_that_no_server_reads_is_refused(served: Served, query: str) -> None:
    with closing(HTTPConnection("127.0.0.1", served.port, timeout=PATIENCE)) as connection:
        connection.request("GET", f"/v1/todos?{query}", headers=bearer(ANNA))
        assert connection.getresponse().status in {400, 414}


@proves("T-20")
def test_a_refused_url_does_not_fill_the_log(served: Served) -> None:
    assert ask(served, "/v1/todos?id=eq." + "9" * 62_000) == (414, "PGRST131")
    assert all(len(line) < 20_000 for line in served.log().splitlines())


@proves("T-21")
@pytest.mark.parametrize(
    "query",
    [
        "limit=1000000000000000000",
        "limit=99999999999999999999999999999999",
        "title=like." + "%25" * 5_000 + "x",
        "id=in.(" + ",".join(["a0000000-0000-4000-8000-000000000001"] * 1_500) + ")",
        "title=match." + "(" * 500,
    ],
    ids=lambda query: query[:20],
)
def test_a_value_may_be_anything(client: httpx.Client, query: str) -> None:
    answer = client.get(f"/v1/todos?select=id&{query}")
    assert answer.status_code in {200, 400}, answer.text


@proves("T-21")
@pytest.mark.parametrize("value", ["0-99999999999999999999", "99999999999999999999-", "-5", "a-b"])
def test_a_range_may_be_anything(client: httpx.Client, value: str) -> None:
    answer = client.get("/v1/todos?select=id", headers={"Range": value})
    assert answer.status_code in {200, 206, 416}, answer.text


@proves("T-23")
@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"[" * 100_000, "Empty or invalid json"),
        (b'{"a":' * 100_000, "Empty or invalid json"),
        (b'{"title": NaN}', "Empty or invalid json"),
        (b'{"title": "\xff"}', "Empty or invalid json"),
        (b"[%s1]" % (b"1," * 1_100_000), "The JSON has too many values in one object"),
    ],
    ids=["brackets", "objects", "NaN", "UTF-8", "values"],
)
def test_a_body_that_is_no_json_is_refused(client: httpx.Client, body: bytes, message: str) -> None:
    sent = {"Content-Type": "application/json"}
    answer = client.post("/v1/todos", content=body, headers=sent)
    assert (answer.status_code, answer.json()["message"]) == (400, message)


@proves("T-23")
def test_the_number_zero_in_a_text_is_refused_by_postgresql(client: httpx.Client) -> None:
    answer = client.post("/v1/todos", json={"title": "a\0b"})
    assert answer.status_code == 400
    assert client.get("/v1/todos?title=eq.a%00b").status_code == 400


@proves("T-23")
def test_a_body_is_not_unpacked(client: httpx.Client) -> None:
    """A bomb of many gigabytes stays the few bytes it is."""
    sent = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    bomb = gzip.compress(json.dumps({"title": "x" * 10_000_000}).encode())
    answer = client.post("/v1/todos", content=bomb, headers=sent)
    assert (answer.status_code, answer.json()["code"]) == (400, "PGRST102")


@proves("T-23")
def test_a_body_beyond_the_limit_is_refused_before_it_came(serve: Serve, example: str) -> None:
    served = serve(example, server_max_body="1MB")
    with socket.create_connection(("127.0.0.1", served.port)) as connection:
        connection.sendall(
            b"POST /v1/todos HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Content-Length: 1000000000\r\n\r\n"
        )
        assert b" 413 " in connection.recv(200)
    endless = (b"x" * 65_536 for _ in range(100))
    with served.client(ANNA) as client:
        answer = client.post("/v1/todos", content=endless)
        assert (answer.status_code, answer.json()["code"]) == (413, "PGRST130")
        assert client.get("/v1/todos?limit=1").status_code == 200


@proves("T-23")
def test_a_long_body_keeps_nobody_waiting(serve: Serve, example: str) -> None:
    served = serve(example)
    long = b"[" + b",".join([b'{"title":"one of many","position":1}'] * 400_000) + b',{"x":1}]'
    with socket.create_connection(("127.0.0.1", served.port)) as connection:
        connection.sendall(
            b"POST /v1/todos HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            + f"Authorization: {bearer(ANNA)['Authorization']}\r\n".encode()
            + f"Content-Length: {len(long)}\r\n\r\n".encode()
            + long
        )
        connection.setblocking(False)
        answered = 0
        with served.client(ANNA) as client:
            while answered < 3:
                assert client.get("/v1/todos?limit=1").status_code == 200
                with pytest.raises(BlockingIOError):
                    connection.recv(1)  # it is still being read
                answered += 1
        connection.setblocking(True)
        assert b"All object keys must match" in read_all(connection)


def read_all(connection: socket.socket) -> bytes:
    data = b""
    while b"}" not in data:
        data += connection.recv(65_536)
    return data


@proves("T-23")
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="this system does not tell")
def test_memory_stays_what_it_was(serve: Serve, example: str) -> None:
    served = serve(example)

    def peak() -> int:
        status = Path(f"/proc/{served.process.pid}/status").read_text()
        return next(
            int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM")
        )

    with served.client(ANNA) as client:
        client.get("/v1/todos?limit=1")
        before = peak()
        body = b'{"title":"' + b"x" * 20_000_000 + b'","nothing":[' + b"1," * 500_000 + b"1]}"
        sent = {"Content-Type": "application/json"}
        assert client.post("/v1/todos", content=body, headers=sent).status_code == 400
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        client.post("/v1/todos", content=b"title=" + b"%41" * 3_000_000, headers=form)
        assert peak() - before < 8 * len(body)
