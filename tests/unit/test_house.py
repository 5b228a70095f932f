"""The house's own rules, as far as a machine can read them."""

import ast
import json
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from statistics import median, quantiles

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

import passeplat

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "api" / "passeplat").rglob("*.py"))
MACHINE_PATH = re.compile(r"(?<![\w.~-])/(work|root|home|Users)/\w")
PUBLIC_INDEX = {"https://pypi.org", "https://files.pythonhosted.org"}


def _functions(source: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from `def` to the last statement; documentation is free."""
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    if ast.get_docstring(function) is None:
        return lines
    docstring = function.body[0]
    return lines - ((docstring.end_lineno or docstring.lineno) - docstring.lineno + 1)


def _lengths() -> list[int]:
    return [_length(function) for path in SOURCES for function in _functions(path.read_text())]


def _tracked() -> list[Path]:
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("only git knows which files are the project's")
    listing = subprocess.run(
        [
            "git",
            "-c",
            "safe.directory=*",
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    paths = (ROOT / name for name in listing.stdout.split("\0") if name)
    return [path for path in paths if path.is_file()]


def _demand(requirement: Requirement) -> tuple[str, SpecifierSet]:
    return canonicalize_name(requirement.name), requirement.specifier


def _lines(path: Path) -> list[str]:
    data = path.read_bytes()
    return [] if b"\0" in data else data.decode(errors="replace").splitlines()


def test_the_length_of_a_function_leaves_its_docstring_out() -> None:
    source = 'def f(x):\n    """One.\n\n    Two."""\n    return x\n'
    assert [_length(function) for function in _functions(source)] == [2]


def test_the_median_function_has_at_most_eight_lines() -> None:
    assert median(_lengths()) <= 8


def test_nine_functions_in_ten_have_at_most_thirty_lines() -> None:
    assert quantiles(_lengths(), n=10)[-1] <= 30


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_has_at_most_five_hundred_lines(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 500


def test_the_changelog_opens_with_the_version_of_the_package() -> None:
    versions = re.findall(r"^## \[(\d[^]]*)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert versions[:1] == [passeplat.__version__]


@pytest.mark.parametrize("line", ["cd /work/x", "'/home/me/x'", "file:///root/x", "=/Users/me"])
def test_a_machine_path_is_recognized(line: str) -> None:
    assert MACHINE_PATH.search(line)


@pytest.mark.parametrize("line", ["network/work/plan", "~/work/x", "/root is closed", "/workers/1"])
def test_other_paths_are_no_machine_paths(line: str) -> None:
    assert not MACHINE_PATH.search(line)


def test_no_file_names_a_path_of_someones_machine() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for path in _tracked()
        if path != Path(__file__)
        for number, line in enumerate(_lines(path), start=1)
        if MACHINE_PATH.search(line)
    ]
    assert found == []


def test_the_python_lock_names_only_the_public_index() -> None:
    lock = (ROOT / "uv.lock").read_text()
    assert set(re.findall(r"\w+://[^/\"]+", lock)) == PUBLIC_INDEX


def test_the_javascript_lock_names_no_registry() -> None:
    lock = json.loads((ROOT / "tests/clients/js/package-lock.json").read_text())
    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []


def test_every_locked_package_comes_from_an_index_or_is_the_project() -> None:
    lock = tomllib.loads((ROOT / "uv.lock").read_text())
    sources = chain.from_iterable(package["source"] for package in lock["package"])
    assert set(sources) == {"registry", "editable"}


def test_the_python_lock_answers_what_pyproject_asks() -> None:
    lock = tomllib.loads((ROOT / "uv.lock").read_text())
    locked = next(p for p in lock["package"] if p["name"] == "passeplat")["metadata"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extras = project["project"]["optional-dependencies"].values()
    asked = [*project["project"]["dependencies"], *chain.from_iterable(extras)]
    groups = chain.from_iterable(project["dependency-groups"].values())
    asked += [line for line in groups if isinstance(line, str)]
    answered = [*locked["requires-dist"], *chain.from_iterable(locked["requires-dev"].values())]
    assert {_demand(Requirement(line)) for line in asked} == {
        (item["name"], SpecifierSet(item.get("specifier", ""))) for item in answered
    }
