"""Rows that are inserted while they arrive: all of them or none, whatever comes late."""

import csv
import io
import json
import socket
from collections.abc import Callable, Iterator

import httpx
import pytest
from tests.serving import ROOT, Served, execute, fetch, serving, token

ROWS = 12_000  # some 1.2 MB: three pieces
SCHEMA = """
create schema api;
create table api.readings (
  id int primary key, tenant text default 'odd', note text, amount numeric default 7
);
alter table api.readings enable row level security;
create policy by_tenant on api.readings using
  (tenant = current_setting('request.jwt.claims', true)::json ->> 'tenant');
grant usage on schema api to anonymous, member;
grant all on api.readings to member;
"""
NDJSON, CSV = "application/x-ndjson", "text/csv"
BOTH = pytest.mark.parametrize("kind", [NDJSON, CSV])


def build(database: str) -> None:
    execute(database, (ROOT / "db/roles.sql").read_text())
    execute(database, SCHEMA)


@pytest.fixture(scope="module")
def started(clone_for_session: Callable[[Callable[[str], None]], str]) -> Iterator[Served]:
    settings = {"db_schemas": "api", "db_pool": "4", "server_max_body": "4000000"}
    with serving(clone_for_session(build), **settings) as running:
        yield running


@pytest.fixture
def served(started: Served) -> Iterator[Served]:
    yield started
    execute(started.database, "truncate api.readings")


Row = dict[str, object]


def rows(number: int = ROWS) -> list[Row]:
    note = 'a note, with "quotes",\nlines and ünïcödé ' + "x" * 40
    return [{"id": i, "tenant": "odd", "note": note} for i in range(number)]


def body(kind: str, written: list[Row]) -> bytes:
    if kind == NDJSON:
        return b"".join(json.dumps(row).encode() + b"\n" for row in written)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(written[0]))
    writer.writeheader()
    writer.writerows(written)
    return text.getvalue().encode()


def headers(kind: str, prefer: str = "") -> dict[str, str]:
    bearer = f"Bearer {token({'role': 'member', 'tenant': 'odd'})}"
    return {"Authorization": bearer, "Content-Type": kind, "Prefer": prefer}


def post(
    served: Served, kind: str, content: bytes, prefer: str = "", query: str = ""
) -> httpx.Response:
    url = f"{served.url}/readings{query}"
    return httpx.post(url, content=content, headers=headers(kind, prefer), timeout=20)


def count(served: Served) -> int:
    [(number,)] = fetch(served.database, "select count(*) from api.readings")
    return int(number)


@BOTH
def test_rows_arrive_as_they_were_sent(served: Served, kind: str) -> None:
    answer = post(served, kind, body(kind, rows()), "count=exact")
    assert (answer.status_code, answer.headers["content-range"]) == (201, f"*/{ROWS}")
    found = fetch(served.database, "select id, tenant, note from api.readings order by id")
    assert [dict(row) for row in found] == rows()


@BOTH
def test_a_chunked_body_is_taken_as_well(served: Served, kind: str) -> None:
    content = body(kind, rows())
    chunks = (content[at : at + 100_000] for at in range(0, len(content), 100_000))
    url = f"{served.url}/readings"
    assert httpx.post(url, content=chunks, headers=headers(kind), timeout=20).status_code == 201
    assert count(served) == ROWS


@BOTH
@pytest.mark.parametrize(
    ("last", "status", "code"),
    [
        ({"id": 5}, 409, "23505"),
        ({"id": "nonsense"}, 400, "22P02"),
        ({"tenant": "even"}, 403, "42501"),
    ],
)
def test_a_late_error_takes_all_back(
    served: Served, kind: str, last: Row, status: int, code: str
) -> None:
    written = rows()
    written[-1] |= last
    answer = post(served, kind, body(kind, written))
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert count(served) == 0
    assert post(served, kind, body(kind, rows(3))).status_code == 201


@pytest.mark.parametrize(
    ("kind", "more", "message"),
    [
        (NDJSON, b'{"id": 99999}\n', "All object keys must match"),
        (NDJSON, b'{"id": 99999\n', "Empty or invalid json"),
        (CSV, b"99999,odd\n", "All lines must have same number of fields"),
    ],
)
def test_a_late_row_that_cannot_be_read_takes_all_back(
    served: Served, kind: str, more: bytes, message: str
) -> None:
    answer = post(served, kind, body(kind, rows()) + more)
    assert (answer.status_code, answer.json()["message"]) == (400, message)
    assert count(served) == 0


@BOTH
def test_half_of_a_body_inserts_nothing(served: Served, kind: str) -> None:
    content = body(kind, rows())
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers(kind).items())
    head = f"POST /readings HTTP/1.1\r\nHost: x\r\nContent-Length: {len(content)}\r\n{lines}\r\n"
    with socket.create_connection(("127.0.0.1", served.port), timeout=20) as opened:
        opened.sendall(head.encode() + content[:-10])
    assert post(served, kind, body(kind, rows(2))).status_code == 201
    assert count(served) == 2


@BOTH
def test_a_body_beyond_the_limit_inserts_nothing(served: Served, kind: str) -> None:
    content = body(kind, rows(4 * ROWS))
    chunks = (content[at : at + 100_000] for at in range(0, len(content), 100_000))
    url = f"{served.url}/readings"
    answer = httpx.post(url, content=chunks, headers=headers(kind), timeout=20)
    assert (answer.status_code, answer.json()["code"]) == (413, "PGRST130")
    assert count(served) == 0


@BOTH
def test_rows_merge_with_those_that_are_there(served: Served, kind: str) -> None:
    merging = "resolution=merge-duplicates,count=exact"
    first = post(served, kind, body(kind, rows()), merging)
    changed = [row | {"note": "changed"} for row in rows()]
    content = body(kind, [row | {"note": "changed" + "." * 90} for row in changed])
    second = post(served, kind, content, merging)
    assert (first.status_code, second.status_code) == (201, 200)
    assert second.headers["content-range"] == f"*/{ROWS}"
    assert fetch(served.database, "select from api.readings where note not like 'changed%'") == []


@BOTH
def test_missing_columns_have_their_defaults(served: Served, kind: str) -> None:
    written = [{"id": row["id"], "note": row["note"]} for row in rows()]
    query = "?columns=id,note,amount"
    assert post(served, kind, body(kind, written), "missing=default", query).status_code == 201
    [(least, most)] = fetch(served.database, "select min(amount), max(amount) from api.readings")
    assert (least, most) == (7, 7)


@BOTH
def test_what_is_asked_back_comes_back(served: Served, kind: str) -> None:
    answer = post(served, kind, body(kind, rows()), "return=representation", "?select=id")
    assert answer.status_code == 201
    assert answer.json() == [{"id": row["id"]} for row in rows()]


@BOTH
def test_short_bodies_of_rows_are_bodies_like_others(served: Served, kind: str) -> None:
    answer = post(served, kind, body(kind, rows(2)), "return=representation", "?select=id,note")
    assert answer.json() == [{"id": row["id"], "note": row["note"]} for row in rows(2)]


def test_an_unknown_table_is_told_before_the_end(served: Served) -> None:
    url = f"{served.url}/nowhere"
    answer = httpx.post(url, content=body(CSV, rows()), headers=headers(CSV), timeout=20)
    assert (answer.status_code, answer.json()["code"]) == (404, "PGRST205")
