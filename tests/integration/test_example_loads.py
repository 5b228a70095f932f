"""The reference application loads in any order to one meaning, and passes its own tests."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from os import getpid
from pathlib import Path
from random import Random
from typing import TypeVar

import asyncpg
import pytest

pytestmark = pytest.mark.anyio

T = TypeVar("T")

ROOT = Path(__file__).parents[2]
ROLES = (ROOT / "db/roles.sql").read_text()
SEED = (ROOT / "db/seed.sql").read_text()
SCRIPTS = [
    path.read_text()
    for folder in ("schema", "private", "v1", "v2")
    for path in sorted((ROOT / "db" / folder).glob("*.sql"))
]
SQL_TESTS = {path.stem: path.read_text() for path in sorted((ROOT / "tests/db").glob("*.sql"))}
SHUFFLES = range(4)
ADA = (
    '{"sub": "a0000000-0001-4000-8000-000000000001",'
    ' "organization_id": "a0000000-0000-4000-8000-000000000001"}'
)

# What a wrong order could change without an error: privileges, policies, function bodies.
MEANING = """
select 'relation', oid::regclass::text, relacl::text, relrowsecurity || ' ' || relforcerowsecurity
  from pg_class where relnamespace::regnamespace::text in ('app', 'private', 'v1', 'v2')
union all
select 'column', attrelid::regclass::text, attname::text, attacl::text
  from pg_attribute where attacl is not null and attrelid >= 16384
union all
select 'function', oid::regprocedure::text, proacl::text, pg_get_functiondef(oid)
  from pg_proc where pronamespace::regnamespace::text in ('app', 'private', 'request', 'v1', 'v2')
union all
select 'policy', polrelid::regclass::text, polname::text,
  concat_ws(' / ', polcmd, pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid))
  from pg_policy
order by 1, 2, 3, 4
"""


async def _use(url: str, use: Callable[[asyncpg.Connection], Awaitable[T]]) -> T:
    connection = await asyncpg.connect(url)
    try:
        return await use(connection)
    finally:
        await connection.close()


async def _execute(url: str, script: str) -> None:
    await _use(url, lambda connection: connection.execute(script))


async def _runs(connection: asyncpg.Connection, script: str) -> bool:
    try:
        async with connection.transaction():
            await connection.execute(script)
    except asyncpg.PostgresError:
        return False
    return True


async def _run_to_a_fixpoint(connection: asyncpg.Connection, scripts: Iterable[str]) -> None:
    waiting = list(scripts)
    while waiting:
        left = [script for script in waiting if not await _runs(connection, script)]
        assert len(left) < len(waiting), f"never loads: {left[0]}"
        waiting = left


async def _load(url: str, scripts: Iterable[str] = SCRIPTS, owner: str | None = None) -> None:
    async def load(connection: asyncpg.Connection) -> None:
        await connection.execute("set search_path = ''")
        await connection.execute(ROLES)
        if owner is not None:
            await connection.execute(f'set role "{owner}"')
            await connection.execute(ROLES)  # default privileges are the owner's own
        await _run_to_a_fixpoint(connection, scripts)
        await connection.execute(SEED)

    await _use(url, load)


async def _meaning(url: str) -> list[asyncpg.Record]:
    return await _use(url, lambda connection: connection.fetch(MEANING))


@pytest.fixture
async def database_of_owner(database: str) -> AsyncIterator[str]:
    """The application, owned by an ordinary role: policies that are forced apply to it."""
    name = database.rsplit("/", 1)[1]
    owner = f"{name}_owner"
    await _execute(
        database, f'create role "{owner}"; grant create on database "{name}" to "{owner}"'
    )
    await _load(database, owner=owner)
    yield database
    await _execute(database, f'drop owned by "{owner}" cascade; drop role "{owner}"')


@pytest.mark.parametrize("shuffle", SHUFFLES)
async def test_files_in_any_order_mean_the_same(database: str, shuffle: int) -> None:
    await _load(database)
    expected = await _meaning(database)
    await _execute(database, "drop schema app, private, request, v1, v2 cascade")
    scripts = SCRIPTS.copy()
    Random(shuffle).shuffle(scripts)
    await _load(database, scripts)
    assert await _meaning(database) == expected


async def test_databases_made_at_the_same_moment_agree_on_the_roles(database: str) -> None:
    names = {name: f"{name}_{getpid()}" for name in ("authenticator", "anonymous", "member")}
    only_roles = ROLES.partition("alter default privileges")[0]
    script = re.sub(
        r"(?<!\.)\b(authenticator|anonymous|member)\b", lambda m: names[m[1]], only_roles
    )
    connections = [await asyncpg.connect(database) for _ in range(4)]
    try:
        await asyncio.gather(*(connection.execute(script) for connection in connections))
        granted = await connections[0].fetchval(
            "select array_agg(roleid::regrole::text order by roleid::regrole::text) "
            "from pg_auth_members where member::regrole::text = $1",
            names["authenticator"],
        )
        assert granted == [names["anonymous"], names["member"]]
    finally:
        await connections[0].execute(f"drop role if exists {', '.join(names.values())}")
        for connection in connections:
            await connection.close()


@pytest.mark.parametrize("name", SQL_TESTS)
async def test_the_sql_tests_pass(database: str, name: str) -> None:
    await _load(database)
    await _execute(database, SQL_TESTS[name])


@pytest.mark.parametrize("name", SQL_TESTS)
async def test_the_sql_tests_pass_when_an_ordinary_role_owns_everything(
    database_of_owner: str, name: str
) -> None:
    await _execute(database_of_owner, SQL_TESTS[name])


async def test_of_two_owners_who_step_down_at_once_one_stays(database: str) -> None:
    await _load(database)
    await _execute(database, "update app.memberships set role = 'owner' where role = 'admin'")

    async def step_down(user: int) -> None:
        await _execute(
            database,
            f"update app.memberships set role = 'member' "
            f"where user_id = 'a0000000-0001-4000-8000-00000000000{user}'; select pg_sleep(0.2)",
        )

    outcomes = await asyncio.gather(step_down(1), step_down(2), return_exceptions=True)
    refused = [outcome for outcome in outcomes if outcome is not None]
    assert [type(error) for error in refused] == [asyncpg.CheckViolationError]


async def test_where_the_owner_is_ordinary_a_view_without_security_invoker_shows_no_more(
    database_of_owner: str,
) -> None:
    async def count(connection: asyncpg.Connection) -> int:
        await connection.execute("alter view v1.todos set (security_invoker = false)")
        await connection.execute("set role member")
        await connection.execute("select set_config('request.jwt.claims', $1, false)", ADA)
        todos: int = await connection.fetchval("select count(*) from v1.todos")
        return todos

    assert await _use(database_of_owner, count) == 240
