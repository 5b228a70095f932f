"""Which roles PostgreSQL would give to whoever asks, and no token may have."""

import asyncpg
import pytest

from passeplat.claims import REFUSED_ROLES_SQL

pytestmark = pytest.mark.anyio


@pytest.fixture
async def login(database: str) -> asyncpg.Connection:
    """A connection of a login role that may become one other."""
    name = database.rpartition("/")[2]
    owner = await asyncpg.connect(database)
    await owner.execute(
        f"""
        create role {name}_login login noinherit;
        create role {name}_member;
        grant {name}_member to {name}_login;
        """
    )
    connection = await asyncpg.connect(database.replace("//postgres@", f"//{name}_login@"))
    yield connection
    await connection.close()
    await owner.execute(f"drop role {name}_login; drop role {name}_member")
    await owner.close()


async def refused(login: asyncpg.Connection) -> set[str]:
    return {row["rolname"] for row in await login.fetch(REFUSED_ROLES_SQL)}


async def test_the_login_itself_is_refused(login: asyncpg.Connection) -> None:
    assert await refused(login) == {await login.fetchval("select session_user")}


async def test_a_superuser_that_logs_in_does_not_open_the_other_superusers(database: str) -> None:
    name = f"{database.rpartition('/')[2]}_superuser"
    owner = await asyncpg.connect(database)
    await owner.execute(f"create role {name} superuser")
    try:
        assert {name, "postgres"} <= await refused(owner)
    finally:
        await owner.execute(f"drop role {name}")
        await owner.close()


async def test_the_roles_the_login_may_become_are_not_refused(login: asyncpg.Connection) -> None:
    member = (await login.fetchval("select session_user")).replace("_login", "_member")
    assert member not in await refused(login)


@pytest.mark.parametrize("role", ["none", "own"])
async def test_postgresql_itself_would_keep_the_login(login: asyncpg.Connection, role: str) -> None:
    """The reason for all this: neither is an error to set_config."""
    own = await login.fetchval("select session_user")
    async with login.transaction():
        await login.execute("select set_config('role', $1, true)", own if role == "own" else role)
        assert await login.fetchval("select current_user") == own
