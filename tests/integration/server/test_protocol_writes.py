"""Writes, calls and reads on a connection of their own, answered by the protocol itself: the bytes
of the application, whatever arrives how."""

import re
import signal
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from uuid import uuid4

import pytest
from tests.serving import ADA, BEA, GLOBEX, Served, bearer, serving

from .raw import connected, head, response

# Whoever asks for it is told whether the request went to the application.
TELLING = """
import os
from passeplat.config import Sources
from passeplat.server.protocol import RestProtocol
from passeplat.server.serve import serve
async def refuse(scope, receive, send):
    headers = [(b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 418, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
class Telling(RestProtocol):
    def _start_asgi_task(self, cycle, app):
        asked = any(name == b"x-only" for name, _ in cycle.scope["headers"])
        super()._start_asgi_task(cycle, refuse if asked else app)
serve(Sources(os.environ, None), protocol=Telling)
"""
# Says with every connection how many there are that nothing but a cycle of references may keep.
COUNTING = """
import gc, os, sys, weakref
from passeplat.config import Sources
from passeplat.server.protocol import RestProtocol
from passeplat.server.serve import serve
ALIVE = weakref.WeakSet()
class Counted(RestProtocol):
    def connection_made(self, transport):
        super().connection_made(transport)
        ALIVE.add(self)
        print("alive:", len(ALIVE), flush=True)
gc.disable()
serve(Sources(os.environ, None), protocol=Counted)
"""
TOKEN = bearer(ADA)  # the same one always, for one that is new is looked at by the application
TIMES = 3  # that a request is sent before it has a shape for certain


@pytest.fixture(scope="module")
def telling(served: Served) -> Iterator[Served]:
    with serving(served.database, command=(sys.executable, "-c", TELLING)) as running:
        yield running


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    body: str | None = None
    prefer: str = ""
    kind: str = "application/json"

    def bytes(self, **more: str) -> bytes:
        headers = {**TOKEN, **more}
        if self.prefer:
            headers["Prefer"] = self.prefer
        if self.body is None:
            return head(self.path, self.method, **headers)
        headers |= {"Content_Type": self.kind, "Content_Length": str(len(self.body.encode()))}
        return head(self.path, self.method, **headers) + self.body.encode()

    def named(self, name: str) -> "Asked":
        """Another of its kind: what it writes does not collide."""
        body = None if self.body is None else self.body.replace("NAME", name)
        return replace(self, path=self.path.replace("NAME", name), body=body)


def asked(opened: socket.socket, request: bytes) -> bytes:
    opened.sendall(request)
    return response(opened)


LABEL = '{"name": "NAME"}'
NOBODY = "00000000-0000-4000-8000-000000000000"
SHOWN = "return=representation"


OURS = [
    Asked("POST", "/v1/labels", LABEL),
    Asked("POST", "/v1/labels", LABEL, "return=minimal"),
    Asked("POST", "/v1/labels?select=color", LABEL, SHOWN),
    Asked("POST", "/v1/labels?select=color", f"[{LABEL}]", f"{SHOWN}, count=exact"),
    Asked("POST", "/v1/labels?select=color", "name\nNAME\n", SHOWN, "text/csv"),
    Asked("POST", "/v1/labels?select=color", f"{LABEL}\n", SHOWN, "application/x-ndjson"),
    Asked("POST", "/v1/labels", '{"name": "NAME", "color": "red"}'),
    Asked("POST", "/v1/labels", '{"name": ""}'),
    Asked("POST", "/v1/labels", f'{{"name": "NAME", "organization_id": "{GLOBEX}"}}'),
    Asked("PATCH", "/v1/labels?name=eq.NAME", '{"color": "#123456"}'),
    Asked("PATCH", "/v1/labels?name=eq.NAME&select=color", '{"color": "#123456"}', SHOWN),
    Asked("PATCH", f"/v1/labels?id=eq.{NOBODY}", '{"color": "#123456"}', "count=exact"),
    Asked("PATCH", "/v1/labels?id=eq.nonsense", '{"color": "#123456"}'),
    Asked("DELETE", "/v1/labels?name=eq.NAME"),
    Asked("DELETE", "/v1/labels?name=eq.NAME&select=color", None, SHOWN),
    Asked("POST", "/v1/rpc/subtasks?select=title", f'{{"todo_id": "{NOBODY}"}}'),
    Asked("POST", "/v1/rpc/subtasks", '{"todo_id": "nonsense"}'),
    Asked("GET", f"/v1/rpc/subtasks?todo_id={NOBODY}"),
    Asked("GET", "/v1/todos?select=title,overdue&order=title&limit=3"),
]
OTHERS = [  # faulty, or judged before the commit
    Asked("POST", "/v1/labels", '{"name": '),
    Asked("POST", "/v1/labels", '{"no_such_column": 1}'),
    Asked("PUT", f"/v1/labels?id=eq.{NOBODY}", f'{{"id": "{NOBODY}", "name": "NAME"}}'),
    Asked("POST", "/v1/rpc/subtasks", '{"no_such_argument": 1}'),
]


@pytest.mark.parametrize(
    ("request_", "only"),
    [*((each, {"X_Only": "1"}) for each in OURS), *((each, {}) for each in OTHERS)],
    ids=str,
)
def test_the_bytes_are_those_of_the_application(
    telling: Served, reference: Served, request_: Asked, only: dict[str, str]
) -> None:
    def ask(server: Served, **more: str) -> bytes:
        with connected(server) as opened:
            return asked(opened, request_.named(uuid4().hex).bytes(**more))

    for _ in range(TIMES):
        ask(telling)
    expected = ask(reference, **only)
    assert mild(ask(telling, **only)) == mild(expected)


def mild(answered: bytes) -> bytes:
    """Without what is another each time."""
    keys = rb"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}"
    return re.sub(keys + rb"|\d+-\d\d-\d\d \d\d:[^,)]*|content-length: \d+", b"*", answered)


def test_head_and_body_come_in_one_packet(telling: Served) -> None:
    for each in (*OURS[:3], *OTHERS):
        with connected(telling) as opened:
            opened.sendall(each.named(uuid4().hex).bytes())
            fields, _, body = opened.recv(65536).partition(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", fields)
            assert length or fields[9:12] == b"204"
            assert len(body) == (int(length[1]) if length else 0)


def test_what_goes_to_the_application_is_told(telling: Served) -> None:
    with connected(telling) as opened:
        for each in (*OTHERS, Asked("GET", "/v1/nothing")):
            answered = asked(opened, each.named(uuid4().hex).bytes(X_Only="1"))
            assert answered[9:12] == b"418"


def test_a_known_head_is_read_anew_after_a_reload(telling: Served) -> None:
    path = "/v1/labels?select=name&limit=1"
    plain, known = head(path, **TOKEN), head(path, X_Only="1", **TOKEN)
    with connected(telling) as opened:
        for number in range(1, 4):
            for _ in range(TIMES):
                asked(opened, plain)
            assert [asked(opened, known)[9:12] for _ in range(3)] == [b"200"] * 3
            telling.process.send_signal(signal.SIGUSR2)
            end = time.monotonic() + 20
            while telling.output.read_text().count("Config reloaded") < number:
                assert time.monotonic() < end
                time.sleep(0.02)


def test_a_connection_that_ended_leaves_no_memory_behind(served: Served) -> None:
    command = (sys.executable, "-c", COUNTING)
    write = Asked("POST", "/v1/labels", LABEL, "return=minimal")
    read = head("/v1/labels?select=name&limit=1", **TOKEN)
    with serving(served.database, command=command) as counting:
        for _ in range(30):
            with connected(counting) as opened:
                for request in (read, write.named(uuid4().hex).bytes(), read):
                    asked(opened, request)
        counted = re.findall(r"alive: (\d+)", counting.output.read_text())
    assert int(counted[-1]) < 10


def labels(server: Served, name: str) -> list[str]:
    with server.client(ADA) as client:
        found = client.get("/v1/labels", params={"select": "name", "name": f"like.{name}*"})
        return sorted(each["name"] for each in found.json())


def test_a_body_may_come_later_and_in_pieces(telling: Served) -> None:
    name = uuid4().hex
    requests = [Asked("POST", "/v1/labels", LABEL).named(f"{name}-{n}") for n in range(6)]
    with connected(telling) as opened:
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for number, each in enumerate(requests):
            whole = each.bytes()
            cut = whole.index(b"\r\n\r\n") + 4 + number
            for piece in (whole[:cut], whole[cut : cut + 3], whole[cut + 3 :]):
                opened.sendall(piece)
                time.sleep(0.02)
            assert response(opened)[9:12] == b"201"
    assert labels(telling, name) == [f"{name}-{n}" for n in range(6)]


def test_requests_sent_at_once_are_answered_in_their_order(telling: Served) -> None:
    name = uuid4().hex
    write = Asked("POST", "/v1/labels?select=name", LABEL, SHOWN)
    read = head(f"/v1/labels?select=name&name=like.{name}*&order=name", **TOKEN)
    with connected(telling) as opened:
        for number in range(TIMES):
            asked(opened, write.named(f"{name}-{number}").bytes())
            asked(opened, read)
        sent = [write.named(f"{name}-{number}").bytes() for number in range(TIMES, TIMES + 3)]
        opened.sendall(b"".join((*sent, read, sent[0])))
        received = b""
        while received.count(b"HTTP/1.1 ") < 5 or b"23505" not in received:
            received += opened.recv(65536)
    statuses = [int(each) for each in re.findall(rb"HTTP/1.1 (\d+)", received)]
    assert statuses == [201, 201, 201, 200, 409]
    assert labels(telling, name) == [f"{name}-{number}" for number in range(TIMES + 3)]


def test_who_does_not_wait_for_the_answer_has_written_all_the_same(telling: Served) -> None:
    name = uuid4().hex
    write = Asked("POST", "/v1/labels", LABEL)
    with connected(telling) as opened:
        for number in range(TIMES):
            asked(opened, write.named(f"{name}-{number}").bytes())
    for number in range(TIMES, TIMES + 5):
        with connected(telling) as opened:
            opened.sendall(write.named(f"{name}-{number}").bytes())
    end = time.monotonic() + 10
    while len(labels(telling, name)) < TIMES + 5 and time.monotonic() < end:
        time.sleep(0.05)
    assert labels(telling, name) == [f"{name}-{number}" for number in range(TIMES + 5)]


def test_tenants_take_turns_on_one_connection(telling: Served) -> None:
    name = uuid4().hex
    with connected(telling) as opened:
        for number in range(10):
            claims = (ADA, BEA)[number % 2]
            write = Asked("POST", "/v1/labels?select=organization_id", LABEL, SHOWN)
            answered = asked(opened, write.named(f"{name}-{number}").bytes(**bearer(claims)))
            assert claims["organization_id"].encode() in answered
    assert labels(telling, name) == [f"{name}-{number}" for number in range(0, 10, 2)]


@pytest.mark.parametrize(
    "head_of",
    [{"Transfer_Encoding": "chunked"}, {"Content_Length": "44", "Expect": "100-continue"}],
    ids=str,
)
def test_other_bodies_go_the_other_way(telling: Served, head_of: dict[str, str]) -> None:
    body = LABEL.replace("NAME", uuid4().hex).encode()
    chunked = "Transfer_Encoding" in head_of
    sent = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) if chunked else body
    kind = {"Content_Type": "application/json"}
    with connected(telling) as opened:
        opened.sendall(head("/v1/labels", "POST", **head_of, **kind, **TOKEN))
        if not chunked:
            assert opened.recv(65536).startswith(b"HTTP/1.1 100 Continue")
        opened.sendall(sent)
        assert response(opened)[9:12] == b"201"
