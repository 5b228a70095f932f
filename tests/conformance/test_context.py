"""What SQL can know of a request, and in which order it is told."""

from collections.abc import Callable
from typing import Any

import pytest

Api = Callable[..., Any]
Serve = Callable[..., Api]

proves = pytest.mark.proves


def context(api: Api, **headers: Any) -> Any:
    """What a view sees of the request that reads it."""
    [row] = api("GET /context", **headers).json
    return row


@proves("TX-3")
def test_sql_reads_method_and_path(api: Api) -> None:
    seen = context(api)
    assert (seen["method"], seen["path"]) == ("GET", "/context")
    assert api("POST /rpc/setting", {"name": "request.method"}).json == "POST"


@proves("TX-3")
def test_sql_reads_headers_by_lower_case_names_without_cookies(api: Api) -> None:
    prefer = ["count=exact", "tx=rollback"]
    seen = context(api, X_Mine="Ünï", Cookie="a=1; b=2", Prefer=prefer)
    assert seen["headers"]["x-mine"] == "Ünï"
    assert seen["headers"]["prefer"] == "count=exact, tx=rollback"
    assert "cookie" not in seen["headers"]
    assert seen["cookies"] == {"a": "1", "b": "2"}


@proves("TX-3")
def test_without_cookies_they_are_an_empty_object(api: Api) -> None:
    assert context(api)["cookies"] == {}


@proves("TX-3", "J-08")
def test_sql_reads_the_claims_with_the_role(api: Api) -> None:
    seen = context(api, claims={"sub": "é", "n": [1, None]})
    assert seen["claims"] == {"sub": "é", "n": [1, None], "role": "contract_anon"}
    assert seen["role"] == "contract_anon"
    assert context(api)["claims"] == {"role": "contract_anon"}


@proves("TX-1", "db-pre-request")
def test_a_function_runs_before_the_statement_in_its_transaction(serve: Serve) -> None:
    server = serve(db_pre_request="vault.before_request")
    answer = server("GET /rpc/stamp")
    assert (answer.json, answer.header("X-Before")) == ("stamped", "yes")
    refused = server("POST /numbers", {"n": 77}, X_Refuse="yes")
    assert (refused.status, refused.code) == (402, "PT402")
    assert server("OPTIONS /numbers", X_Refuse="yes").status == 200


@proves("TX-2", "app.settings")
def test_settings_are_told_in_a_fixed_order(serve: Serve) -> None:
    server = serve(log_query="true", log_level="info", app_settings_greeting="hello")
    seen = context(server, role="contract_careful", Prefer="timezone=Asia/Tokyo")
    assert (seen["greeting"], seen["timezone"]) == ("hello", "Asia/Tokyo")
    server.wait_until(lambda: "set_config('timezone'" in server.log())  # type: ignore[attr-defined]
    lines = server.log().splitlines()  # type: ignore[attr-defined]
    [sql] = [line for line in lines if "set_config('timezone'" in line]
    names = (
        *("transaction_read_only", "search_path", "work_mem", "role", "request.jwt.claims"),
        *("request.method", "request.path", "request.headers", "request.cookies", "timezone"),
        "app.settings.GREETING",
    )
    places = [sql.index(f"set_config('{name}'") for name in names]
    assert places == sorted(places)
