"""How long a migration takes to be found: the reference application, and a schema that is big.

    python tests/bench/diff.py [--tables 1000]

The big one has as many tables, twice as many functions, three times as many policies; what changes
is a column and a policy, a function, a view. Shows the parts. A target, not a test: under 2 s and
under 10 s on two quiet cores.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from passeplat.migrate.engine import find_migration, prove_rows
from passeplat.migrate.model import Snapshot
from passeplat.migrate.prove import prove
from passeplat.migrate.scratch import Scratch, scratch_server
from passeplat.migrate.state import database_of

ROOT = Path(__file__).parents[2]

TABLE = """
create table app.table_{n} (
  id bigint generated always as identity primary key, tenant_id bigint not null, name text not null
);
create index on app.table_{n} (tenant_id);
alter table app.table_{n} enable row level security;
create policy read on app.table_{n} for select using (tenant_id = app.tenant());
create policy write on app.table_{n} for insert with check (tenant_id = app.tenant());
create policy change on app.table_{n} for update using (tenant_id = app.tenant());
create view app.view_{n} with (security_invoker = true) as select id, name from app.table_{n};
create function app.count_{n}() returns bigint stable return (select count(*) from app.table_{n});
create function app.name_{n}(wanted bigint) returns text language sql stable
  as 'select name from app.table_{n} where id = wanted';
grant select, insert on app.table_{n} to public;
"""
START = "create schema app; create function app.tenant() returns bigint stable return 1;"
CHANGE = """
alter table app.table_7 add column due_on date;
drop policy read on app.table_8;
create or replace function app.count_9() returns bigint stable return 0;
create or replace view app.view_7 with (security_invoker = true) as
  select id, name, due_on from app.table_7;
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    asyncio.run(measure(options.tables, options.rounds))


async def measure(tables: int, rounds: int) -> None:
    with tempfile.TemporaryDirectory() as place:
        seconds = [await reference(Path(place) / str(number)) for number in range(rounds)]
        say(f"reference application, from files to a migration: {median(seconds):.2f} s (median)")
        (Path(place) / "big").mkdir()
        await big(Path(place) / "big", tables)


async def reference(place: Path) -> float:
    """As `passeplat diff` does, but for the start of Python."""
    changed = _changed_copy(ROOT / "db", place)
    started = time.perf_counter()
    async with scratch_server(os.environ) as scratch:
        before = await scratch.snapshot(await database_of(str(ROOT / "db"), scratch))
        after = await scratch.snapshot(await database_of(str(changed), scratch))
        assert (await find_migration(before, after, scratch)).phases
    return time.perf_counter() - started


def _changed_copy(db: Path, place: Path) -> Path:
    for file in db.rglob("*.sql"):
        copy = place / file.relative_to(db)
        copy.parent.mkdir(parents=True, exist_ok=True)
        text = file.read_text()
        if file.name == "todos.sql" and file.parent.name == "schema":
            text = text.replace("  title text", "  remark text,\n  title text", 1)
        copy.write_text(text)
    return place


async def big(place: Path, tables: int) -> None:
    sql = START + "".join(TABLE.format(n=number) for number in range(1, tables + 1))
    (place / "all.sql").write_text(sql)
    say(f"{tables} tables, {2 * tables} functions, {3 * tables} policies:")
    async with scratch_server(os.environ) as scratch:
        with timed("load the files"):
            url = await database_of(str(place), scratch)
        with timed("facts of the one"):
            before = await scratch.snapshot(url)
        (place / "all.sql").write_text(sql + CHANGE)
        url = await database_of(str(place), scratch)
        with timed("facts of the other"):
            after = await scratch.snapshot(url)
        await _proved(before, after, scratch)


async def _proved(before: Snapshot, after: Snapshot, scratch: Scratch) -> None:
    with timed("a copy"):
        copy = await scratch.copy(before)
    with timed("another copy"):
        fresh = await scratch.clone(copy)
    with timed("plan, order, proof"):
        change = await prove(copy, before, after, scratch.binaries, scratch.environ)
    with timed("proof with rows"):
        await prove_rows(change, before, after, scratch, fresh)


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


@contextmanager
def timed(words: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    say(f"  {time.perf_counter() - started:6.2f} s  {words}")


if __name__ == "__main__":
    main()
