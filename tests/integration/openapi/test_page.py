"""The page in a real browser: it asks nobody else, and shows the rows of who gave the token."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[2] / "clients/js/openapi/browse.mjs"
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)

pytestmark = [
    pytest.mark.skipif(BROWSER is None, reason="needs chromium"),
    pytest.mark.skipif(
        shutil.which("node") is None
        or not (SCRIPT.parents[1] / "node_modules/playwright-core").is_dir(),
        reason="needs Node.js and the packages of tests/clients/js",
    ),
]


@pytest.fixture(scope="module")
def seen(served: Any, bearer: str, other_bearer: str) -> Any:
    command = ["node", str(SCRIPT), str(BROWSER), served.url, bearer, other_bearer]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_nothing_is_asked_of_another_host(seen: Any) -> None:
    assert seen["outside"] == []


def test_the_browser_complains_of_nothing(seen: Any) -> None:
    assert seen["complaints"] == []


def test_a_script_on_the_page_could_not_ask_another_host(seen: Any) -> None:
    assert seen["foreign"] == "refused"


def test_without_a_token_it_shows_what_anybody_may_use(seen: Any) -> None:
    assert (seen["title"], seen["anonymous"]) == ("Todos for teams", ["about"])


def test_with_a_token_it_shows_what_its_role_may_use(seen: Any) -> None:
    assert seen["who"] == "Asking as member"
    assert {"todos", "organizations", "search"} <= set(seen["member"])


def test_trying_it_shows_the_rows_of_the_tenant(seen: Any) -> None:
    assert (seen["first"], seen["second"]) == (["Acme"], ["Globex"])


def test_the_token_is_kept_for_the_tab_only(seen: Any) -> None:
    assert seen["kept"] == [[], ["passeplat.token"], ""]


def test_another_schema_has_its_own_page(seen: Any) -> None:
    assert "status" in seen["columns"]
