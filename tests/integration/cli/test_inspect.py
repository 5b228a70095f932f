"""`config`, `schema-cache` and `ready`: what PostgREST's options of the command line tell."""

import json
import socket
from pathlib import Path

import pytest
from tests.serving import Serve, execute

from .conftest import Run

proves = pytest.mark.proves


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


@proves("CL-1", "CF-2")
def test_config_may_show_what_the_database_sets(passeplat: Run, database: str) -> None:
    execute(
        database,
        "create function settings() returns void language sql as"
        " $$ select set_config('pgrst.db_max_rows', '77', true) $$",
    )
    environ = {"PASSEPLAT_DB_URI": database, "PGRST_DB_PRE_CONFIG": "public.settings"}
    assert "db-max-rows = 77" in passeplat("config", "--with-database", **environ).stdout
    assert "db-max-rows = 77" not in passeplat("config", **environ).stdout


@proves("CL-1", "SC-1")
def test_the_schema_cache_is_printed_as_json(passeplat: Run, database: str) -> None:
    execute(database, "create table public.things (id int primary key)")
    printed = passeplat("schema-cache", PASSEPLAT_DB_URI=database)
    cache = json.loads(printed.stdout)
    assert sorted(cache) == [
        "dbMediaHandlers",
        "dbRelationships",
        "dbRepresentations",
        "dbRoutines",
        "dbTables",
    ]
    assert [name for name, _ in cache["dbTables"]] == ["public.things"]


@proves("CL-1")
@pytest.mark.parametrize("command", ["schema-cache", "config --with-database"])
def test_a_database_that_is_not_there_is_a_sentence(passeplat: Run, command: str) -> None:
    uri = f"postgresql://nobody@127.0.0.1:{free_port()}/x"
    failed = passeplat(*command.split(), PASSEPLAT_DB_URI=uri)
    assert failed.returncode == 1
    assert failed.stderr.startswith("passeplat: The database cannot be reached")


@proves("CL-1", "CF-1")
@pytest.mark.parametrize("content", [None, "db-uri = postgresql://\n", '= "x"\n'])
def test_a_file_that_is_missing_or_cannot_be_read_is_a_sentence(
    passeplat: Run, tmp_path: Path, content: str | None
) -> None:
    if content is not None:
        (tmp_path / "some.conf").write_text(content)
    failed = passeplat("config", "--config", "some.conf")
    assert (failed.returncode, failed.stdout) == (1, "")
    assert "some.conf" in failed.stderr


@proves("CL-1", "D11")
def test_ready_says_what_the_admin_server_says(passeplat: Run, serve: Serve, example: str) -> None:
    served = serve(example)
    environ = {
        "PASSEPLAT_SERVER_HOST": "127.0.0.1",
        "PASSEPLAT_ADMIN_SERVER_PORT": served.admin.rpartition(":")[2],
    }
    asked = passeplat("ready", **environ)
    assert (asked.returncode, asked.stdout) == (0, f"OK: {served.admin}/ready\n")
    served.stop()
    asked = passeplat("ready", **environ)
    assert asked.returncode == 1
    assert asked.stderr == f"ERROR: connection refused to {served.admin}/ready\n"


NO_ADDRESS = (
    'ERROR: The `--ready` flag cannot be used when server-host is configured as "{}".'
    ' Please update your server-host config to "localhost".\n'
)


@proves("CL-1", "D11")
@pytest.mark.parametrize(
    ("host", "port", "line"),
    [
        ("*4", "3001", NO_ADDRESS.format("*4")),
        ("!6", "3001", NO_ADDRESS.format("!6")),
        ("", "3001", NO_ADDRESS.format("!4")),
        ("localhost", "-1", "ERROR: invalid url - http://localhost:-1/ready\n"),
        ("::1", "70000", "ERROR: invalid url - http://[::1]:70000/ready\n"),
        (
            "localhost",
            "",
            "ERROR: Admin server is not running. Please check admin-server-port config.\n",
        ),
    ],
)
def test_ready_says_what_to_change(passeplat: Run, host: str, port: str, line: str) -> None:
    asked = passeplat("ready", PGRST_SERVER_HOST=host, PGRST_ADMIN_SERVER_PORT=port)
    assert (asked.returncode, asked.stdout, asked.stderr) == (1, "", line)
