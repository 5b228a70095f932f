"""The reference application loads in any order, means the same in every order, and passes its own tests."""

from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from random import Random

import asyncpg
import pytest

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[2]
ROLES = ROOT / "db/roles.sql"
SEED = ROOT / "db/seed.sql"
SQL_TESTS = sorted((ROOT / "tests/db").glob("*.sql"))
SHUFFLES = range(4)

# What a wrong order could change without an error: privileges, policies, function bodies.
MEANING = """
select 'relation', oid::regclass::text, relacl::text, relrowsecurity || ' ' || relforcerowsecurity
  from pg_class where relnamespace::regnamespace::text in ('app', 'private', 'v1', 'v2')
union all
select 'column', attrelid::regclass::text, attname::text, attacl::text from pg_attribute
  where attacl is not null and attrelid >= 16384
union all
select 'function', oid::regprocedure::text, proacl::text, pg_get_functiondef(oid) from pg_proc
  where pronamespace::regnamespace::text in ('app', 'private', 'request', 'v1', 'v2')
union all
select 'policy', polrelid::regclass::text, polname::text,
  concat_ws(' / ', polcmd, pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid))
  from pg_policy
order by 1, 2, 3, 4
"""


def _units() -> list[Path]:
    folders = ("schema", "private", "v1", "v2")
    return sorted(path for folder in folders for path in (ROOT / "db" / folder).glob("*.sql"))


async def _runs(connection: asyncpg.Connection, path: Path) -> bool:
    try:
        async with connection.transaction():
            await connection.execute(path.read_text())
    except asyncpg.PostgresError:
        return False
    return True


async def _load_units(connection: asyncpg.Connection, units: Iterable[Path]) -> None:
    waiting = list(units)
    while waiting:
        left = [path for path in waiting if not await _runs(connection, path)]
        assert len(left) < len(waiting), f"these never load: {[path.name for path in left]}"
        waiting = left


async def _load(url: str, units: Iterable[Path], owner: str | None = None) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("set search_path = ''")
        await connection.execute(ROLES.read_text())
        if owner is not None:
            await connection.execute(f'set role "{owner}"')
            await connection.execute(ROLES.read_text())  # the owner's own default privileges
        await _load_units(connection, units)
        await connection.execute(SEED.read_text())
    finally:
        await connection.close()


async def _use(url: str, use: Callable[[asyncpg.Connection], Awaitable[object]]) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await use(connection)
    finally:
        await connection.close()


@pytest.mark.parametrize("shuffle", SHUFFLES)
async def test_files_in_any_order_mean_the_same(database: str, shuffle: int) -> None:
    await _load(database, _units())
    expected = await _use(database, lambda connection: connection.fetch(MEANING))
    await _use(
        database,
        lambda connection: connection.execute("drop schema app, private, request, v1, v2 cascade"),
    )
    units = _units()
    Random(shuffle).shuffle(units)  # noqa: S311 - a repeatable order, no secret
    await _load(database, units)
    assert await _use(database, lambda connection: connection.fetch(MEANING)) == expected


@pytest.mark.parametrize("path", SQL_TESTS, ids=lambda path: path.stem)
async def test_the_sql_tests_pass(database: str, path: Path) -> None:
    await _load(database, _units())
    await _use(database, lambda connection: connection.execute(path.read_text()))


@pytest.fixture
async def owner(database: str) -> str:
    """An ordinary role that owns everything: policies that are forced apply to it."""
    name = database.rsplit("/", 1)[1] + "_owner"
    await _use(
        database,
        lambda connection: connection.execute(
            f'create role "{name}"; grant create on database "{name[:-6]}" to "{name}"'
        ),
    )
    return name


@pytest.fixture
async def database_of_owner(database: str, owner: str):  # noqa: ANN201 - an async generator of str
    await _load(database, _units(), owner)
    yield database
    await _use(
        database,
        lambda connection: connection.execute(
            f'drop owned by "{owner}" cascade; drop role "{owner}"'
        ),
    )


@pytest.mark.parametrize("path", SQL_TESTS, ids=lambda path: path.stem)
async def test_the_sql_tests_pass_when_an_ordinary_role_owns_everything(
    database_of_owner: str, path: Path
) -> None:
    await _use(database_of_owner, lambda connection: connection.execute(path.read_text()))
