"""The life of a project's PostgreSQL: one server, started once, ended with its command."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from passeplat.postgres.cluster import Cluster
from passeplat.postgres.postmaster import read
from passeplat.postgres.process import ClusterFailed, watch

Ask = Callable[[str, str], object]
Open = Callable[[Path], Cluster]
Command = Callable[[], "subprocess.Popen[str]"]

# Another command: says who runs the server, then waits for the end of its input.
COMMAND = """
import os, sys
from pathlib import Path
from passeplat.postgres.cluster import Cluster
from passeplat.postgres.postmaster import read

cluster = Cluster.open(Path(sys.argv[1]), environ=os.environ)
cluster.start()
print(read(cluster.place.data).pid, cluster.adopted, flush=True)
sys.stdin.read()
cluster.stop()
"""

WATCHING = """
import sys, time
from pathlib import Path
from passeplat.postgres.process import watch

watcher = watch(int(sys.argv[1]), Path(sys.argv[2]))
print(flush=True)
time.sleep(60)
"""

BUSY = "select count(*) from pg_stat_activity where state = 'active' and pid <> pg_backend_pid()"

UNSHARE = ("unshare", "--pid", "--fork", "--mount-proc", "--kill-child")
MAY_UNSHARE = shutil.which("unshare") and subprocess.call((*UNSHARE, "true")) == 0


@pytest.fixture
def command(project: Path) -> Iterator[Command]:
    """Starts the project's server from another process."""
    started: list[subprocess.Popen[str]] = []

    def start() -> "subprocess.Popen[str]":
        started.append(python(COMMAND, project))
        return started[-1]

    yield start
    for process in started:
        end(process)


def python(
    script: str, *arguments: object, inside: tuple[str, ...] = ()
) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        (*inside, sys.executable, "-c", script, *map(str, arguments)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def end(process: "subprocess.Popen[str]") -> None:
    """Wait for it, its input at an end."""
    for stream in (process.stdin, process.stdout):
        assert stream
        stream.close()
    process.wait()


def told(process: "subprocess.Popen[str]") -> tuple[int, bool]:
    """The server's process id, and whether it was adopted."""
    assert process.stdout
    pid, adopted = process.stdout.readline().split()
    return int(pid), adopted == "True"


def stranger(cluster: Cluster, *program: str) -> "subprocess.Popen[bytes]":
    """Another program of the account that runs the server."""
    account = cluster.account
    if account.is_ours:
        return subprocess.Popen(program, cwd="/")
    return subprocess.Popen(program, cwd="/", user=account.uid, group=account.gid, extra_groups=[])


def pid_of(cluster: Cluster) -> int:
    found = read(cluster.place.data)
    assert found
    return found.pid


def until(condition: Callable[[], object]) -> None:
    limit = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < limit, "it did not happen in 20 seconds"
        time.sleep(0.01)


def runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_data_survive_a_stop_and_a_start(cluster: Cluster, ask: Ask) -> None:
    ask(cluster.start(), "create table kept as select 42 as answer")
    cluster.stop()
    assert ask(cluster.start(), "select answer from kept") == 42


def test_a_stop_ends_the_server(cluster: Cluster) -> None:
    cluster.start()
    pid = pid_of(cluster)
    cluster.stop()
    assert not runs(pid)
    assert not (cluster.place.data / "postmaster.pid").exists()


def test_a_stop_does_not_wait_for_open_connections(cluster: Cluster, ask: Ask) -> None:
    psql = (cluster.binaries.tool("psql"), "-Xqc", "select pg_sleep(60)", cluster.start())
    with stranger(cluster, *psql) as session:
        until(lambda: ask(cluster.url(), BUSY))
        cluster.stop()
        assert session.wait(10) != 0


def test_a_stopped_cluster_has_no_url(cluster: Cluster) -> None:
    cluster.start()
    cluster.stop()
    with pytest.raises(ClusterFailed, match="not been started"):
        cluster.url()


def test_a_block_ends_the_server_it_started(cluster: Cluster) -> None:
    with cluster:
        pid = pid_of(cluster)
    assert not runs(pid)


def test_a_running_server_is_adopted(cluster: Cluster, project: Path, open_cluster: Open) -> None:
    cluster.start()
    second = open_cluster(project)
    assert second.start() == cluster.url()
    assert (cluster.adopted, second.adopted) == (False, True)


def test_an_adopted_server_is_left_alone(
    cluster: Cluster, project: Path, open_cluster: Open, ask: Ask
) -> None:
    cluster.start()
    with open_cluster(project):
        pass
    assert ask(cluster.url(), "select 1") == 1


def test_starting_twice_is_starting_once(cluster: Cluster) -> None:
    cluster.start()
    pid = pid_of(cluster)
    cluster.start()
    assert (pid_of(cluster), cluster.adopted) == (pid, False)


def test_a_server_started_by_hand_is_adopted(cluster: Cluster) -> None:
    cluster.start()
    cluster.stop()
    options = ("-c", "listen_addresses=", "-c", f"unix_socket_directories={cluster.place.sockets}")
    postgres = (cluster.binaries.tool("postgres"), "-D", str(cluster.place.data), *options)
    with stranger(cluster, *postgres) as by_hand:
        until(lambda: (found := read(cluster.place.data)) and found.is_ready)
        cluster.start()
        assert (cluster.adopted, pid_of(cluster)) == (True, by_hand.pid)
        by_hand.send_signal(signal.SIGINT)


def test_two_first_starts_at_once_share_one_server(command: Command) -> None:
    first, second = command(), command()
    (one, is_one_adopted), (other, is_other_adopted) = told(first), told(second)
    assert one == other
    assert {is_one_adopted, is_other_adopted} == {True, False}


def test_a_start_waits_for_the_stop_of_another_command(
    cluster: Cluster, command: Command, ask: Ask
) -> None:
    other = command()
    pid, _ = told(other)
    ask(cluster.start(), "create table kept as select 42 as answer")
    os.kill(pid, signal.SIGINT)
    until(lambda: not (found := read(cluster.place.data)) or not found.is_ready)
    assert ask(cluster.start(), "select answer from kept") == 42
    assert (pid_of(cluster) == pid, cluster.adopted) == (False, False)


def test_an_initdb_killed_on_the_way_leaves_no_half_cluster(
    cluster: Cluster, command: Command, ask: Ask
) -> None:
    starting = command()
    until((cluster.place.unfinished / "base").exists)
    starting.kill()
    starting.wait()
    assert not cluster.place.data.exists()
    assert ask(cluster.start(), "select 1") == 1
    assert not cluster.place.unfinished.exists()


def test_no_server_outlives_a_killed_command(command: Command) -> None:
    process = command()
    pid, _ = told(process)
    process.kill()
    process.wait()
    until(lambda: not runs(pid))


def test_a_server_outlives_the_thread_that_started_it(cluster: Cluster, ask: Ask) -> None:
    thread = threading.Thread(target=cluster.start)
    thread.start()
    thread.join()
    time.sleep(0.3)  # what the thread's death would have set off is over by then
    assert ask(cluster.url(), "select 1") == 1


def test_where_the_kernel_tells_nothing_a_shell_ends_the_server_of_a_killed_command(
    cluster: Cluster, tmp_path: Path
) -> None:
    server = stranger(cluster, "sleep", "60")
    pid_file = tmp_path / "postmaster.pid"
    pid_file.write_text(f"{server.pid}\n")
    watching = python(WATCHING, server.pid, pid_file)
    assert watching.stdout
    watching.stdout.readline()
    watching.kill()
    end(watching)
    assert server.wait(timeout=20) == -signal.SIGINT


def test_that_shell_spares_a_process_the_file_no_longer_names(
    cluster: Cluster, tmp_path: Path
) -> None:
    pid_file = tmp_path / "postmaster.pid"
    pid_file.write_text("1\n")
    with stranger(cluster, "sleep", "60") as other:
        watcher = watch(other.pid, pid_file)
        watcher.communicate()
        assert other.poll() is None
        other.kill()


def test_a_server_killed_with_sigkill_starts_again_with_its_data(
    cluster: Cluster, ask: Ask
) -> None:
    ask(cluster.start(), "create table kept as select 42 as answer")
    pid = pid_of(cluster)
    os.kill(pid, signal.SIGKILL)
    until(lambda: not runs(pid))
    assert ask(cluster.start(), "select answer from kept") == 42
    assert (pid_of(cluster) == pid, cluster.adopted) == (False, False)


def test_a_start_waits_for_a_session_that_outlived_its_killed_server(
    cluster: Cluster, ask: Ask
) -> None:
    busy = "select count(*) from generate_series(1, 20000000)"
    psql = (cluster.binaries.tool("psql"), "-Xqc", busy, cluster.start())
    with stranger(cluster, *psql):
        until(lambda: ask(cluster.url(), BUSY))
        pid = pid_of(cluster)
        os.kill(pid, signal.SIGKILL)
        until(lambda: not runs(pid))
        assert ask(cluster.start(), "select 1") == 1


@pytest.mark.skipif(not MAY_UNSHARE, reason="we may have no process ids of our own")
def test_a_server_in_another_container_is_adopted(cluster: Cluster, project: Path) -> None:
    cluster.start()
    other = python(COMMAND, project, inside=UNSHARE)
    assert told(other) == (pid_of(cluster), True)
    end(other)


def leave_pid_file(cluster: Cluster, pid: int) -> None:
    """What a crash leaves behind, with a process id that has come to mean something else."""
    cluster.start()
    lines = (cluster.place.data / "postmaster.pid").read_text().splitlines()
    cluster.stop()
    place = cluster.place
    for file in (place.data / "postmaster.pid", place.sockets / ".s.PGSQL.5432.lock"):
        file.write_text("\n".join([str(pid), *lines[1:]]) + "\n")
        os.chown(file, cluster.account.uid, cluster.account.gid)


def test_a_pid_file_that_names_another_program_is_not_believed(cluster: Cluster, ask: Ask) -> None:
    with stranger(cluster, "sleep", "60") as other:
        leave_pid_file(cluster, other.pid)
        assert ask(cluster.start(), "select 1") == 1
        other.kill()


def test_a_pid_file_that_names_a_zombie_is_not_believed(cluster: Cluster, ask: Ask) -> None:
    with stranger(cluster, "true") as zombie:
        leave_pid_file(cluster, zombie.pid)
        assert Path(f"/proc/{zombie.pid}/stat").read_text().split()[2] == "Z"
        assert ask(cluster.start(), "select 1") == 1


def test_a_pid_file_that_names_another_project_s_server_is_not_believed(
    cluster: Cluster, started: Cluster
) -> None:
    leave_pid_file(cluster, pid_of(started))
    cluster.start()
    assert pid_of(cluster) != pid_of(started)


def test_a_project_copied_while_it_runs_has_a_server_of_its_own(
    cluster: Cluster, project: Path, open_cluster: Open
) -> None:
    cluster.start()
    (project / "copy").mkdir()
    copy = open_cluster(project / "copy").place.base
    assert stranger(cluster, "cp", "-a", f"{cluster.place.base}/.", str(copy)).wait() == 0
    second = open_cluster(project / "copy")
    second.start()
    assert (pid_of(second) == pid_of(cluster), second.adopted) == (False, False)


def test_a_server_that_cannot_start_is_quoted(cluster: Cluster) -> None:
    cluster.start()
    cluster.stop()
    (cluster.place.data / "postgresql.conf").write_text("nonsense = 1\n")
    with pytest.raises(ClusterFailed, match=r'FATAL: .*configuration file ".*" contains errors'):
        cluster.start()


def test_a_server_that_could_not_start_can_be_started_later(cluster: Cluster, ask: Ask) -> None:
    cluster.start()
    cluster.stop()
    configuration = cluster.place.data / "postgresql.conf"
    before = configuration.read_text()
    configuration.write_text("nonsense = 1\n")
    with pytest.raises(ClusterFailed):
        cluster.start()
    configuration.write_text(before)
    assert ask(cluster.start(), "select 1") == 1


def test_an_initdb_that_fails_is_quoted(
    project: Path, open_cluster: Callable[..., Cluster]
) -> None:
    bindir = project / "bin"
    bindir.mkdir()
    for name, says in (
        ("postgres", "echo '(PostgreSQL) 18.7'"),
        ("initdb", "echo full >&2; false"),
    ):
        (bindir / name).write_text(f"#!/bin/sh\n{says}\n")
        (bindir / name).chmod(0o755)
    cluster = open_cluster(project, PASSEPLAT_PG_BIN=str(bindir))
    with pytest.raises(ClusterFailed, match="initdb failed: full"):
        cluster.start()
