"""HTTP by hand: the bytes that are sent, and the bytes that come back."""

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from tests.serving import Served


@contextmanager
def connected(server: Served) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as opened:
        yield opened


def head(path: str, method: str = "GET", version: str = "1.1", **headers: str) -> bytes:
    named = {"Host": "localhost", **{key.replace("_", "-"): headers[key] for key in headers}}
    lines = (f"{name}: {value}\r\n" for name, value in named.items())
    return f"{method} {path} HTTP/{version}\r\n{''.join(lines)}\r\n".encode()


def response(opened: socket.socket, *, bodiless: bool = False) -> bytes:
    """One, as it came, without its date."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += _more(opened)
    fields, _, body = received.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", fields)
    missing = 0 if bodiless or length is None else int(length[1]) - len(body)
    while missing > 0:
        more = _more(opened)
        body, missing = body + more, missing - len(more)
    return re.sub(rb"date: [^\r]+", b"date", fields) + b"\r\n\r\n" + body


def _more(opened: socket.socket) -> bytes:
    more = opened.recv(65536)
    assert more, "the connection was closed"
    return more
