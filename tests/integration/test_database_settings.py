"""Settings kept in the database: of the login role, of the database, of a function."""

import asyncpg
import pytest

from passeplat.config import (
    DATABASE_NAMES,
    ROLE_SETTINGS_SQL,
    SESSION_SETTINGS_SQL,
    load_config,
)

pytestmark = pytest.mark.anyio


async def role_settings(connection: asyncpg.Connection) -> dict[str, str]:
    return {row["name"]: row["value"] for row in await connection.fetch(ROLE_SETTINGS_SQL)}


@pytest.fixture
async def login(database: str) -> str:
    """A login role of the test's own, and its URL."""
    name = database.rpartition("/")[2]
    owner = await asyncpg.connect(database)
    await owner.execute(
        f"""
        create role {name}_login login;
        alter role {name}_login set pgrst.db_schemas = 'weak';
        alter role {name}_login set pgrst.db_max_rows = '7';
        alter role {name}_login set pgrst.jwt_aud = 'a=b';
        alter role {name}_login set statement_timeout = '7s';
        alter role {name}_login in database {name} set pgrst.db_schemas = 'strong,other';
        alter role {name}_login in database postgres set pgrst.db_max_rows = '9';
        alter database {name} set pgrst.db_anon_role = 'weaker';
        """
    )
    yield database.replace("//postgres@", f"//{name}_login@")
    await owner.execute(f"drop role {name}_login")
    await owner.close()


async def test_the_settings_of_the_login_in_this_database_win(login: str) -> None:
    connection = await asyncpg.connect(login)
    found = await role_settings(connection)
    await connection.close()
    assert found == {
        "pgrst.db_schemas": "strong,other",
        "pgrst.db_max_rows": "7",
        "pgrst.jwt_aud": "a=b",
    }
    assert load_config({}, database=found).db_schemas == ("strong", "other")


async def test_a_function_sets_what_the_role_does_not(login: str) -> None:
    connection = await asyncpg.connect(login)
    async with connection.transaction():
        await connection.execute("select set_config('pgrst.db_tx_end', 'rollback', true)")
        rows = await connection.fetch(SESSION_SETTINGS_SQL, list(DATABASE_NAMES))
        found = {row["name"]: row["value"] for row in rows} | await role_settings(connection)
    await connection.close()
    assert load_config({}, database=found).db_tx_end == "rollback"


async def test_what_a_function_set_before_is_forgotten(login: str) -> None:
    connection = await asyncpg.connect(login)
    await connection.execute("select set_config('pgrst.db_tx_end', 'rollback', true)")
    rows = await connection.fetch(SESSION_SETTINGS_SQL, ["pgrst.db_tx_end"])
    await connection.close()
    assert rows == []
