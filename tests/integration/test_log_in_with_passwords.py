"""The how-to on passwords is followed to the letter, where pgcrypto is available."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import jwt
import pytest

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/how-to/log-in-with-passwords.md").read_text()
SECRET = "a secret of at least 32 characters, from a password manager"
NORA = {"email": "Nora@example.org", "password": "correct horse battery"}


def _scripts() -> list[str]:
    folders = ("schema", "private", "v1", "v2")
    files = [path for folder in folders for path in (ROOT / "db" / folder).glob("*.sql")]
    return [path.read_text() for path in files] + re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)


async def _runs(connection: asyncpg.Connection, script: str) -> bool:
    try:
        async with connection.transaction():
            await connection.execute(script)
    except asyncpg.PostgresError:
        return False
    return True


@pytest.fixture
async def anonymous(database: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection with the rights of nobody, to an application with passwords and Nora."""
    connection = await asyncpg.connect(database)
    if not await connection.fetch("select from pg_available_extensions where name = 'pgcrypto'"):
        await connection.close()
        pytest.skip("this PostgreSQL has no pgcrypto")
    await connection.execute((ROOT / "db/roles.sql").read_text())
    waiting = _scripts()
    while waiting:
        left = [script for script in waiting if not await _runs(connection, script)]
        assert len(left) < len(waiting), left[0]
        waiting = left
    await connection.execute("set role anonymous")
    await connection.fetchval("select v1.sign_up($1, $2, 'Nora')", *NORA.values())
    yield connection
    await connection.close()


async def _log_in(connection: asyncpg.Connection, **changes: Any) -> str:
    token: str = await connection.fetchval("select v1.log_in($1, $2)", *(NORA | changes).values())
    return token


async def test_the_token_is_one_the_server_accepts(anonymous: asyncpg.Connection) -> None:
    claims = jwt.decode(await _log_in(anonymous), SECRET, algorithms=["HS256"])
    assert claims["role"] == "member"
    assert claims["email"] == "nora@example.org"
    assert claims["email_verified"] is False
    assert claims["exp"] - claims["iat"] == 3600


async def test_another_secret_does_not_verify_the_token(anonymous: asyncpg.Connection) -> None:
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(await _log_in(anonymous), SECRET[::-1], algorithms=["HS256"])


@pytest.mark.parametrize(
    "changes",
    [
        {"password": "wrong horse battery"},
        {"password": ""},
        {"password": None},
        {"email": "somebody@example.org"},
        {"email": None},
    ],
    ids=str,
)
async def test_a_wrong_address_or_password_is_refused(
    anonymous: asyncpg.Connection, changes: dict[str, str | None]
) -> None:
    with pytest.raises(asyncpg.PostgresError) as refused:
        await _log_in(anonymous, **changes)
    assert (refused.value.sqlstate, str(refused.value)) == ("PT401", "Wrong address or password.")


async def test_a_short_password_is_refused(anonymous: asyncpg.Connection) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await anonymous.fetchval("select v1.sign_up('other@example.org', 'short', 'Other')")


@pytest.mark.parametrize(
    "statement",
    [
        "select * from private.credentials",
        "select * from private.signing_key",
        "select private.sign('{}')",
        "select private.hash_password('correct horse battery')",
    ],
)
async def test_nobody_sees_passwords_or_signs(
    anonymous: asyncpg.Connection, statement: str
) -> None:
    for role in ("anonymous", "member"):
        await anonymous.execute(f"set role {role}")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await anonymous.execute(statement)


async def test_the_token_of_a_new_user_works_in_an_organization_founded_later(
    anonymous: asyncpg.Connection,
) -> None:
    first = jwt.decode(await _log_in(anonymous), SECRET, algorithms=["HS256"])
    assert first["organization_id"] is None
    await anonymous.execute(
        "set role member; "
        f"""select set_config('request.jwt.claims', '{{"sub": "{first["sub"]}"}}', false)"""
    )
    founded = await anonymous.fetchval("select v1.found_organization('Ours')")
    await anonymous.execute("set role anonymous")
    second = jwt.decode(await _log_in(anonymous), SECRET, algorithms=["HS256"])
    assert second["organization_id"] == str(founded)
