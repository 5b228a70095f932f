"""Answers that leave while they are made: the bytes, the head, what may go wrong and when."""

import json
import socket
import time
from collections.abc import Callable, Iterator

import httpx
import pytest
from tests.serving import ROOT, Served, execute, fetch, serving, token

ROWS = 6000  # of each tenant: some 500 kB
SCHEMA = f"""
create schema api;
create table api.readings (id int primary key, tenant text, note text, at timestamptz, doc json);
insert into api.readings
  select i, case i % 2 when 0 then 'even' else 'odd' end, 'reading, "number" ' || i, now(),
    case i % 3 when 0 then E'{{"a":\\n {{}}, "b": null}}'::json end
  from generate_series(1, {2 * ROWS}) as i;
alter table api.readings enable row level security;
create policy by_tenant on api.readings using
  (tenant = current_setting('request.jwt.claims', true)::json ->> 'tenant');
create view api.failing with (security_invoker = true) as
  select id, note, 1 / (id - {2 * ROWS - 1}) as quotient from api.readings;
grant usage on schema api to anonymous, member;
grant select on all tables in schema api to anonymous, member;
analyze;
"""
FORMS = {
    "application/json": "json_agg(r)::text",
    "application/vnd.pgrst.array+json;nulls=stripped": "json_strip_nulls(json_agg(r))::text",
    "application/x-ndjson": "string_agg(replace(row_to_json(r)::text, E'\\n', ' ') || E'\\n', '')",
    "text/csv": "'id,tenant,note,at,doc' || E'\\n'"
    " || string_agg(substring(r::text, 2, length(r::text) - 2), E'\\n')",
}


def build(database: str) -> None:
    execute(database, (ROOT / "db/roles.sql").read_text())
    execute(database, SCHEMA)


@pytest.fixture(scope="module")
def rows(clone_for_session: Callable[[Callable[[str], None]], str]) -> Iterator[Served]:
    with serving(clone_for_session(build), db_schemas="api", db_pool="4") as running:
        yield running


def odd(**headers: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token({'role': 'member', 'tenant': 'odd'})}", **headers}


def get(server: Served, path: str, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.get(server.url + path, headers=odd(**named), timeout=20)


def is_streamed(answer: httpx.Response) -> bool:
    return answer.headers.get("transfer-encoding") == "chunked"


@pytest.mark.parametrize("form", FORMS)
def test_the_bytes_are_those_that_postgresql_makes_at_once(rows: Served, form: str) -> None:
    answer = get(rows, "/readings?order=id", Accept=form)
    odd_ones = "(select * from api.readings where tenant = 'odd' order by id) as r"
    [(expected,)] = fetch(rows.database, f"select {FORMS[form]} from {odd_ones}")
    assert (answer.status_code, is_streamed(answer)) == (200, True)
    assert answer.headers["content-type"].startswith(form.partition(";")[0])
    assert answer.text == expected


@pytest.mark.parametrize("form", FORMS)
def test_a_short_answer_is_the_same_by_either_way(rows: Served, form: str) -> None:
    path = "/readings?id=lt.50&order=id"
    first, second = (get(rows, path, Accept=form) for _ in range(2))
    one_by_one = get(rows, path + "&limit=1000", Accept=form)
    assert first.content == second.content == one_by_one.content
    assert first.headers["content-length"] == second.headers["content-length"]
    assert first.headers["content-range"] == second.headers["content-range"] == "0-24/*"


@pytest.mark.parametrize("form", FORMS)
def test_an_answer_without_rows_is_the_same_by_either_way(rows: Served, form: str) -> None:
    first, second = (get(rows, "/readings?id=lt.-3", Accept=form) for _ in range(2))
    assert (first.content, first.headers["content-range"]) == (second.content, "*/*")


def test_a_shape_that_was_short_may_become_long(rows: Served) -> None:
    for _ in range(30):  # long enough to share a connection
        assert len(get(rows, "/readings?select=id,note&id=lt.9").json()) == 4
    answer = get(rows, f"/readings?select=id,note&id=lt.{10 * ROWS}")
    assert (len(answer.json()), is_streamed(answer)) == (ROWS, True)


def test_a_page_is_answered_at_once(rows: Served) -> None:
    answer = get(rows, "/readings?order=id&limit=1000")
    assert (len(answer.json()), answer.headers["content-range"]) == (1000, "0-999/*")
    assert not is_streamed(answer)


def test_an_exact_count_is_known_before_the_first_row(rows: Served) -> None:
    answer = get(rows, "/readings?offset=10&limit=5000", Prefer="count=exact")
    assert (answer.status_code, is_streamed(answer)) == (206, True)
    assert answer.headers["content-range"] == f"10-5009/{ROWS}"
    assert answer.headers["preference-applied"] == "count=exact"
    assert len(answer.json()) == 5000


@pytest.mark.parametrize("count", ["planned", "estimated"])
def test_a_head_that_needs_all_rows_waits_for_them(rows: Served, count: str) -> None:
    answer = get(rows, "/readings", Prefer=f"count={count}")
    assert not is_streamed(answer)
    assert answer.headers["content-range"].startswith(f"0-{ROWS - 1}/")


def test_an_object_is_refused_as_ever(rows: Served) -> None:
    answer = get(rows, "/readings", Accept="application/vnd.pgrst.object+json")
    assert (answer.status_code, answer.json()["code"]) == (406, "PGRST116")


def test_an_early_error_has_its_status(rows: Served) -> None:
    answer = get(rows, "/failing?order=id.desc")
    assert (answer.status_code, answer.json()["code"]) == (400, "22012")


def test_a_late_error_leaves_the_body_unfinished(rows: Served) -> None:
    with httpx.stream("GET", f"{rows.url}/failing?order=id", headers=odd()) as answer:
        assert answer.status_code == 200
        with pytest.raises(httpx.RemoteProtocolError, match="incomplete chunked read"):
            answer.read()
    assert "division by zero" in rows.log()
    assert get(rows, "/readings?limit=1").status_code == 200


def test_a_client_without_chunks_gets_a_length(rows: Served) -> None:
    with connected(rows) as opened:
        lines = "".join(f"{name}: {value}\r\n" for name, value in odd().items())
        opened.sendall(f"GET /readings HTTP/1.0\r\n{lines}\r\n".encode())
        received = b"".join(iter(lambda: opened.recv(65536), b""))
    head, _, body = received.partition(b"\r\n\r\n")
    assert f"content-length: {len(body)}".encode() in head
    assert f"content-range: 0-{ROWS - 1}/*".encode() in head
    assert len(json.loads(body)) == ROWS


def test_clients_that_go_away_or_do_not_read_hold_no_connection_for_long(rows: Served) -> None:
    lines = "".join(f"{name}: {value}\r\n" for name, value in odd().items())
    for _ in range(6):  # more than there are connections
        with connected(rows) as opened:
            joined = "GET /readings?select=*,again:doc,more:note HTTP/1.1\r\nHost: x\r\n"
            opened.sendall(f"{joined}{lines}\r\n".encode())
            assert opened.recv(100)
    assert get(rows, "/readings?limit=1").status_code == 200
    assert _until_idle(rows)


def _until_idle(server: Served) -> bool:
    sql = "select from pg_stat_activity where usename = 'authenticator' and state <> 'idle'"
    mine = f"{sql} and datname = current_database()"
    end = time.monotonic() + 10
    while fetch(server.database, mine) and time.monotonic() < end:
        time.sleep(0.05)
    return time.monotonic() < end


def connected(server: Served) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=20)
