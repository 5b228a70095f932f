"""Two servers in a row must agree where a request ends: what is ambiguous is refused."""

import socket

import pytest
from tests.serving import Served

proves = pytest.mark.proves
PATIENCE = 10  # seconds


def answers(served: Served, raw: bytes) -> list[int]:
    """The statuses of everything that is answered until the server closes the connection."""
    with socket.create_connection(("127.0.0.1", served.port), PATIENCE) as connection:
        connection.sendall(raw)
        data = b""
        while piece := connection.recv(65_536):
            data += piece
    return [int(part.split(b" ", 2)[1]) for part in data.split(b"HTTP/1.1")[1:]]


GET = b"GET /v1/rpc/about HTTP/1.1\r\nHost: x\r\n\r\n"
LAST = GET.replace(b"Host: x", b"Host: x\r\nConnection: close")
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"


def post(headers: bytes, body: bytes) -> bytes:
    return b"POST /v1/todos HTTP/1.1\r\nHost: x\r\n" + headers + b"\r\n" + body


TWO_ENDS = (
    post(b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n" + SMUGGLED),
    post(b"Content-Length: 0\r\nContent-Length: 40\r\n", SMUGGLED),
    post(b"Content-Length: +0\r\n", SMUGGLED),
    post(b"Content-Length: 0, 0\r\n", SMUGGLED),
    post(b"Content-Length: -1\r\n", SMUGGLED),
    post(b"Transfer-Encoding: xchunked\r\n", b"0\r\n\r\n" + SMUGGLED),
    post(b"Transfer-Encoding: chunked, identity\r\n", b"0\r\n\r\n" + SMUGGLED),
    post(b"Transfer-Encoding : chunked\r\n", b"0\r\n\r\n" + SMUGGLED),
    post(b"Transfer-Encoding: chunked\r\n", b"zz\r\n" + SMUGGLED),
    b"GET /v1/rpc/about HTTP/1.1\r\nHost: x\r\n folded: y\r\n\r\n" + SMUGGLED,
    b"GET /v1/rpc/about HTTP/1.1\r\nHost x\r\n\r\n" + SMUGGLED,
    b"GET /v1/rpc/about\x00 HTTP/1.1\r\nHost: x\r\n\r\n" + SMUGGLED,
    b"nonsense\r\n\r\n" + SMUGGLED,
)


@proves("T-24")
@pytest.mark.parametrize("raw", TWO_ENDS, ids=range(len(TWO_ENDS)))
def test_a_request_with_two_ends_is_refused(served: Served, raw: bytes) -> None:
    assert answers(served, raw) in ([400], []), answers(served, raw)


@proves("T-24")
def test_requests_in_a_row_are_answered_in_order(served: Served) -> None:
    assert answers(served, GET + SMUGGLED + LAST) == [200, 404, 200]


@proves("T-24")
@pytest.mark.parametrize(
    ("target", "status"),
    [
        (b"http://other.example/v1/rpc/about", 200),
        (b"//v1/rpc/about", 404),
        (b"/v1//rpc/about", 404),
        (b"/v1/../v1/rpc/about", 404),
        (b"/v1%2frpc/about", 404),
        (b"/v1/rpc/about/", 404),
        (b"/v1/rpc/%61bout", 200),
        (b"*", 404),
    ],
)
def test_a_path_is_taken_as_it_came(served: Served, target: bytes, status: int) -> None:
    raw = b"GET " + target + b" HTTP/1.1\r\nHost: evil.example:99999\r\nConnection: close\r\n\r\n"
    assert answers(served, raw) in ([status], [400])
