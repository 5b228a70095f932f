"""Whatever stands in a request, it is a value or a name, never SQL."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.serving import ANNA, Serve, Served, execute, fetch, load_example, serving

proves = pytest.mark.proves
QUOTES = (
    *("'", '"', "''", '"";', "\\", "\\'", "\0", "$1", "$$", "::", ";", "--", "/*", "%", "%s", "{}"),
    *("'; drop table marks; --", '"; drop table marks; --', "$$; drop table marks; $$"),
    *(
        ") union select 1; drop table marks; --",
        "\\'; drop table marks; --",
        "\u02bc",
        "\uff07",
        "\u2028",
    ),
    *("1::text; drop table marks", "pg_sleep(9)", "(select pg_sleep(9))", "\r\nX-Evil: 1"),
)
SCHEMA = """
create schema marked;
create table marked.marks (id int primary key, text text, "we""ird %s; -- '" text, data jsonb);
create table public.marks (id int);
insert into marked.marks values (1, 'one', 'odd', '{"a": {"b": 1}}');
create table marked."odd ""table"" %s 'x' {}" (id int primary key, "a""b" text);
insert into marked."odd ""table"" %s 'x' {}" values (1, 'there');
create function marked."odd ""function"" %s"("p""q" text) returns text language sql stable
  as $$ select "p""q" $$;
grant usage on schema marked to anonymous;
grant all on all tables in schema marked to anonymous;
grant execute on all functions in schema marked to anonymous;
"""


@pytest.fixture(scope="module")
def database(clone_for_session: Any) -> str:
    return str(clone_for_session(load))


def load(url: str) -> None:
    load_example(url)
    execute(url, SCHEMA)


@pytest.fixture(scope="module")
def marked(database: str) -> Iterator[Served]:
    with serving(database, db_schemas="marked", db_tx_end="rollback") as made:
        yield made


@pytest.fixture(scope="module")
def client(marked: Served) -> Iterator[httpx.Client]:
    with marked.client() as made:
        yield made


PLACES = {
    "table": "/{}",
    "function": "/rpc/{}",
    "column": "/marks?select={}",
    "quoted column": '/marks?select="{}"',
    "alias": "/marks?select={}:id",
    "quoted alias": '/marks?select="{}":id',
    "cast": "/marks?select=id::{}",
    "JSON key": "/marks?select=data->{}",
    "quoted JSON key": '/marks?select=data->"{}"',
    "order": "/marks?order={}",
    "order of JSON": '/marks?order=data->"{}"',
    "filter": "/marks?{}=eq.1",
    "quoted filter": '/marks?"{}"=eq.1',
    "value": "/marks?text=eq.{}",
    "list": '/marks?text=in.("{}",{})',
    "array": "/marks?text=like(any).{{{}}}",
    "language": "/marks?text=fts({}).a",
    "search": "/marks?text=wfts.{}",
    "logic": "/marks?or=(text.eq.{},id.eq.2)",
    "quoted logic": '/marks?or=("{}".eq.1,text.eq."{}")',
    "limit": "/marks?limit={}",
    "embed": "/marks?select={}(*)",
    "hint": "/marks?select=marks!{}(*)",
    "aggregate": "/marks?select=id.{}()",
}
HEADERS = ("Prefer", "Accept", "Range", "Cookie", "Accept-Profile", "X-Mine", "User-Agent")


def survives(client: httpx.Client, database: str, ask: Any) -> None:
    answer = ask()
    assert answer.status_code < 500, answer.text
    assert "X-Evil" not in answer.headers
    if "application/json" in answer.headers.get("Content-Type", "") and answer.content:
        answer.json()


@proves("T-10", "T-12")
@pytest.mark.parametrize("place", PLACES)
def test_a_name_or_value_is_never_executed(client: httpx.Client, database: str, place: str) -> None:
    for text in QUOTES:
        path, _, query = PLACES[place].replace("{}", text).replace("{{", "{").partition("?")
        url = httpx.URL(client.base_url, raw_path=encoded(path, query))
        survives(client, database, lambda url=url: client.get(url))
    assert fetch(database, "select count(*) from public.marks")[0][0] == 0


def encoded(path: str, query: str) -> bytes:
    return (quote(path) + ("?" + quote(query, safe="=&") if query else "")).encode()


@proves("T-10")
@pytest.mark.parametrize("place", ["columns", "on_conflict", "key", "value", "csv", "form"])
def test_a_write_is_never_executed(client: httpx.Client, database: str, place: str) -> None:
    for text in QUOTES:
        sent: dict[str, Any] = {"json": {"id": 9, "text": text}}
        if place in {"columns", "on_conflict"}:
            sent["params"] = {place: text}
        elif place == "key":
            sent = {"json": {text: 1}}
        elif place == "csv":
            kind = {"Content-Type": "text/csv"}
            sent = {"content": f"id,{text}\n9,{text}\n".encode(), "headers": kind}
        elif place == "form":
            sent = {"data": {"id": "9", text: text}}
        survives(client, database, lambda sent=sent: client.post("/marks", **sent))
    assert fetch(database, "select count(*) from public.marks")[0][0] == 0


@proves("T-10")
@pytest.mark.parametrize("name", HEADERS)
def test_a_header_is_never_executed(client: httpx.Client, database: str, name: str) -> None:
    for text in QUOTES:
        value = text.encode().replace(b"\0", b"").replace(b"\r\n", b"")
        for sent in (value, b"timezone=" + value, b"a=" + value):
            survives(client, database, lambda sent=sent: client.get("/marks", headers={name: sent}))
    assert fetch(database, "select count(*) from public.marks")[0][0] == 0


@proves("T-10")
@settings(suppress_health_check=list(HealthCheck), max_examples=60)
@given(st.lists(st.sampled_from(QUOTES) | st.text(max_size=3), max_size=4).map("".join))
def test_any_text_is_found_as_it_is(client: httpx.Client, text: str) -> None:
    answer = client.get("/rpc/odd%20%22function%22%20%25s", params={'p"q': text})
    if "\0" in text:
        assert answer.status_code == 400
    else:
        assert answer.json() == text


@proves("T-11")
def test_names_of_the_database_are_quoted_everywhere(client: httpx.Client) -> None:
    odd = "/odd%20%22table%22%20%25s%20%27x%27%20%7B%7D"
    assert client.get(odd).json() == [{"id": 1, 'a"b': "there"}]
    assert client.get(odd, params={'"a\\"b"': "eq.there", "select": '"a\\"b"'}).json() == [
        {'a"b': "there"}
    ]
    prefer = {"Prefer": "return=headers-only"}
    created = client.post(odd, json={"id": 2, 'a"b': "x"}, headers=prefer)
    assert created.status_code == 201
    assert httpx.URL(created.headers["Location"]).params["id"] == "eq.2"
    described = client.get("/").json()
    assert any(path.startswith('/odd "table" ') for path in described["paths"])
    assert client.get("/openapi.json").status_code == 200


CASTS = ("regclass", "xml", '"x"; drop', "int4[]", "text)--", "pg_sleep(1)")


@proves("T-12")
@pytest.mark.parametrize("cast", CASTS)
def test_a_cast_is_a_type_and_nothing_else(client: httpx.Client, cast: str) -> None:
    answer = client.get("/marks", params={"select": f"text::{cast}"})
    assert answer.status_code in {400, 404}, answer.text


@proves("T-22")
@pytest.mark.parametrize("name", ["json_agg", "to_jsonb", "pg_typeof", "hashtext", "row_to_json"])
def test_a_function_that_is_no_field_cannot_be_selected(client: httpx.Client, name: str) -> None:
    for query in (f"select={name}", f"order={name}", f"{name}=eq.1", f"select={name}:{name}::text"):
        assert client.get(f"/marks?{query}").json()["code"] == "42703"


SPLITS = (
    '[{"X-A": "a\\r\\nX-Evil: 1"}]',
    '[{"X-A\\r\\nX-Evil": "1"}]',
    '[{"Set-Cookie": "a\\nX-Evil: 1"}]',
    '[{"": "x"}]',
    '[{"a b": "x"}]',
    '[{"é": "x"}]',
)


@proves("T-25")
def test_sql_cannot_split_a_response(serve: Serve, example: str) -> None:
    execute(
        example,
        "create function v1.evil(headers text) returns text language sql volatile as"
        " $$ select set_config('response.headers', headers, true) $$;"
        " grant execute on function v1.evil(text) to member",
    )
    with serve(example).client(ANNA) as client:
        for headers in SPLITS:
            answer = client.post("/v1/rpc/evil", json={"headers": headers})
            assert "X-Evil" not in answer.headers
            assert (answer.status_code, answer.json()["code"]) == (500, "PGRST111"), headers
