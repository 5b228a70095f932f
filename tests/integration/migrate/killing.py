"""`passeplat migrate` is killed (-9) at random moments and started again, until it is done; then
every file must have been applied once, and none by half.

`python tests/integration/migrate/killing.py 100` kills a hundred times, and prints where it hit.
"""

import asyncio
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg

from passeplat.migrate.drift import Look
from passeplat.migrate.fingerprint import fingerprint
from passeplat.postgres.scratch import ephemeral_cluster, scratch_database

ROWS = 100_000
FILES = {
    "1_tables": """
-- @transaction
create schema app;
create table app.log (step text);
create table app.items (id integer, name text);
insert into app.items select n, 'name ' || n from generate_series(1, {rows}) as n;
create table app.days (day date) partition by range (day);
create table app.day_1 partition of app.days for values from ('2026-01-01') to ('2026-01-02');
insert into app.log values ('1');
""",
    "2_indexes": """
-- @transaction
alter table app.items add column size integer;
insert into app.log values ('2a');
-- @no-transaction
create unique index concurrently items_id on app.items (id);
create index concurrently items_name on app.items (name, size);
create index concurrently if not exists items_size on app.items (size);
-- @transaction
insert into app.log values ('2b');
""",
    "3_more": """
-- @no-transaction
drop index concurrently app.items_name;
alter table app.days detach partition app.day_1 concurrently;
vacuum app.items;
-- @transaction
alter table app.items alter column size set default 1;
insert into app.log values ('3');
""",
    "4_last": """
-- @transaction
create view app.sizes as select size, count(*) from app.items group by size;
insert into app.log values ('4');
""",
}
LOGGED = ["1", "2a", "2b", "3", "4"]


@dataclass
class Tally:
    kills: int = 0
    undisturbed: float = 0.0  # seconds
    hit: Counter[str] = field(default_factory=Counter)


async def write_project(server: str, folder: Path, rows: int = ROWS) -> None:
    """The files with their headers, as `passeplat diff --write` makes them. The more rows, the
    longer there is something to interrupt."""
    migrations = folder / "db" / "migrations"
    migrations.mkdir(parents=True)
    async with scratch_database(server) as url:
        look = Look(url, os.environ)
        before = fingerprint(await look())
        for name, template in FILES.items():
            text = template.replace("{rows}", str(rows))
            for statement in text.split(";"):
                await execute(url, statement)
            after = fingerprint(await look())
            (migrations / f"{name}.sql").write_text(f"-- @from {before}\n-- @to {after}\n{text}")
            before = after


async def execute(url: str, sql: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        if "".join(line for line in sql.splitlines() if not line.startswith("--")).strip():
            await connection.execute(sql)
    finally:
        await connection.close()


def kill_and_go_on(project: Path, url: str, chance: random.Random, tally: Tally) -> None:
    """Killed once, or more often; then undisturbed."""
    while True:
        moment = chance.uniform(0.55, 1.05) * tally.undisturbed
        with _started(project, url) as process:
            try:
                process.wait(timeout=moment)
            except subprocess.TimeoutExpired:
                process.kill()
                tally.kills += 1
                tally.hit[asyncio.run(_place(url))] += 1
        if chance.random() < 0.5:
            break
    with _started(project, url) as process:
        assert process.wait(timeout=60) == 0, process.communicate()
    asyncio.run(check(url))


def measure(project: Path, url: str, tally: Tally) -> None:
    began = time.monotonic()
    with _started(project, url) as process:
        assert process.wait(timeout=60) == 0, process.communicate()
    tally.undisturbed = time.monotonic() - began
    asyncio.run(check(url))


async def check(url: str) -> None:
    """Each step was done once, the schema is what the last file leads to, all is on record."""
    connection = await asyncpg.connect(url)
    try:
        logged = await connection.fetch("select step from app.log order by step")
        assert [row["step"] for row in logged] == LOGGED
        record = await connection.fetch("select name, applied_at from passeplat.migrations")
        assert {row["name"] for row in record if row["applied_at"]} == set(FILES)
        invalid = await connection.fetchval("select count(*) from pg_index where not indisvalid")
        assert invalid == 0
        assert await connection.fetchval("select count(*) from app.items") > 0
    finally:
        await connection.close()


def _started(project: Path, url: str) -> "subprocess.Popen[str]":
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "PASSEPLAT_"))}
    return subprocess.Popen(
        [sys.executable, "-m", "passeplat", "migrate"],
        cwd=project,
        env={**environ, "PASSEPLAT_DB_URI": url},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


async def _place(url: str) -> str:
    """How far the record says it had come."""
    connection = await asyncpg.connect(url)
    try:
        if await connection.fetchval("select to_regclass('passeplat.migrations')") is None:
            return "before the first"
        rows = await connection.fetch(
            "select name, done, applied_at from passeplat.migrations order by began_at"
        )
    finally:
        await connection.close()
    return "before the first" if not rows else _shown(*rows[-1])


def _shown(name: str, done: int, applied_at: object) -> str:
    return f"{name}, after {done}" if applied_at is None else f"{name}, done"


def _main(trials: int) -> Iterator[str]:
    tally, chance = Tally(), random.Random(1)
    with TemporaryDirectory() as folder, ephemeral_cluster(os.environ) as cluster:
        asyncio.run(write_project(cluster.url(), Path(folder)))
        asyncio.run(_with_database(cluster.url(), Path(folder), tally, None))
        while tally.kills < trials:
            asyncio.run(_with_database(cluster.url(), Path(folder), tally, chance))
    yield f"{tally.kills} kills within {tally.undisturbed:.2f} s: nothing half done, nothing twice"
    yield from (f"{count:4}  {place}" for place, count in sorted(tally.hit.items()))


async def _with_database(
    server: str, project: Path, tally: Tally, chance: random.Random | None
) -> None:
    async with scratch_database(server) as url:
        if chance is None:
            await asyncio.to_thread(measure, project, url, tally)
        else:
            await asyncio.to_thread(kill_and_go_on, project, url, chance, tally)


if __name__ == "__main__":
    for line in _main(int(sys.argv[1])):
        sys.stdout.write(f"{line}\n")
