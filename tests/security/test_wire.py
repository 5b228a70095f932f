"""T-23, T-24: what is not quite HTTP is refused and ends the connection: nobody in front of the
server sees other requests in the same bytes than it does. And no body costs more than its size."""

import re
import socket
import time
from contextlib import closing

import pytest
from tests.serving import ADA, PATIENCE, Serve, Served, bearer, token

GET = b"GET /v1/rpc/about HTTP/1.1\r\nHost: x\r\n"
POST = b"POST /v1/rpc/about HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n"
LENGTH = b"Content-Length: 2\r\n"
CHUNKS = b"\r\n2\r\n{}\r\n0\r\n\r\n"
NEXT = b"GET /v1/me HTTP/1.1\r\nHost: x\r\n\r\n"

AMBIGUOUS = {
    "length and chunks": POST + LENGTH + b"Transfer-Encoding: chunked\r\n" + CHUNKS,
    "chunks and length": CHUNKED + b"Content-Length: 6\r\n\r\n0\r\n\r\n" + NEXT,
    "two lengths": POST + LENGTH + b"Content-Length: 4\r\n\r\n{}xx",
    "the same length twice": POST + LENGTH * 2 + b"\r\n{}",
    "a list of lengths": POST + b"Content-Length: 2, 2\r\n\r\n{}",
    "a length with a sign": POST + b"Content-Length: +2\r\n\r\n{}",
    "a negative length": POST + b"Content-Length: -2\r\n\r\n{}",
    "a hexadecimal length": POST + b"Content-Length: 0x2\r\n\r\n{}",
    "a length without end": POST + b"Content-Length: 99999999999999999999999\r\n\r\n{}",
    "a space before the colon": POST + b"Content-Length : 2\r\n\r\n{}",
    "another coding": POST + b"Transfer-Encoding: xchunked\r\n" + CHUNKS,
    "chunks within a coding": POST + b"Transfer-Encoding: chunked, identity\r\n" + CHUNKS,
    "two codings": CHUNKED + b"Transfer-Encoding: identity\r\n" + CHUNKS,
    "a coding after a control character": POST + b"Transfer-Encoding: \x0bchunked\r\n" + CHUNKS,
    "a coding before a colon and a space": POST + b"Transfer-Encoding : chunked\r\n" + CHUNKS,
    "a chunk of no size": CHUNKED + b"\r\nzz\r\n{}\r\n0\r\n\r\n",
    "a chunk of a negative size": CHUNKED + b"\r\n-2\r\n{}\r\n0\r\n\r\n",
    "a chunk without end": CHUNKED + b"\r\nffffffffffffffffff\r\n{}\r\n0\r\n\r\n",
    "chunks with bare line feeds": CHUNKED + b"\r\n2\n{}\n0\n\n",
    "bare line feeds": GET.replace(b"\r\n", b"\n") + b"\n",
    "bare carriage returns": GET.replace(b"\r\n", b"\r") + b"\r",
    "a folded header": GET + b"X-A: 1\r\n Authorization: 2\r\n\r\n",
    "a header without a colon": GET + b"X-A\r\n\r\n" + NEXT,
    "a NUL in a header": GET + b"X-A: a\0b\r\n\r\n",
    "a NUL in the path": GET.replace(b"about", b"about\0") + b"\r\n",
    "a space before the first header": GET.replace(b"Host", b" Host") + b"\r\n",
    "a tunnel": b"CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n" + NEXT,
    "no request": b"nonsense\r\n\r\n" + NEXT,
    "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
}

ELSEWHERE = {
    "two slashes": b"//v1/rpc/about",
    "two slashes within": b"/v1//rpc/about",
    "a slash at the end": b"/v1/rpc/about/",
    "a parent": b"/v1/rpc/../rpc/about",
    "an encoded parent": b"/v1/rpc/%2e%2e/rpc/about",
    "encoded slashes": b"/v1%2frpc%2fabout",
    "a slash encoded twice": b"/v1%252frpc%252fabout",
    "a backslash": b"/v1\\rpc\\about",
    "an encoded NUL": b"/v1/rpc/about%00",
    "a parameter of the path": b"/v1/rpc/about;x=1",
    "everything": b"*",
}


def exchange(served: Served, data: bytes, until_closed: bool = False) -> bytes:
    """What is answered until the server ends the connection, or has answered."""
    with closing(socket.create_connection(("127.0.0.1", served.port), PATIENCE)) as link:
        link.sendall(data)
        answer = b""
        while (until_closed or not _is_whole(answer)) and (more := link.recv(1 << 16)):
            answer += more
        return answer


def _is_whole(answer: bytes) -> bool:
    head, end, body = answer.partition(b"\r\n\r\n")
    size = re.search(rb"content-length: (\d+)", head)
    closes = b"connection: close" in head
    return bool(end) and size is not None and len(body) >= int(size[1]) and not closes


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


@pytest.mark.parametrize("case", AMBIGUOUS)
def test_what_can_be_read_in_two_ways_ends_the_connection(served: Served, case: str) -> None:
    answer = exchange(served, AMBIGUOUS[case])
    assert (status(answer), answer.count(b"HTTP/1.1 "), b"connection: close" in answer) == (
        400,
        1,
        True,
    )


@pytest.mark.parametrize("case", ELSEWHERE)
def test_a_path_is_taken_as_it_was_sent(served: Served, case: str) -> None:
    line = GET.replace(b"/v1/rpc/about", ELSEWHERE[case])
    assert status(exchange(served, line + b"\r\n")) == 404


def test_the_host_of_a_request_decides_nothing(served: Served) -> None:
    plain = exchange(served, GET + b"\r\n").partition(b"\r\n\r\n")[2]
    asked = (
        GET.replace(b"Host: x", b"Host: evil.example/../v2") + b"\r\n",
        GET.replace(b"Host: x", b"Host: v1\r\nHost: v2") + b"\r\n",
        GET.replace(b"/v1", b"http://evil.example/v1") + b"\r\n",
    )
    assert [exchange(served, each).partition(b"\r\n\r\n")[2] for each in asked] == [plain] * 3


def test_requests_in_a_row_are_answered_in_order(served: Served) -> None:
    last = GET + b"Connection: close\r\n\r\n"
    answer = exchange(served, NEXT.replace(b"/me", b"/nobody") + last, until_closed=True)
    assert re.findall(rb"HTTP/1.1 (\d+)", answer) == [b"404", b"200"]


def test_what_is_sent_as_a_body_is_no_request(served: Served) -> None:
    size = f"Content-Length: {len(NEXT)}\r\n\r\n".encode()
    assert exchange(served, GET + size + NEXT).count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize("protocol", [b"h2c", b"websocket"])
def test_what_follows_an_upgrade_is_no_request(served: Served, protocol: bytes) -> None:
    asked = GET + b"Connection: Upgrade\r\nUpgrade: " + protocol + b"\r\n\r\n" + NEXT
    assert exchange(served, asked).count(b"HTTP/1.1 ") == 1


def test_what_follows_the_end_of_a_connection_is_not_answered(served: Served) -> None:
    answer = exchange(served, GET + b"Connection: close\r\n\r\n" + NEXT)
    assert (status(answer), answer.count(b"HTTP/1.1 ")) == (200, 1)


def test_a_trailer_is_no_header(served: Served) -> None:
    asked = CHUNKED.replace(b"about", b"search")
    trailer = f"Authorization: Bearer {token(ADA)}\r\n".encode()
    body = b'\r\n11\r\n{"query":"rocket"}\r\n0\r\n'.replace(b"11", b"12")
    as_header = exchange(served, asked + trailer + body + b"\r\n")
    as_trailer = exchange(served, asked + body + trailer + b"\r\n")
    assert [status(as_header), status(as_trailer)] == [200, 401]


def test_the_first_of_two_tokens_is_meant(served: Served) -> None:
    lines = [f"Authorization: Bearer {each}\r\n" for each in (token(ADA), "a.b.c")]
    asked = GET.replace(b"rpc/about", b"me?select=name")
    answers = [
        exchange(served, asked + "".join(each).encode() + b"\r\n") for each in (lines, lines[::-1])
    ]
    assert [status(each) for each in answers] == [200, 401]


def test_a_head_without_end_is_refused(served: Served) -> None:
    with closing(socket.create_connection(("127.0.0.1", served.port), PATIENCE)) as link:
        link.sendall(GET)
        answer = b""
        for _ in range(64):
            try:
                link.sendall(b"X-A: " + b"a" * 65000 + b"\r\n")
                time.sleep(0.01)
            except OSError:
                break
        try:
            answer = link.recv(1 << 16)
        except ConnectionResetError:
            answer = b"HTTP/1.1 400 reset"
    assert status(answer) == 400


# Bodies

BOMBS = {
    "deep arrays": (b"[" * 100_000, 400),
    "deep objects": (b'{"a":' * 100_000, 400),
    "keys": (b"{" + b",".join(b'"%d":1' % n for n in range(1_100_000)) + b"}", 400),
    "rows": (b"[" + b",".join([b"{}"] * 1_000_001) + b"]", 400),
    "no number": (b'{"name": NaN}', 400),
    "no text": (b'{"name": "\xff\xfe"}', 400),
    "half a character": (b'{"name": "\\ud800"}', 400),
    "a NUL": (b'{"name": "\\u0000"}', 400),
    "an unfinished object": (b'{"name": ', 400),
    "a byte order mark": (b'\xef\xbb\xbf{"name": "x"}', 400),
}


@pytest.mark.parametrize("case", BOMBS)
def test_a_body_that_is_no_use_is_refused(served: Served, case: str) -> None:
    body, expected = BOMBS[case]
    with served.client(ADA, **{"Content-Type": "application/json"}) as client:
        answer = client.post("/v1/labels", content=body)
    assert (answer.status_code, "message" in answer.json()) == (expected, True)


def test_a_key_that_is_twice_is_not_read_in_two_ways(serve: Serve, example: str) -> None:
    """PostgreSQL takes the last, and so does whoever reads the row that was made."""
    body = b'{"name": "first", "name": "last"}'
    with serve(example).client(ADA, Prefer="return=representation") as client:
        answer = client.post(
            "/v1/labels", content=body, headers={"Content-Type": "application/json"}
        )
    assert [row["name"] for row in answer.json()] == ["last"]


def test_a_compressed_body_is_not_unpacked(served: Served) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    bomb = bytes.fromhex("1f8b08000000000000ff") + b"\0" * 1000
    with served.client(ADA) as client:
        assert client.post("/v1/labels", content=bomb, headers=headers).status_code == 400


def test_of_a_body_declared_too_large_nothing_is_read(served: Served) -> None:
    asked = POST + b"Content-Length: 999999999999\r\n\r\n"
    assert status(exchange(served, asked)) == 413


def test_chunks_that_never_end_are_refused_at_the_limit(serve: Serve, example: str) -> None:
    served = serve(example, server_max_body="100000")
    chunk = b"4000\r\n" + b" " * 0x4000 + b"\r\n"
    assert status(exchange(served, CHUNKED + b"\r\n" + chunk * 7)) == 413


def test_slow_bodies_hold_no_connection_to_the_database(serve: Serve, example: str) -> None:
    served = serve(example, db_pool="1", db_pool_acquisition_timeout="2")
    head = POST + f"Authorization: {bearer(ADA)['Authorization']}\r\n".encode()
    links = [socket.create_connection(("127.0.0.1", served.port)) for _ in range(30)]
    for link in links:
        link.sendall(head + b"Content-Length: 2\r\n\r\n{")
    with served.client(ADA) as client:
        assert client.get("/v1/me").status_code == 200
    for link in links:
        link.close()
