"""Reads answered by the protocol itself: the bytes of the application, whatever arrives how."""

import re
import socket
import sys
import time
from contextlib import suppress
from threading import Thread

import httpx
import pytest
from tests.serving import ACME, ADA, ANNA, BEA, GLOBEX, NO_TLS, Served, bearer, serving

from .raw import connected, head, response

IMPATIENT = """
import os
from passeplat.config import Sources
from passeplat.server.protocol import RestProtocol
from passeplat.server.serve import serve
class Impatient(RestProtocol):
    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)
        self.timeout_keep_alive = 0.5
serve(Sources(os.environ, None), protocol=Impatient)
"""
SHARED = re.compile(r"^passeplat_shared_reads_total (\d+)", re.MULTILINE)
TODOS = "/v1/todos?select=id,title,project:projects(name)&order=id&limit=5"


def shared_reads(server: Served) -> int:
    found = SHARED.search(
        httpx.get(f"{server.admin}/metrics", verify=NO_TLS).text.replace(".0\n", "\n")
    )
    assert found
    return int(found[1])


def until_shared(server: Served, request: bytes, *, bodiless: bool = False) -> bytes:
    """The answer, once one like it came from a shared connection."""
    with connected(server) as opened:
        for number in range(1000):
            if number % 10:  # most only show that it is short
                opened.sendall(request)
                response(opened, bodiless=bodiless)
                continue
            before = shared_reads(server)
            opened.sendall(request)
            answered = response(opened, bodiless=bodiless)
            if shared_reads(server) > before:
                return answered
    raise AssertionError("it is never answered from a shared connection")


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        (TODOS, {}),
        ("/v1/todos?id=eq.00000000-0000-4000-8000-000000000000", {}),
        ("/v1/todos?select=title&title=like.*e*&order=title", {}),
        ("/rest/v1/todos?select=title&title=in.(a,%22b,c%22)", {"X_Forwarded_For": "127.0.0.1"}),
        ("/v1/todos?select=id&order=id&limit=2", {"Prefer": "count=exact"}),
        ("/v1/todos?select=id&order=id&limit=1", {"Accept": "application/vnd.pgrst.object+json"}),
        ("/v1/todos?select=id", {"Accept": "application/vnd.pgrst.object+json"}),
        ("/v1/todos?select=id,title&order=id", {"Accept": "text/csv"}),
        ("/v1/todos?select=title&order=id", {"Range": "0-1", "Range_Unit": "items"}),
        ("/v1/todos?select=title&order=id", {"Origin": "https://example.org"}),
        ("/v1/todos?select=title&order=id&offset=100", {"Prefer": "count=exact"}),
        ("/v1/todos?select=title&id=eq.nonsense", {}),
        ("/v1/todos?select=title&title=eq.%C3%A9%20%2B&order=id", {"Cookie": "a=b; c=d"}),
        ("/todos?select=title&order=id", {"Accept_Profile": "v2"}),
    ],
    ids=str,
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_bytes_are_those_of_the_application(
    served: Served, reference: Served, method: str, path: str, headers: dict[str, str]
) -> None:
    request = head(path, method, **headers, **bearer(ADA))
    bodiless = method == "HEAD"
    with connected(reference) as opened:
        opened.sendall(request)
        expected = response(opened, bodiless=bodiless)
    assert until_shared(served, request, bodiless=bodiless) == expected


def test_another_value_is_another_answer(served: Served) -> None:
    with served.client(ADA) as client:
        titles = [each["title"] for each in client.get("/v1/todos?select=title").json()]
        until_shared(served, head("/v1/todos?select=title&title=eq.x", **bearer(ADA)))
        for title in titles:
            found = client.get("/v1/todos", params={"select": "title", "title": f"eq.{title}"})
            assert {each["title"] for each in found.json()} == {title}


def test_tenants_do_not_meet(served: Served) -> None:
    """Each on a connection of its own and all at the same time."""
    path = "/v1/todos?select=title,organization_id"
    until_shared(served, head(path, **bearer(ADA)))
    before, wrong = shared_reads(served), list[str]()

    def ask(claims: dict[str, str], organization: str) -> None:
        with served.client(claims) as client:
            for _ in range(60):
                found = {each["organization_id"] for each in client.get(path).json()}
                wrong.extend(found - {organization})

    people = [(ADA, ACME), (BEA, GLOBEX), (ANNA, ACME)] * 3
    asking = [Thread(target=ask, args=person) for person in people]
    for each in asking:
        each.start()
    for each in asking:
        each.join()
    assert wrong == []
    assert shared_reads(served) > before


def test_requests_sent_at_once_are_answered_in_their_order(served: Served) -> None:
    by_protocol = [head(f"/v1/todos?select=title&limit={n}", **bearer(ADA)) for n in (1, 2, 3)]
    for each in by_protocol:
        until_shared(served, each)
    by_application = head("/v1/todos?select=title&or=(id.is.null)", **bearer(ADA))
    requests = [by_protocol[0], by_application, by_protocol[1], by_protocol[2], by_application]
    with connected(served) as opened:
        alone = []
        for each in requests:
            opened.sendall(each)
            alone.append(response(opened))
    with connected(served) as opened:
        opened.sendall(b"".join(requests) + head("/v1/nothing", Connection="close"))
        received = b""
        while more := opened.recv(65536):
            received += more
    received = re.sub(rb"date: [^\r]+", b"date", received)
    assert received.startswith(b"".join(alone))


def test_a_request_may_arrive_a_byte_at_a_time(served: Served) -> None:
    request = head(TODOS, **bearer(ADA))
    whole = until_shared(served, request)
    with connected(served) as opened:
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in request:
            opened.sendall(bytes([byte]))
        assert response(opened) == whole


@pytest.mark.parametrize(
    ("version", "headers"), [("1.1", {"Connection": "close"}), ("1.0", {})], ids=str
)
def test_a_connection_that_is_to_end_ends(
    served: Served, version: str, headers: dict[str, str]
) -> None:
    until_shared(served, head(TODOS, **bearer(ADA)))
    with connected(served) as opened:
        opened.sendall(head(TODOS, version=version, **headers, **bearer(ADA)))
        assert b"connection: close" in response(opened)
        assert opened.recv(1) == b""


def test_who_waits_for_the_word_to_go_on_gets_it(served: Served) -> None:
    until_shared(served, head(TODOS, **bearer(ADA)))
    with connected(served) as opened:
        opened.sendall(head(TODOS, Expect="100-continue", Content_Length="2", **bearer(ADA)))
        assert opened.recv(65536).startswith(b"HTTP/1.1 100 Continue\r\n\r\n")
        opened.sendall(b"{}")
        assert response(opened).startswith(b"HTTP/1.1 200 OK")


def test_other_headers_on_one_connection_are_looked_at_again(served: Served) -> None:
    path = "/v1/todos?select=organization_id"
    for claims in (ADA, BEA):
        until_shared(served, head(path, **bearer(claims)))
    with connected(served) as opened:
        for claims, organization in [(ADA, ACME), (BEA, GLOBEX), (ADA, ACME)]:
            opened.sendall(head(path, **bearer(claims)))
            answered = response(opened)
            assert organization.encode() in answered
            assert ({ACME, GLOBEX} - {organization}).pop().encode() not in answered


def test_who_leaves_before_the_answer_harms_nobody(served: Served) -> None:
    request = head(TODOS, **bearer(ADA))
    whole = until_shared(served, request)
    for _ in range(30):
        with connected(served) as opened:
            opened.sendall(request)
    with connected(served) as opened:
        opened.sendall(request)
        assert response(opened) == whole


def test_a_token_that_ends_is_refused_by_the_protocol_too(served: Served) -> None:
    until_shared(served, head(TODOS, **bearer(ADA)))
    with connected(served) as opened:
        opened.sendall(head(TODOS, Authorization="Bearer nonsense"))
        assert response(opened).startswith(b"HTTP/1.1 401")


def test_a_known_head_is_answered_for_what_it_asks(served: Served) -> None:
    paths = [f"/v1/todos?select=title&order=title&offset={n}&limit=1" for n in range(3)]
    for path in paths:
        until_shared(served, head(path, **bearer(ADA)))
    with served.client(ADA) as client:
        expected = [client.get(path).content for path in paths]
    assert len(set(expected)) > 1
    with connected(served) as opened:
        for number in (0, 1, 2, 2, 1, 0):
            opened.sendall(head(paths[number], **bearer(ADA)))
            assert response(opened).endswith(b"\r\n\r\n" + expected[number])


def test_a_body_that_looks_like_a_known_request_is_a_body(served: Served) -> None:
    """Whatever the pieces: else a client of a proxy could ask in the name of another."""
    known = head(TODOS, **bearer(ADA))
    fine = until_shared(served, known)
    length = {"Content_Length": str(len(known)), "Content_Type": "text/plain"}
    counted = head("/v1/todos", "POST", **length, **bearer(ADA))
    chunked = head("/v1/todos", "POST", Transfer_Encoding="chunked", **bearer(ADA))
    for pieces in (
        (counted, known),
        (counted + known[:9], known[9:]),
        (chunked, b"%x\r\n" % len(known), known, b"\r\n0\r\n\r\n"),
        (chunked + b"0\r\n", b"X-Trailer: 1\r\n", b"\r\n"),
    ):
        with connected(served) as opened:
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for _ in range(3):
                opened.sendall(known)
                assert response(opened) == fine
            for piece in pieces:
                opened.sendall(piece)
                time.sleep(0.02)
            assert response(opened).startswith(b"HTTP/1.1 4")
            opened.sendall(known)
            assert response(opened) == fine


def test_a_body_that_was_refused_is_a_body_still(served: Served) -> None:
    known = head(TODOS, **bearer(ADA))
    until_shared(served, known)
    refused = head("/v1/todos", "POST", Content_Length=str(10**12), **bearer(ADA))
    with connected(served) as opened:
        for _ in range(2):
            opened.sendall(known)
            response(opened)
        opened.sendall(refused)
        assert response(opened).startswith(b"HTTP/1.1 413")
        opened.sendall(known)
        opened.settimeout(0.3)
        with suppress(TimeoutError):
            assert opened.recv(1) == b""


@pytest.mark.parametrize(
    ("target", "version", "status"),
    [
        (TODOS, "1.0", 200),
        (f"http://localhost{TODOS}", "1.1", 200),
        (f"/{TODOS}", "1.1", 404),
        (f"{TODOS}#fragment", "1.1", 200),
        ("/v1/nothing", "1.1", 404),
        ("/v1/todos?select=no_such_column", "1.1", 400),
        ("/v1/todos?select=title&id=eq.nonsense", "1.1", 400),
        ("/v1/todos?select=\x7f", "1.1", 400),
        ("*", "1.1", 404),
    ],
)
def test_a_known_head_with_another_line_before_it_is_read_as_ever(
    served: Served, reference: Served, target: str, version: str, status: int
) -> None:
    known = head(TODOS, **bearer(ADA))
    until_shared(served, known)
    asked = head(target, version=version, **bearer(ADA))
    with connected(reference) as opened:
        opened.sendall(asked)
        expected = response(opened)
    with connected(served) as opened:
        for _ in range(2):
            opened.sendall(known)
            response(opened)
        opened.sendall(asked)
        answered = response(opened)
    assert answered == expected
    assert int(answered[9:12]) == status


def test_who_asks_now_and_then_stays_and_who_asks_no_more_is_let_go(served: Served) -> None:
    command = (sys.executable, "-c", IMPATIENT)
    with serving(served.database, command=command) as impatient:
        known = head(TODOS, **bearer(ADA))
        until_shared(impatient, known)
        with connected(impatient) as opened:
            for _ in range(5):
                opened.sendall(known)
                assert response(opened).startswith(b"HTTP/1.1 200 OK")
                time.sleep(0.2)
            assert opened.recv(1) == b""
