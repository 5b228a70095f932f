"""T-11, T-28 to T-31: what the server tells of itself and of the database, in metrics, dumps, logs,
errors and documents: nothing that whoever reads it must not know."""

import json
import os
import re
import subprocess
import sys
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from tests.security.test_wire import exchange
from tests.serving import ADA, SECRET, Claims, Served, bearer, token

ODD = 'o\'dd "100%" $1 \\'
ODD_COLUMN = 'a\'b "c" %s $1'
SECRETS = (SECRET, "the-application-s-secret", "password-of-the-database")


def get(served: Served, path: str, claims: Claims | None = ADA, **headers: str) -> httpx.Response:
    with served.client(claims, **headers) as client:
        return client.get(path)


# Names of any characters


def test_a_name_of_any_characters_is_a_name(hostile: Served) -> None:
    path, column = f"/v1/{quote(ODD)}", quote(f'"{ODD_COLUMN}"'.replace('"c"', '\\"c\\"'))
    answers = [
        get(hostile, path),
        get(hostile, f"{path}?select={column}&{column}=eq.found&order={column}"),
    ]
    assert [answer.json() for answer in answers] == [
        [{"id": 1, ODD_COLUMN: "found"}],
        [{ODD_COLUMN: "found"}],
    ]


def test_a_document_has_names_of_any_characters(hostile: Served) -> None:
    document = get(hostile, "/", Accept="application/openapi+json").json()
    assert ODD_COLUMN in document["definitions"][ODD]["properties"]


def test_a_name_of_any_characters_is_data_in_an_error(hostile: Served) -> None:
    answer = get(hostile, f"/v1/{quote(ODD)}x")
    assert (answer.status_code, ODD in answer.json()["message"]) == (404, True)


# The admin server


@pytest.mark.parametrize("path", ["live", "ready", "metrics", "schema_cache", "config"])
def test_the_port_of_the_api_does_not_administrate(served: Served, path: str) -> None:
    answers = [get(served, f"/{path}"), get(served, f"/v1/{path}")]
    assert [answer.status_code for answer in answers] == [404, 404]


def test_no_other_path_of_the_admin_server_answers(hostile: Served) -> None:
    for path in ("/", "/config", "/v1/labels", "/metrics/..", "/..%2fv1/labels"):
        assert httpx.get(hostile.admin + path).status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_the_admin_server_changes_nothing(hostile: Served, method: str) -> None:
    for path in ("/live", "/ready", "/metrics", "/schema_cache"):
        assert httpx.request(method, hostile.admin + path).status_code == 405


@pytest.mark.parametrize("path", ["/metrics", "/schema_cache", "/live", "/ready"])
def test_the_admin_server_tells_no_secret_and_no_row(hostile: Served, path: str) -> None:
    get(hostile, "/v1/labels?name=eq.a-value-that-was-asked-for")
    text = httpx.get(hostile.admin + path).text
    told = [*SECRETS, token(ADA), "a-value-that-was-asked-for", "ada@example.com", "authenticator@"]
    assert [each for each in told if each in text] == []


def test_metrics_count_and_name_nobody(hostile: Served) -> None:
    lines = httpx.get(f"{hostile.admin}/metrics").text.splitlines()
    name = r"(pgrst|passeplat)_\w+"
    shape = re.compile(rf'# TYPE {name} \w+|{name}(\{{status="(SUCCESS|FAIL)"\}})? [\d.e+-]+')
    assert [line for line in lines if not shape.fullmatch(line)] == []


def test_a_dump_of_the_settings_hides_secrets(hostile: Served) -> None:
    given = {
        "PASSEPLAT_DB_URI": f"postgresql://someone:{SECRETS[2]}@localhost/shop",
        "PASSEPLAT_JWT_SECRET": SECRET,
        "PASSEPLAT_APP_SETTINGS_secret": SECRETS[1],
    }
    done = subprocess.run(
        [sys.executable, "-m", "passeplat", "config"],
        env=os.environ | given,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ("someone" in done.stdout, [each for each in SECRETS if each in done.stdout]) == (
        True,
        [],
    )


# The log


def test_the_log_keeps_what_clients_send_to_itself(hostile: Served) -> None:
    sent = token(ADA)
    headers = {
        "Cookie": "session=cookie-secret",
        "apikey": "apikey-secret",
        "Referer": f"https://app.example.com/?access_token={sent}&next=1",
        "User-Agent": f"agent Bearer {sent}",
        "X-Private": "header-secret",
    }
    with hostile.client(ADA, **headers) as client:
        client.get(f"/v1/labels?apikey=query-secret&jwt={sent}&name=eq.x")
        client.get("/v1/labels?password=eq.filter-secret")
        client.post("/v1/labels", json={"name": "body-secret", "color": "#12345x"})
        client.post("/v1/rpc/fail", json={"message": f"Bearer {sent}", "detail": "", "hint": ""})
        client.post("/v1/rpc/accept_invitation", json={"token": "invitation-secret"})
    log = hostile.log()
    secrets = ("cookie", "apikey", "header", "query", "filter", "body", "invitation")
    assert "/v1/labels" in log
    assert [each for each in secrets if f"{each}-secret" in log] == []
    assert (sent in log, sent.split(".")[2] in log) == (False, False)


def test_the_log_has_one_line_for_each_record(hostile: Served) -> None:
    breaks = "\r\nforged [01/Jan/2030] \x1b[2J \u2028 forged"
    with hostile.client(ADA, **{"User-Agent": "a\tb"}) as client:
        client.get(f"/v1/{quote(breaks)}?{quote(breaks)}=eq.{quote(breaks)}")
        client.post("/v1/rpc/fail", json={"message": breaks, "detail": breaks, "hint": breaks})
    lines = hostile.log().splitlines()
    assert [line for line in lines if line.startswith(("forged", " forged"))] == []
    assert "\x1b" not in hostile.log()


def test_the_log_has_the_sql_without_its_values(hostile: Served) -> None:
    get(hostile, "/v1/labels?name=eq.value-in-a-filter&order=name")
    assert ("$1" in hostile.log(), "value-in-a-filter'" in hostile.log()) == (True, False)


# Errors


def error(served: Served, path: str, body: object, claims: Claims | None = ADA) -> Any:
    with served.client(claims, Prefer="tx=rollback") as client:
        answer = client.post(path, json=body)
    assert answer.status_code >= 400
    assert answer.json().keys() == {"code", "details", "hint", "message"}
    return answer.json()


BROKEN = {
    "a check of a row with hidden columns": (
        "/v1/unguarded",
        {"id": 2, "shown": "refused"},
        "23514",
    ),
    "a null in a row with hidden columns": ("/v1/unguarded", {"id": 2}, "23502"),
    "a check under row security": (
        "/v1/labels",
        {"name": "x", "color": "hidden-default"},
        "23514",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_constraint_tells_no_hidden_column(hostile: Served, case: str) -> None:
    path, row, code = BROKEN[case]
    told = error(hostile, path, row)
    assert (told["code"], "hidden-default" in str(told["details"])) == (code, False)


def test_a_key_that_is_taken_does_not_tell_by_whom(hostile: Served) -> None:
    row = {"id": "b0000000-0003-4000-8000-000000000001", "name": "mine"}
    told = error(hostile, "/v1/labels", row)
    assert (told["code"], told["details"], "Globex" in str(told)) == ("23505", None, False)


def test_where_in_a_function_something_failed_is_not_told(hostile: Served) -> None:
    statement = "do $$ begin perform 1 / (select 0 from app.labels limit 0); raise 'x'; end $$"
    told = json.dumps(error(hostile, "/v1/rpc/do", {"statement": statement}))
    assert [each for each in ("PL/pgSQL", "line", "app.labels", "execute") if each in told] == []


def test_nothing_is_told_of_the_server_or_its_files(hostile: Served) -> None:
    answers = [
        exchange(hostile, b"GET / HTTP/1.1\r\nHost: x\r\nX-A\r\n\r\n"),
        get(hostile, "/v1/labels?select=nothing").content,
        get(hostile, "/v1/labels", Authorization="Bearer a.b.c").content,
        get(hostile, "/v1/rpc/nothing").content,
        httpx.get(f"{hostile.admin}/nothing").content,
    ]
    words = (b"Traceback", b".py", b"asyncpg", b"authenticator", b"postgresql://", b"/usr", b"/tmp")
    assert [word for word in words if any(word in answer for answer in answers)] == []


HINTS = {
    "/v1/lables": None,  # labels are not for the anonymous
    "/v1/rpc/serch?query=x": None,
    "/v1/rpc/aboutt": "about",
    "/v1/rpc/search?qerry=x": None,
}


@pytest.mark.parametrize(("path", "expected"), HINTS.items())
def test_a_hint_names_only_what_may_be_used(
    served: Served, path: str, expected: str | None
) -> None:
    hint = get(served, path, None).json()["hint"]
    assert hint is None if expected is None else expected in hint


# Documents and plans


@pytest.mark.parametrize("media", ["application/openapi+json", "application/vnd.oai.openapi+json"])
def test_the_anonymous_are_told_of_what_they_may_use(served: Served, media: str) -> None:
    for schema in ("v1", "v2"):
        answer = get(served, f"/{schema}/", None, Accept=media)
        if answer.status_code != 406:
            named = set(re.findall(r'"/(?:rpc/)?(\w+)"', answer.text))
            assert named <= {"about", schema}


@pytest.mark.parametrize("options", ["", ";options=analyze|verbose|settings"])
def test_a_plan_is_told_only_where_that_is_enabled(served: Served, options: str) -> None:
    media = f"application/vnd.pgrst.plan+json{options}"
    answers = [get(served, path, who, Accept=media) for who in (None, ADA) for path in PLANNED]
    assert {answer.status_code for answer in answers} <= {401, 406}


PLANNED = ("/v1/labels", "/v1/rpc/about", "/v1/rpc/project_report")


def test_an_embed_names_nothing_that_may_not_be_used(hostile: Served) -> None:
    answer = get(hostile, "/v1/labels?select=name,todoss(*)", None)
    assert answer.json()["hint"] is None


def test_a_token_does_not_come_back(hostile: Served) -> None:
    sent = bearer(ADA)["Authorization"]
    answer = get(hostile, "/v1/labels?select=nothing", None, Authorization=f"{sent}x")
    assert (answer.status_code, sent.split(".")[1] in answer.text) == (401, False)
