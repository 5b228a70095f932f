"""What a project's PostgreSQL is like, and where it is."""

import os
import socket
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from passeplat.errors import SettingError
from passeplat.postgres.binaries import installed
from passeplat.postgres.cluster import Cluster

Ask = Callable[[str, str], object]
Open = Callable[..., Cluster]
Psql = Callable[[Cluster, str, str], str]


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def with_port(cluster: Cluster) -> Cluster:
    cluster.start(tcp_port=free_port())
    return cluster


@pytest.fixture
def deep(project: Path) -> Path:
    """A directory whose sockets could not be named."""
    directory = project / ("long" * 20) / ("path" * 20)
    directory.mkdir(parents=True)
    return directory


def test_the_database_is_utf8_and_its_order_the_same_on_every_machine(
    started: Cluster, ask: Ask
) -> None:
    found = "concat_ws(' ', pg_encoding_to_char(encoding), datlocprovider, datlocale)"
    sql = f"select {found} from pg_database where datname = current_database()"
    assert ask(started.url(), sql) == "UTF8 b C.UTF-8"


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("listen_addresses", ""),
        ("unix_socket_permissions", "0700"),
        ("wal_level", "logical"),
        ("jit", "off"),
        ("max_connections", "200"),
        ("TimeZone", "UTC"),
        ("fsync", "on"),
    ],
)
def test_the_server_has_the_settings_we_promise(
    started: Cluster, ask: Ask, setting: str, value: str
) -> None:
    assert ask(started.url(), f"select current_setting('{setting}')") == value


def test_data_and_socket_are_the_account_s_alone(started: Cluster) -> None:
    place = started.place
    found = [path.stat() for path in (place.base, place.data, place.sockets)]
    assert {status.st_mode & 0o777 for status in found} == {0o700}
    assert {status.st_uid for status in found} == {started.account.uid}


def test_git_ignores_all_of_it(started: Cluster) -> None:
    assert (started.place.base.parent / ".gitignore").read_text() == "*\n"


def test_the_notes_warn_of_an_old_minor(started: Cluster) -> None:
    assert (started.binaries.warning in started.notes) == (started.binaries.warning is not None)


def test_the_url_serves_libpq_too(started: Cluster, psql: Psql) -> None:
    assert psql(started, started.url(), "select current_user") == "postgres"


def test_the_url_of_another_database_and_user_is_quoted(started: Cluster, ask: Ask) -> None:
    ask(started.url(), 'create database "a/b ?é"')
    ask(started.url(), 'create role "x@y:z" login')
    url = started.url(database="a/b ?é", user="x@y:z")
    assert ask(url, "select current_database() || current_user") == "a/b ?éx@y:z"


def installed_majors() -> list[Path]:
    return [*installed({"PATH": os.environ.get("PATH", "")})]


@pytest.mark.parametrize("bindir", installed_majors(), ids=str)
def test_an_installed_server_serves_as_well(
    project: Path, open_cluster: Open, ask: Ask, bindir: Path
) -> None:
    url = open_cluster(project, PASSEPLAT_PG_BIN=str(bindir)).start()
    sql = "select concat_ws(' ', pg_encoding_to_char(encoding), datctype) from pg_database limit 1"
    assert str(ask(url, sql)).startswith("UTF8 C")


def test_a_file_in_the_way_is_named(project: Path, open_cluster: Open) -> None:
    (project / ".passeplat").touch()
    with pytest.raises(
        SettingError, match=rf"The database needs {project}/.passeplat: File exists"
    ):
        open_cluster(project)


def test_a_path_too_long_for_a_socket_still_has_one(deep: Path, open_cluster: Open) -> None:
    cluster = open_cluster(deep)
    cluster.start()
    assert cluster.place.data.is_relative_to(deep)
    assert cluster.place.sockets.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("name", ["my shop, two", "été & 100%", "it's", 'a"b'])
def test_a_path_may_have_any_character(
    project: Path, open_cluster: Open, ask: Ask, psql: Psql, name: str
) -> None:
    (project / name).mkdir()
    cluster = open_cluster(project / name)
    url = cluster.start()
    assert (ask(url, "select 1"), psql(cluster, url, "select 1")) == (1, "1")


def test_a_path_of_two_lines_is_refused(project: Path, open_cluster: Open) -> None:
    (project / "a\nb").mkdir()
    with pytest.raises(SettingError, match="no directory a project can be in"):
        open_cluster(project / "a\nb")


def test_a_project_that_is_missing_is_refused(project: Path, open_cluster: Open) -> None:
    with pytest.raises(SettingError, match="no directory a project can be in"):
        open_cluster(project / "missing")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes a directory another user's")
def test_a_stranger_s_directory_is_not_taken_for_sockets(deep: Path, open_cluster: Open) -> None:
    sockets = open_cluster(deep).place.sockets
    os.chown(sockets, 12345, 12345)
    with pytest.raises(SettingError, match="belongs to user 12345"):
        open_cluster(deep)


def test_a_link_is_not_taken_for_sockets(deep: Path, open_cluster: Open, tmp_path: Path) -> None:
    sockets = open_cluster(deep).place.sockets
    sockets.rmdir()
    sockets.symlink_to(tmp_path)
    try:
        with pytest.raises(SettingError, match="belongs to user"):
            open_cluster(deep)
    finally:
        sockets.unlink()


def test_misleading_variables_mislead_nobody(project: Path, open_cluster: Open, ask: Ask) -> None:
    misleading = {
        "PGHOST": "nowhere.invalid",
        "PGPORT": "1",
        "PGDATA": "/nonexistent",
        "PGUSER": "nobody",
        "PGDATABASE": "nothing",
        "PGPASSWORD": "wrong",
        "PGSERVICE": "missing",
        "PGOPTIONS": "-c nonsense=1",
        "LC_ALL": "xx_XX.UTF-8",
        "LANG": "xx_XX",
    }
    cluster = open_cluster(project, **misleading)
    cluster.start(tcp_port=free_port())  # so that psql runs too
    assert ask(cluster.url(), "select current_user::text") == "postgres"


def test_our_secrets_are_not_in_the_server_s_environment(
    project: Path, open_cluster: Open, ask: Ask
) -> None:
    url = open_cluster(project, PASSEPLAT_JWT_SECRET="a-secret-nobody-may-read").start()
    ask(url, "create table seen (line text)")
    ask(url, "copy seen from program 'env' (format text, delimiter E'\\x01')")
    seen = str(ask(url, "select string_agg(line, ' ') from seen"))
    assert "TZ=UTC" in seen
    assert "secret" not in seen


def test_tcp_when_asked_lets_in_the_password(with_port: Cluster, ask: Ask) -> None:
    assert ask(with_port.tcp_url, "select inet_server_addr()::text") == "127.0.0.1/32"


def test_tcp_lets_in_nothing_else(with_port: Cluster, ask: Ask) -> None:
    parts = urlsplit(with_port.tcp_url)
    wrong = urlunsplit(parts._replace(netloc=f"postgres:wrong@127.0.0.1:{parts.port}"))
    with pytest.raises(asyncpg.InvalidPasswordError):
        ask(wrong, "select 1")


def test_the_password_is_the_same_after_a_restart(with_port: Cluster) -> None:
    before = urlsplit(with_port.tcp_url)
    with_port.stop()
    with_port.start(tcp_port=before.port)
    assert with_port.tcp_url == before.geturl()


def test_a_server_that_runs_without_tcp_is_not_passed_off_as_one_with(
    started: Cluster, open_cluster: Open
) -> None:
    second = open_cluster(started.place.base.parent.parent)
    with pytest.raises(SettingError, match="does not listen on port 6543"):
        second.start(tcp_port=6543)


def test_ephemeral_data_are_not_synced(cluster: Cluster, ask: Ask) -> None:
    assert ask(cluster.start(ephemeral=True), "select current_setting('fsync')") == "off"


def other_major(cluster: Cluster) -> None:
    old = cluster.place.base / "14"
    old.mkdir()
    (old / "PG_VERSION").write_text("14\n")


def test_data_of_another_major_are_named_with_the_way_to_carry_them_over(
    cluster: Cluster, project: Path, open_cluster: Open
) -> None:
    other_major(cluster)
    with pytest.raises(SettingError, match=r"PostgreSQL 14 and .* PostgreSQL \d+: .*pg_dumpall"):
        open_cluster(project)


def test_data_of_another_major_beside_ours_are_no_trouble(
    cluster: Cluster, project: Path, open_cluster: Open
) -> None:
    cluster.start()
    other_major(cluster)
    assert open_cluster(project).place == cluster.place
