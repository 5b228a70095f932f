"""Long answers and long bodies: first byte, time, and the memory of server and backend.

    python tests/bench/streaming.py [--rows 2400000]

Makes a table whose answer has some 300 MB, reads it as JSON, NDJSON and CSV, reads its beginning 25
times, then inserts a million rows as NDJSON and as CSV. The backend's memory is what it does not
share (RssAnon), the server's is all of it; both peaks, and how far above rest.
Targets: 20 ms, +10 MB.
"""

import argparse
import socket
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import httpx

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.bench.scratch import database
from tests.serving import NO_TLS, ROOT, Served, execute, fetch, serving

TABLES = """
create schema api;
create table api.big (id int primary key, name text, amount numeric, at timestamptz, tenant int);
insert into api.big select i, 'the name of number ' || i, i * 1.5, now(), i % 2
  from generate_series(1, {rows}) as i;
alter table api.big enable row level security;
create policy by_tenant on api.big using
  (tenant = coalesce(nullif(current_setting('request.jwt.claims', true), '')::json ->> 'tenant',
    tenant::text)::int);
create table api.sink (id int primary key, name text, amount numeric);
grant usage on schema api to anonymous;
grant all on all tables in schema api to anonymous;
analyze;
"""
FORMS = ("application/json", "application/x-ndjson", "text/csv")
INSERTED = 1_000_000
PAUSE = 0.05  # seconds between two looks at the memory


def memory(process: int, field: str) -> float:
    """Megabytes; 0 for a process that has ended."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(x.split()[1]) / 1024 for x in lines if x.startswith(field)), 0)


def backends(served: Served) -> list[int]:
    sql = "select pid from pg_stat_activity where usename = 'authenticator'"
    return [row[0] for row in fetch(served.database, sql)]


@contextmanager
def watched(served: Served, what: str) -> Iterator[list[str]]:
    """Prints the peaks of the block, and what it adds to the list."""
    said: list[str] = []
    end, peaks = Event(), {"server": 0.0, "backend": 0.0}
    rest = memory(served.process.pid, "VmRSS")

    def look() -> None:
        known, next_time = backends(served), 0.0
        while not end.wait(PAUSE):
            if time.monotonic() > next_time:
                known, next_time = backends(served), time.monotonic() + 1
            peaks["server"] = max(peaks["server"], memory(served.process.pid, "VmRSS"))
            held = [memory(each, "RssAnon") for each in known]
            peaks["backend"] = max(peaks["backend"], *held, 0)

    looking = Thread(target=look)
    looking.start()
    try:
        yield said
    finally:
        end.set()
        looking.join()
    server, backend = peaks["server"], peaks["backend"]
    say(
        f"{what:34} {' '.join(said):44} server {server:4.0f} MB (+{server - rest:.0f}),"
        f" backend {backend:3.0f} MB"
    )


def read(served: Served, form: str) -> None:
    with watched(served, f"read {form}") as said:
        size, first = 0, 0.0
        with httpx.Client(base_url=served.url, timeout=600, verify=NO_TLS) as client:
            began = time.perf_counter()
            with client.stream("GET", "/big", headers={"Accept": form}) as answer:
                for chunk in answer.iter_raw():
                    first = first or time.perf_counter() - began
                    size += len(chunk)
            spent = time.perf_counter() - began
        said.append(f"first byte {first * 1000:.1f} ms, {size / 1e6:.0f} MB in {spent:.1f} s")


def begin(served: Served, form: str, times: int = 25) -> None:
    spent = []
    for _ in range(times):
        with socket.create_connection(("127.0.0.1", served.port)) as opened:
            began = time.perf_counter()
            opened.sendall(f"GET /big HTTP/1.1\r\nHost: x\r\nAccept: {form}\r\n\r\n".encode())
            opened.recv(1000)
            spent.append((time.perf_counter() - began) * 1000)
        time.sleep(0.3)
    low, middle, high = min(spent), statistics.median(spent), max(spent)
    say(f"first byte of {form}: {low:.1f} to {high:.1f} ms, median {middle:.1f}")


def written(form: str) -> Iterator[bytes]:
    """A million rows in chunks."""
    if form == "text/csv":
        yield b"id,name,amount\n"
    row = '{i},"the name, of {i}",{i}.5\n'
    if form != "text/csv":
        row = '{{"id":{i},"name":"the name of {i}","amount":{i}.5}}\n'
    for start in range(0, INSERTED, 1000):
        yield "".join(row.format(i=i) for i in range(start, start + 1000)).encode()


def write(served: Served, form: str) -> None:
    execute(served.database, "truncate api.sink")
    with watched(served, f"insert {form}") as said:
        began, headers = time.perf_counter(), {"Content-Type": form, "Prefer": "count=exact"}
        url, body = f"{served.url}/sink", written(form)
        answer = httpx.post(url, content=body, headers=headers, timeout=600)
        spent = time.perf_counter() - began
        said.append(f"{answer.status_code} {answer.headers.get('content-range')} in {spent:.1f} s")


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def run(rows: int) -> None:
    with database() as url:
        execute(url, (ROOT / "db/roles.sql").read_text())
        execute(url, TABLES.replace("{rows}", str(rows)))
        with serving(url, db_schemas="api") as served:
            httpx.get(f"{served.url}/big?limit=1000")
            for form in FORMS:
                read(served, form)
            for form in FORMS:
                begin(served, form)
            for form in FORMS[1:]:
                write(served, form)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2_400_000)
    run(parser.parse_args().rows)
