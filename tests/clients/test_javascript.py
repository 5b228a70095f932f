"""The published supabase-js and postgrest-js, unchanged, in node's own test runner."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.serving import Serve, person, token

JAVASCRIPT = Path(__file__).parent / "js"
ADA = person("a", 1, "a0000000-0000-4000-8000-000000000001")
BEA = person("b", 1, "b0000000-0000-4000-8000-000000000001")


@pytest.mark.skipif(
    shutil.which("node") is None or not (JAVASCRIPT / "node_modules").exists(),
    reason="node, or what npm installs for it, is not here",
)
@pytest.mark.parametrize("client", ["supabase", "postgrest"])
def test_the_published_client_works_unchanged(client: str, example: str, serve: Serve) -> None:
    environ = {
        **os.environ,
        "PASSEPLAT_URL": serve(example).url,
        "ADA": token(ADA),
        "BEA": token(BEA),
    }
    result = subprocess.run(
        ["node", "--test", "--test-reporter=tap", f"{client}.test.js"],
        cwd=JAVASCRIPT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    passed = re.search(r"^# pass (\d+)$", result.stdout, re.MULTILINE)
    assert result.returncode == 0, result.stdout + result.stderr
    assert passed is not None
    assert int(passed[1]) > 5
