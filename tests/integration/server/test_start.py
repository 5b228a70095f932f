"""From the settings to a server that listens, or to one sentence that says what to do."""

import re
import socket
import stat
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from passeplat import __version__

from .conftest import PATIENCE, SECRET, Home, Server, Start, config_file, until

PORT_SPECIAL = {"*": "[::]", "*4": "0.0.0.0", "!4": "0.0.0.0", "*6": "[::]", "!6": "[::]"}  # noqa: S104
HAS_IPV6 = socket.has_dualstack_ipv6()


def sentence(server: Server) -> str:
    """What the program said last, once it has ended with exit status 1."""
    assert server.wait() == 1
    return server.errors.splitlines()[-1]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.proves("AD-4")
def test_the_start_is_told_in_order(start: Start) -> None:
    server = start(log_level="crit")
    told = [
        f"Starting passeplat {__version__}...",
        "Admin server listening on 127.0.0.1:",
        'listening for database notifications on the "pgrst" channel',
        "Schema cache queried in ",
        "Schema cache loaded in ",
        "API server listening on 127.0.0.1:",
    ]
    places = [server.errors.index(text) for text in told]
    assert places == sorted(places)


def test_every_line_of_the_log_begins_with_the_time(start: Start) -> None:
    lines = start().errors.splitlines()
    assert all(re.match(r"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}: ", x) for x in lines)


def test_the_time_of_each_query_of_the_schema_cache_is_told_at_debug(start: Start) -> None:
    found = re.search(r"milliseconds of each query: (.*)", start(log_level="debug").errors)
    assert found is not None
    assert {"columns", "relations", "routines", "constraints"} <= set(
        re.findall(r"([a-z_]+) \d+\.\d", found[1])
    )


@pytest.mark.proves("SC-2")
def test_the_first_schema_cache_is_loaded_once(start: Start) -> None:
    server = start()
    assert server.loads() == 1
    assert server.get("/notes").status_code == 200
    assert server.loads() == 1


@pytest.mark.proves("CL-3", "D5", "AD-1")
def test_nobody_connects_before_the_first_schema_cache(start: Start, home: Home) -> None:
    port = free_port()
    with home.slow_catalogue():
        server = start(wait=False, server_port=port)
        server.wait_for("listening for database notifications")
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port))
        assert server.admin("/live").status_code == 500
        assert server.ready() == 500
    assert server.wait_until_ready().get("/notes").status_code == 200


@pytest.mark.proves("SC-4", "PGRST002", "H-12")
def test_without_a_first_schema_cache_requests_are_answered_with_503(
    start: Start, home: Home
) -> None:
    home.run("revoke select on pg_catalog.pg_description from public")
    server = start(wait=False)
    answer = server.get("/notes")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert answer.json() == {
        "code": "PGRST002",
        "details": None,
        "hint": None,
        "message": "Could not query the database for the schema cache. Retrying.",
    }
    assert server.ready() == 503
    assert "Failed to load the schema cache using db-schemas=api" in server.errors
    home.run("grant select on pg_catalog.pg_description to public")
    assert server.wait_until_ready().get("/notes").status_code == 200


def test_a_schema_that_does_not_exist_is_told_until_it_does(start: Start, home: Home) -> None:
    server = start(wait=False, db_schemas="api,typo", db_extra_search_path="more")
    server.wait_for(
        "Failed to load the schema cache using db-schemas=api,typo and"
        ' db-extra-search-path=more: the schema "typo" does not exist'
    )
    assert server.get("/notes").status_code == 503
    home.run("create schema typo")
    server.wait_until_ready()


@pytest.mark.proves("DB-2")
def test_a_wrong_password_ends_the_program(start: Start, home: Home, tmp_path: Path) -> None:
    """The test servers trust everybody: a role that may not log in is refused alike."""
    home.run(f'alter role "{home.login}" nologin')
    server = start(wait=False)
    assert re.fullmatch(
        r"Error: The database refused the login: .* is not permitted to log in\."
        r" Correct db-uri, or PGHOST, PGUSER and the like\.",
        sentence(server),
    )
    assert '"message":"Database connection error."' in server.errors
    assert "etry" not in server.errors
    assert "trying" not in server.errors


@pytest.mark.proves("DB-2")
def test_an_unreachable_database_ends_the_program(start: Start) -> None:
    server = start(wait=False, db_uri=f"postgresql://x@127.0.0.1:{free_port()}/x")
    last = sentence(server)
    assert last.startswith("Error: The database cannot be reached: ")
    assert last.endswith(". Start it, or correct db-uri, or PGHOST, PGUSER and the like.")
    assert "etry" not in server.errors


def test_a_missing_database_ends_the_program(start: Start, home: Home) -> None:
    server = start(wait=False, db_uri=f"{home.uri}_typo")
    assert f'database "{home.name}_typo" does not exist' in sentence(server)


@pytest.mark.proves("SC-6")
def test_a_database_that_is_too_old_ends_the_program(start: Start) -> None:
    """A stand-in that speaks just enough of the protocol to have a version."""
    with socket.create_server(("127.0.0.1", 0)) as old:
        port = old.getsockname()[1]
        server = start(wait=False, db_uri=f"postgresql://x@127.0.0.1:{port}/x?sslmode=disable")
        old.settimeout(PATIENCE)
        connection, _ = old.accept()
        with connection:
            connection.recv(4096)
            connection.sendall(
                b"R\0\0\0\x08\0\0\0\0"
                + parameter("server_version", "14.9")
                + parameter("client_encoding", "UTF8")
                + parameter("integer_datetimes", "on")
                + b"K\0\0\0\x0c\0\0\0\x01\0\0\0\x02Z\0\0\0\x05I"
            )
            connection.recv(4096)  # it says goodbye
    assert re.search(
        r"PostgreSQL 14\.\d is too old: version 15 or later is needed", sentence(server)
    )


def parameter(name: str, value: str) -> bytes:
    body = f"{name}\0{value}\0".encode()
    return b"S" + (len(body) + 4).to_bytes(4, "big") + body


@pytest.mark.proves("CF-6")
@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"jwt_secret": "short"}, "The JWT secret must be at least 32 characters long."),
        ({"log_level": "loud"}, "Invalid logging level. Check your configuration."),
        ({"admin_server_port": 3999, "server_port": 3999}, "cannot be the same as server-port"),
        ({"db_schemas": "api,pg_catalog"}, "db-schemas does not allow schema: 'pg_catalog'"),
        ({"jwt_role_claim_key": "$.a["}, "failed to parse role-claim-key value ($.a[)"),
        ({"server_unix_socket_mode": "800"}, "not an octal"),
        ({"server_host": "no.such.host.invalid"}, "set server-host to an address"),
        ({"server_port": 70000}, "70000 is no port"),
    ],
)
def test_a_setting_that_cannot_be_used_ends_the_program(
    start: Start, settings: dict[str, str | int], expected: str
) -> None:
    assert expected in sentence(start(wait=False, **settings))


@pytest.mark.proves("CF-1")
def test_a_missing_file_ends_the_program(start: Start, tmp_path: Path) -> None:
    server = start(wait=False, environ={"CONFIG_FILE": str(tmp_path / "none.conf")})
    assert "Cannot read" in sentence(server)


@pytest.mark.proves("SO-2", "server-port")
def test_a_taken_port_ends_the_program(start: Start) -> None:
    first = start()
    assert f"Port {first.port} is taken" in sentence(start(wait=False, server_port=first.port))
    assert first.get("/notes").status_code == 200


@pytest.mark.proves("SO-2", "server-reuseport", "admin-server-port")
def test_the_admin_port_is_not_shared(start: Start) -> None:
    first = start(server_reuseport="true")
    port = first.admin_address.rpartition(":")[2]
    second = start(wait=False, server_reuseport="true", admin_server_port=port)
    assert f"Port {port} is taken" in sentence(second)


@pytest.mark.proves("SO-1", "server-port")
def test_port_0_is_a_free_one(start: Start) -> None:
    server = start()
    assert server.port > 1024
    assert server.get("/notes").status_code == 200


@pytest.mark.proves("SO-1", "server-host")
@pytest.mark.parametrize("host", PORT_SPECIAL)
def test_special_hosts_are_listened_on(start: Start, host: str) -> None:
    if "6" in host and not HAS_IPV6:
        pytest.skip("this machine has no IPv6")
    server = start(wait=False, server_host=host)
    expected = "0.0.0.0" if host == "*" and not HAS_IPV6 else PORT_SPECIAL[host]  # noqa: S104
    until(lambda: "API server listening" in server.errors, server.errors)
    assert server.address.rpartition(":")[0] == expected
    assert server.admin_address.rpartition(":")[0] == expected
    local = "[::1]" if host in ("*6", "!6") else "127.0.0.1"
    assert httpx.get(f"http://{local}:{server.port}/notes").status_code == 200
    admin = server.admin_address.rpartition(":")[2]
    assert httpx.get(f"http://{local}:{admin}/ready").status_code == 200


@pytest.mark.proves(
    "SO-1",
    "server-unix-socket",
    "server-unix-socket-mode",
    "admin-server-unix-socket",
    "admin-server-unix-socket-mode",
)
def test_unix_sockets_have_their_mode(start: Start, tmp_path: Path) -> None:
    main, admin = tmp_path / "main", tmp_path / "admin"
    server = start(
        server_unix_socket=str(main),
        server_unix_socket_mode="777",
        admin_server_unix_socket=str(admin),
        admin_server_unix_socket_mode="600",
    )
    assert (server.address, server.admin_address) == (str(main), str(admin))
    assert [oct(stat.S_IMODE(path.stat().st_mode)) for path in (main, admin)] == ["0o777", "0o600"]
    assert server.get("/notes").status_code == 200
    assert server.admin("/ready").status_code == 200


def test_a_unix_socket_is_gone_after_the_end(start: Start, tmp_path: Path) -> None:
    path = tmp_path / "main"
    server = start(server_unix_socket=str(path))
    assert server.stop() == 0
    assert not path.exists()


def test_a_stale_unix_socket_is_replaced_and_a_living_one_is_not(
    start: Start, tmp_path: Path
) -> None:
    path = tmp_path / "main"
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(path))
    first = start(server_unix_socket=str(path))
    second = start(wait=False, server_unix_socket=str(path))
    assert f"The socket {path} is in use by another program." in sentence(second)
    assert first.get("/notes").status_code == 200


@pytest.mark.proves("CL-4", "DB-1")
@pytest.mark.parametrize("form", ["uri", "uri with parameters", "pairs"])
def test_the_application_is_named_whatever_the_form_of_db_uri(
    start: Start, home: Home, form: str
) -> None:
    parts = urlsplit(home.uri)
    pairs = f"host={parts.hostname} port={parts.port} user={home.login} dbname={home.name}"
    uri = {"uri": home.uri, "uri with parameters": f"{home.uri}?sslmode=prefer", "pairs": pairs}
    server = start(db_uri=uri[form])
    assert server.get("/rpc/application").json() == f"passeplat {__version__}"


@pytest.mark.proves("CL-4")
def test_the_application_is_named_by_pgappname(start: Start) -> None:
    server = start(environ={"PGAPPNAME": "mine"})
    assert server.get("/rpc/application").json() == "mine"


@pytest.mark.proves("DB-1", "db-uri")
@pytest.mark.parametrize("uri", [None, "postgresql://", "postgresql://?", ""])
def test_the_database_comes_from_the_variables_of_libpq(
    start: Start, home: Home, uri: str | None
) -> None:
    parts = urlsplit(home.uri)
    environ = {
        "PGHOST": parts.hostname or "",
        "PGPORT": str(parts.port),
        "PGUSER": home.login,
        "PGDATABASE": home.name,
    }
    assert start(db_uri=uri, environ=environ).get("/notes").status_code == 200


@pytest.mark.proves("DB-1")
def test_of_several_hosts_one_that_answers_is_used(start: Start, home: Home) -> None:
    parts = urlsplit(home.uri)
    hosts = f"{parts.hostname}:{free_port()},{parts.hostname}:{parts.port}"
    server = start(db_uri=f"postgresql://{home.login}@{hosts}/{home.name}")
    assert server.get("/notes").status_code == 200
    assert f"listening at {parts.hostname}" not in server.errors


@pytest.mark.proves("CF-8", "db-uri")
@pytest.mark.parametrize("end", ["", "\n"])
def test_db_uri_is_read_from_stdin(start: Start, home: Home, end: str) -> None:
    server = start(db_uri="@/dev/stdin", stdin=(home.uri + end).encode())
    assert server.get("/notes").status_code == 200
    server.reload()
    assert server.get("/notes").status_code == 200


@pytest.mark.proves("CF-8", "jwt-secret")
def test_jwt_secret_is_read_from_stdin(start: Start, home: Home) -> None:
    server = start(jwt_secret="@/dev/stdin", db_config="false", stdin=SECRET.encode())
    assert server.get("/rpc/who", home.author).json() == home.author


@pytest.mark.proves("CF-2", "db-config")
def test_the_settings_of_the_database_are_there_for_the_first_schema_cache(
    start: Start, home: Home
) -> None:
    home.run(
        "create schema other; create view other.things as select 1 as id",
        "grant usage on schema other to public; grant select on other.things to public",
        f"""alter role "{home.login}" in database {home.name} set pgrst.db_schemas = 'other'""",
    )
    server = start()
    assert server.get("/things").json() == [{"id": 1}]
    assert server.get("/notes").status_code == 404
    assert server.loads() == 1


@pytest.mark.proves("db-config")
def test_settings_of_the_database_are_ignored_without_db_config(start: Start, home: Home) -> None:
    home.run(f"""alter role "{home.login}" set pgrst.db_schemas = 'other'""")
    assert start(db_config="false").get("/notes").status_code == 200


@pytest.mark.proves("CF-2", "db-pre-config")
def test_a_pre_config_function_sets_settings(start: Start, home: Home) -> None:
    home.run(
        "create function public.pre_config() returns void language sql as"
        " $$ select set_config('pgrst.db_max_rows', '1', true) $$",
    )
    assert len(start(db_pre_config="public.pre_config").get("/notes").json()) == 1


@pytest.mark.proves("CF-10", "db-pre-config")
def test_a_pre_config_function_that_does_not_exist_is_told(start: Start) -> None:
    server = start(db_pre_config="pre_config")
    assert re.search(r"db-pre-config: function .*pre_config.*\(\) does not exist", server.errors)
    assert server.get("/notes").status_code == 200


@pytest.mark.proves("J-06")
def test_the_old_syntax_of_the_role_claim_is_warned_of(start: Start, tmp_path: Path) -> None:
    warning = "WARNING: jwt-role-claim-key is written in a syntax that PostgREST 18 drops"
    path = tmp_path / "config"
    server = start(environ=config_file(path, jwt_role_claim_key=".roles[0]"))
    assert server.errors.count(warning) == 1
    assert "Write $.roles[0] instead" in server.errors
    config_file(path, jwt_role_claim_key="$.roles[0]")
    server.reload()
    assert server.errors.count(warning) == 1


@pytest.mark.proves("H-01")
def test_the_server_header_names_the_program(start: Start) -> None:
    assert start().get("/notes").headers["Server"] == f"passeplat/{__version__}"
