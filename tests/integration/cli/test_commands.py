"""The commands of a project, each as a process."""

import asyncio
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import asyncpg
import jwt
import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]
SECRET = "a secret of at least thirty-two bytes"
LOST = "postgresql://nobody@127.0.0.1:1/nothing"


@pytest.fixture
def project(shop: Path, tmp_path: Path) -> Path:
    """A copy to change."""
    return Path(shutil.copytree(shop, tmp_path / "shop"))


def test_a_new_project_has_all_it_needs(shop: Path) -> None:
    made = {path.relative_to(shop).as_posix() for path in shop.rglob("*") if path.is_file()}
    assert made >= {
        ".gitignore",
        "README.md",
        "db/roles.sql",
        "db/schema/todos.sql",
        "db/seed.sql",
        "db/v1/todos.sql",
        "deploy/authenticator.sh",
        "docker-compose.yml",
        "passeplat.toml",
        "tests/db/reading.sql",
    }


def test_a_new_project_bears_its_name(shop: Path) -> None:
    assert (shop / "README.md").read_text().startswith("# shop\n")


def test_a_project_has_no_python_in_it(shop: Path) -> None:
    assert not list(shop.rglob("*.py"))


def test_a_folder_with_something_in_it_is_refused(passeplat: Run, tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "treasure").write_text("")
    result = passeplat("new", "shop")
    assert (result.returncode, result.stderr) == (
        1,
        "passeplat: shop exists and is not empty: choose another name.\n",
    )


def test_the_tests_of_a_new_project_pass(passeplat: Run, shop: Path) -> None:
    result = passeplat("test", folder=shop)
    assert result.returncode == 0, result.stdout
    assert " passed, 0 failed in " in result.stdout


def test_a_failing_test_is_shown_with_its_line(passeplat: Run, project: Path) -> None:
    test = project / "tests" / "db" / "arithmetic.sql"
    test.write_text(
        "-- Sums.\n\ndo $$\nbegin\n  assert 1 + 1 = 3, 'one and one is three';\nend $$;\n"
    )
    result = passeplat("test", "tests/db/arithmetic.sql", folder=project)
    assert result.returncode == 1
    assert "tests/db/arithmetic.sql:5: one and one is three" in result.stdout


def test_tests_do_not_see_each_others_rows(passeplat: Run, project: Path) -> None:
    for name in ("one", "two"):
        (project / "tests" / "db" / f"{name}.sql").write_text(
            "insert into app.users (id, email, name)"
            " values (gen_random_uuid(), 'same@example.com', 'Same');"
        )
    result = passeplat("test", "tests/db/one.sql", "tests/db/two.sql", folder=project)
    assert result.returncode == 0, result.stdout


def test_sql_that_does_not_load_is_shown_with_its_line(passeplat: Run, project: Path) -> None:
    (project / "db" / "v1" / "broken.sql").write_text("create view v1.broken as\n  selec 1;\n")
    result = passeplat("test", folder=project)
    assert result.returncode == 1
    assert "db/v1/broken.sql:2:3: syntax error" in result.stderr


def test_a_token_carries_the_claims_the_seed_declares(passeplat: Run, shop: Path) -> None:
    result = passeplat("token", "--as", "ada", folder=shop, PASSEPLAT_JWT_SECRET=SECRET)
    claims = jwt.decode(result.stdout.strip(), SECRET, algorithms=["HS256"])
    assert claims["organization_id"] == "a0000000-0000-4000-8000-000000000001"


def test_claims_and_role_of_the_command_line_win(passeplat: Run, shop: Path) -> None:
    arguments = ("token", "--as", "ada", "--claims", '{"sub": "me"}', "--role", "anonymous")
    result = passeplat(*arguments, folder=shop, PASSEPLAT_JWT_SECRET=SECRET)
    claims = jwt.decode(result.stdout.strip(), SECRET, algorithms=["HS256"])
    assert (claims["sub"], claims["role"]) == ("me", "anonymous")


def test_a_token_expires_when_told(passeplat: Run, shop: Path) -> None:
    arguments = ("token", "--role", "member", "--expires", "30m")
    result = passeplat(*arguments, folder=shop, PASSEPLAT_JWT_SECRET=SECRET)
    claims = jwt.decode(result.stdout.strip(), SECRET, algorithms=["HS256"])
    assert 1790 <= claims["exp"] - claims["iat"] <= 1810


def test_without_a_secret_that_of_development_signs(passeplat: Run, project: Path) -> None:
    result = passeplat("token", "--role", "member", folder=project)
    secret = (project / ".passeplat" / "jwt-secret").read_text().strip()
    assert jwt.decode(result.stdout.strip(), secret, algorithms=["HS256"])["role"] == "member"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--as", "eve"), "has no line `-- @token eve …`: it has ada, bea"),
        (("--claims", "[]"), "--claims must be a JSON object"),
        (("--expires", "soon"), "--expires takes a number and a unit"),
    ],
)
def test_a_token_that_cannot_be_made_is_a_sentence(
    passeplat: Run, shop: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    result = passeplat("token", *arguments, folder=shop, PASSEPLAT_JWT_SECRET=SECRET)
    assert (result.returncode, sentence in result.stderr) == (1, True)


def test_config_shows_the_settings_in_force(passeplat: Run, shop: Path) -> None:
    result = passeplat("config", folder=shop, PASSEPLAT_DB_POOL="7", PGRST_DB_MAX_ROWS="50")
    assert 'db-schemas = "v1,v2"' in result.stdout
    assert "db-pool = 7" in result.stdout
    assert "db-max-rows = 50" in result.stdout


def test_config_keeps_secrets_to_itself(passeplat: Run, shop: Path) -> None:
    assert SECRET not in passeplat("config", folder=shop, PASSEPLAT_JWT_SECRET=SECRET).stdout


def test_the_example_is_a_configuration(passeplat: Run, tmp_path: Path) -> None:
    (tmp_path / "all.conf").write_text(passeplat("config", "--example").stdout)
    assert passeplat("config", "--config", "all.conf").returncode == 0


@pytest.mark.parametrize("command", ["serve", "migrate"])
def test_an_unreachable_database_is_a_sentence(passeplat: Run, shop: Path, command: str) -> None:
    result = passeplat(command, folder=shop, PASSEPLAT_DB_URI=LOST, PASSEPLAT_SERVER_PORT="0")
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    assert "The database cannot be reached" in result.stderr


def test_an_empty_database_gets_the_final_state(passeplat: Run, shop: Path, database: str) -> None:
    result = passeplat("migrate", folder=shop, PASSEPLAT_DB_URI=database)
    assert result.returncode == 0, result.stderr
    assert fetch(database, "select to_regclass('v1.todos')::text") == "v1.todos"


def test_pending_migrations_are_applied_once(passeplat: Run, project: Path, database: str) -> None:
    migration = project / "db" / "migrations" / "20261124T090000_count.sql"
    migration.write_text("create table public.visits (at timestamptz);")
    first = passeplat("migrate", folder=project, PASSEPLAT_DB_URI=database)
    second = passeplat("migrate", folder=project, PASSEPLAT_DB_URI=database)
    assert first.stdout == "Applied 20261124T090000_count.\n"
    assert second.stdout == "Nothing to apply.\n"


def test_a_migration_that_was_changed_is_refused(
    passeplat: Run, project: Path, database: str
) -> None:
    migration = project / "db" / "migrations" / "20261124T090000_count.sql"
    migration.write_text("create table public.visits (at timestamptz);")
    passeplat("migrate", folder=project, PASSEPLAT_DB_URI=database)
    migration.write_text("create table public.visits (at date);")
    result = passeplat("migrate", folder=project, PASSEPLAT_DB_URI=database)
    assert (result.returncode, "was changed after it was applied" in result.stderr) == (1, True)


def test_a_migration_that_fails_leaves_nothing(
    passeplat: Run, project: Path, database: str
) -> None:
    migration = project / "db" / "migrations" / "20261124T090000_half.sql"
    migration.write_text("create table public.half ();\nselect * from public.missing;\n")
    result = passeplat("migrate", folder=project, PASSEPLAT_DB_URI=database)
    assert "db/migrations/20261124T090000_half.sql:2:15" in result.stderr
    assert fetch(database, "select to_regclass('public.half')::text") is None


def test_two_migrate_at_once_and_each_file_is_applied_once(
    project: Path, database: str, passeplat: Run
) -> None:
    migration = project / "db" / "migrations" / "20261124T090000_slow.sql"
    migration.write_text("select pg_sleep(0.5); create table public.slow ();")

    async def both() -> list[str]:
        runs = (
            asyncio.to_thread(passeplat, "migrate", folder=project, PASSEPLAT_DB_URI=database)
            for _ in range(2)
        )
        return sorted(result.stdout for result in await asyncio.gather(*runs))

    assert asyncio.run(both()) == [
        "Applied 20261124T090000_slow.\n",
        "Nothing to apply.\n",
    ]


def test_what_is_pending_is_told_without_doing_it(
    passeplat: Run, project: Path, database: str
) -> None:
    migration = project / "db" / "migrations" / "20261124T090000_count.sql"
    migration.write_text("create table public.visits (at timestamptz);")
    environment = {"PASSEPLAT_DB_URI": database}
    dry = passeplat("migrate", "--dry-run", folder=project, **environment)
    assert dry.stdout == "Would apply 20261124T090000_count: 1 statements.\n"
    before = passeplat("status", folder=project, **environment).stdout
    passeplat("migrate", folder=project, **environment)
    after = passeplat("status", folder=project, **environment).stdout
    assert "20261124T090000_count  pending: 1 statements\n" in before
    assert re.search(r"20261124T090000_count  applied \S+ \S+ by postgres\n", after)


def test_what_breaks_clients_is_told(passeplat: Run, tmp_path: Path, database: str) -> None:
    (tmp_path / "db" / "v1").mkdir(parents=True)
    (tmp_path / "db" / "v1" / "v1.sql").write_text(
        "create role reader; create schema v1; grant usage on schema v1 to reader;"
        "create view v1.one as select 1 as x; grant select on v1.one to reader;"
    )
    arguments = ("api", "diff", "db", database, "--json")
    result = passeplat(*arguments, folder=tmp_path, PASSEPLAT_DB_SCHEMAS="v1")
    assert result.returncode == 2, result.stderr
    gone = {"subject": "v1.one", "change": "is gone", "roles": ["reader"]}
    assert json.loads(result.stdout) == {"v1": {"breaking": [gone], "additive": []}}


def test_help_names_every_command(passeplat: Run) -> None:
    shown = passeplat("--help").stdout
    commands = (
        "new",
        "dev",
        "serve",
        "token",
        "test",
        "config",
        "schema-cache",
        "ready",
        "migrate",
        "status",
        "api",
    )
    assert all(f"\n  {command} " in shown for command in commands)


def test_every_command_is_in_the_reference(passeplat: Run) -> None:
    reference = (Path(__file__).parents[3] / "docs/reference/command-line.md").read_text()
    shown = passeplat("--help").stdout.partition("Commands:")[2].partition("\n\n")[0]
    commands = [line.split()[0] for line in shown.splitlines() if line.strip()]
    assert all(f"\n## {command}\n" in reference for command in commands)


def fetch(url: str, query: str) -> object:
    async def ask() -> object:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(query)
        finally:
            await connection.close()

    return asyncio.run(ask())
