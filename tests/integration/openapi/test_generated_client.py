"""openapi-typescript makes types of the document, with which a program compiles and works."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

SOURCES = Path(__file__).parents[2] / "clients/js/openapi"
PACKAGES = SOURCES.parent / "node_modules"

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None or not (PACKAGES / "openapi-typescript").is_dir(),
    reason="needs Node.js and the packages of tests/clients/js",
)


def run(*command: str | Path, place: Path) -> str:
    done = subprocess.run(
        ["node", *map(str, command)], cwd=place, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_client_made_of_the_document_compiles_and_works(
    served: Any, bearer: str, tmp_path: Path
) -> None:
    for name in ("program.ts", "tsconfig.json"):
        shutil.copy(SOURCES / name, tmp_path)
    (tmp_path / "node_modules").symlink_to(PACKAGES)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "openapi.json").write_text(json.dumps(served.document()))
    generator = PACKAGES / "openapi-typescript/bin/cli.js"
    run(generator, "openapi.json", "--output", "api.ts", place=tmp_path)
    run(PACKAGES / "typescript/bin/tsc", place=tmp_path)
    assert json.loads(run("program.js", served.url, bearer, place=tmp_path)) == {
        "due": None,
        "done": False,
        "found": [["Made by TypeScript", True]],
        "open": 2,
        "removed": 1,
        "unused": 3,
    }
