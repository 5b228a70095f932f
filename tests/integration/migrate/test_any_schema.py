"""Random schemas: each becomes the other and keeps its rows, and then there is nothing to do.

A few by default; PASSEPLAT_EXAMPLES=200 for as many as that, other ones every time.
"""

import asyncio
import os
from collections.abc import Iterator

import asyncpg
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from passeplat.migrate.compare import differences
from passeplat.migrate.model import Snapshot
from passeplat.migrate.observe import observe
from passeplat.migrate.plan import propose
from passeplat.migrate.plan.scope import Wishes
from passeplat.migrate.prove import prove
from passeplat.migrate.toc import take_snapshot
from passeplat.postgres.binaries import find_binaries
from passeplat.postgres.scratch import scratch_database

EXAMPLES = int(os.environ.get("PASSEPLAT_EXAMPLES", "2"))
ROLES = "do $$ begin create role any_reader; exception when duplicate_object then null; end $$;"

# (type, a default of it)
TYPES = (
    ("integer", "7"),
    ("bigint", "8"),
    ("text", "'x'"),
    ("varchar(9)", "'y'"),
    ("numeric(8,2)", "1.5"),
    ("boolean", "true"),
    ("date", "'2026-01-01'"),
    ("timestamptz", "now()"),
    ("jsonb", "'{}'"),
    ("text[]", "'{}'"),
    ("app.mood", "'calm'"),
    ("app.title", "'none'"),
)
FAMILIES = {  # what may become what without an error of a row that means nothing
    "a": TYPES[:2],
    "b": TYPES[2:4] + TYPES[11:],
    "c": TYPES[4:5],
    "d": TYPES[5:9],
    "e": TYPES[9:11],
}


@st.composite
def columns(draw: st.DrawFn) -> tuple[str, str]:
    name = draw(st.sampled_from(sorted(FAMILIES)))
    of_type, default = draw(st.sampled_from(FAMILIES[name] if name != "d" else FAMILIES["d"][:1]))
    with_default = draw(st.booleans())
    not_null = " not null" if with_default and draw(st.booleans()) else ""
    return name, f"{name} {of_type}" + (f" default {default}" if with_default else "") + not_null


@st.composite
def tables(draw: st.DrawFn, name: str) -> tuple[str, ...]:
    found = dict(draw(st.lists(columns(), max_size=4)))
    parts = ["id integer primary key", *found.values()]
    if "a" in found and draw(st.booleans()):
        parts.append(f"constraint {name}_a check (a > {draw(st.sampled_from((-1, -2)))})")
    if "a" in found and draw(st.booleans()):
        parts.append("sum bigint generated always as (a::bigint + id) stored")
    if name != "one" and draw(st.booleans()):
        parts.append("one_id integer references app.one")
    statements = [f"create table app.{name} ({', '.join(parts)});"]
    statements += draw(st.lists(st.sampled_from(tuple(beside(name, found))), unique=True))
    return tuple(statements)


def beside(name: str, found: dict[str, str]) -> Iterator[str]:
    """What may be said of a table and its columns."""
    yield f"grant select on app.{name} to any_reader;"
    yield f"comment on table app.{name} is 'this is {name}';"
    yield f"alter table app.{name} enable row level security;"
    yield f"create policy mine on app.{name} using (id > 0);"
    yield f"create materialized view app.{name}_kept as select id from app.{name};"
    yield f"create trigger touch before update on app.{name} for each row execute function app.t();"
    for column in found:
        yield f"create index {name}_{column} on app.{name} ({column});"
        yield f"grant update ({column}) on app.{name} to any_reader;"
        yield f"comment on column app.{name}.{column} is 'column';"
        yield f"create view app.{name}_of_{column} as select id, {column} from app.{name};"
        yield (
            f"create function app.{name}_{column}() returns bigint stable"
            f" return (select count({column}) from app.{name});"
        )


@st.composite
def schemas(draw: st.DrawFn) -> str:
    labels = draw(st.sampled_from(("'calm'", "'calm', 'glad'", "'wild', 'calm'")))
    checked = draw(st.sampled_from(("", " check (value <> '')", " check (length(value) < 99)")))
    base = draw(st.sampled_from(("text", "varchar(50)")))
    arguments = draw(st.sampled_from(("n integer", "n integer default 1", "m bigint, n integer")))
    statements = [
        "create schema app;",
        f"create type app.mood as enum ({labels});",
        f"create domain app.title as {base}{checked};",
        "create function app.t() returns trigger language plpgsql as 'begin return new; end';",
        f"create function app.double({arguments}) returns bigint return 2 * n;",
        f"create sequence app.s increment {draw(st.integers(1, 3))};",
    ]
    for name in ("one", *draw(st.lists(st.sampled_from(("two", "three")), unique=True))):
        statements += draw(tables(name))
    if draw(st.booleans()):
        statements.append(
            "alter default privileges in schema app grant select on tables to any_reader;"
        )
    return "\n".join(statements)


@settings(
    max_examples=EXAMPLES,
    derandomize="PASSEPLAT_EXAMPLES" not in os.environ,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # to shrink takes minutes
    suppress_health_check=list(HealthCheck),
)
@given(a=schemas(), b=schemas())
def test_any_schema_becomes_any_other_and_keeps_its_rows(server: str, a: str, b: str) -> None:
    asyncio.run(both_ways(server, a, b))


async def both_ways(server: str, a: str, b: str) -> None:
    one, other = await schema(server, a), await schema(server, b)
    await becomes(server, a, one, other)
    await becomes(server, b, other, one)


async def becomes(server: str, sql: str, before: Snapshot, after: Snapshot) -> None:
    async with scratch_database(server) as copy, scratch_database(server) as fresh:
        await execute(copy, sql)
        change = await prove(copy, before, after, find_binaries(os.environ), os.environ)
        assert differences(change.result, after) == ()
        assert propose(change.result, after, Wishes()).actions == ()
        await execute(fresh, sql)
        await observe(fresh, change, before, after)


async def schema(server: str, sql: str) -> Snapshot:
    async with scratch_database(server) as url:
        await execute(url, sql)
        return await take_snapshot(url, find_binaries(os.environ), os.environ)


async def execute(url: str, sql: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(ROLES + sql)
    finally:
        await connection.close()
