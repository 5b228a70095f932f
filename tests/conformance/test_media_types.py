"""Media types: which are made, who makes them, which of those accepted is taken."""

from collections.abc import Callable
from typing import Any

import pytest

Api = Callable[..., Any]
Serve = Callable[..., Api]

proves = pytest.mark.proves
FULL = "return=representation"
OBJECT = "application/vnd.pgrst.object"
ARRAY = "application/vnd.pgrst.array"
PLAN = "application/vnd.pgrst.plan"
JSON = "application/json; charset=utf-8"


@proves("M-01", "M-08", "M-11", "H-04")
@pytest.mark.parametrize(
    "accept",
    [
        None,
        "*/*",
        "application/json",
        "application/json; charset=utf-8",
        "APPLICATION/JSON",
        "text/unheard, application/json",
        "text/unheard, */*;q=0.1",
        "text/csv;q=0.5, application/json",
        "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    ],
)
def test_json_is_what_most_ask_for(api: Api, accept: str | None) -> None:
    headers = {} if accept is None else {"accept": accept}
    answer = api("GET /numbers?n=eq.1", **headers)
    assert (answer.status, answer.json) == (200, [{"n": 1}])
    assert answer.header("Content-Type") == JSON


@proves("M-02", "M-11")
@pytest.mark.parametrize(
    ("line", "body", "expected"),
    [
        pytest.param("GET /options", None, "key,value\ncolour,red", id="table"),
        pytest.param("GET /options?select=value,k:key", None, "value,k\nred,colour", id="select"),
        pytest.param("GET /nothing", None, "\n", id="no rows"),
        pytest.param(
            "GET /texts?id=in.(1,4,13)&order=id",
            None,
            'id,value\n1,"a,b"\n4,"say ""hi"""\n13,',
            id="quoted",
        ),
        pytest.param("GET /rpc/pairs", None, "left_one,right_one\n1,a\n2,b", id="function"),
        pytest.param("POST /options", {"key": "a", "value": "b"}, "key,value\na,b", id="insert"),
        pytest.param("PATCH /options", {"value": "b"}, "key,value\ncolour,b", id="update"),
        pytest.param("DELETE /options", None, "key,value\ncolour,red", id="delete"),
    ],
)
def test_csv_is_made_everywhere(api: Api, line: str, body: Any, expected: str) -> None:
    answer = api(line, body, accept="text/csv", prefer=FULL)
    assert answer.text == expected
    assert answer.header("Content-Type") == "text/csv; charset=utf-8"


@pytest.mark.parametrize(
    ("line", "body", "expected"),
    [
        pytest.param("GET /options", None, '{"key":"colour","value":"red"}\n', id="table"),
        pytest.param("GET /nothing", None, "", id="no rows"),
        pytest.param(
            "GET /rpc/pairs?order=left_one",
            None,
            '{"left_one":1,"right_one":"a"}\n{"left_one":2,"right_one":"b"}\n',
            id="function",
        ),
        pytest.param(
            "POST /options?select=key", {"key": "a", "value": "b"}, '{"key":"a"}\n', id="insert"
        ),
    ],
)
def test_ndjson_is_an_object_a_line(api: Api, line: str, body: Any, expected: str) -> None:
    answer = api(line, body, accept="application/x-ndjson", prefer=FULL)
    assert answer.text == expected
    assert answer.header("Content-Type") == "application/x-ndjson"


@proves("M-03")
def test_geojson_is_made_of_what_postgis_makes(api: Api) -> None:
    """As the function ST_AsGeoJSON of the search path has it."""
    answer = api("GET /numbers?n=lt.3&order=n", accept="application/geo+json")
    assert answer.json == {
        "type": "FeatureCollection",
        "features": [{"type": "Feature", "properties": {"n": n}} for n in (1, 2)],
    }
    assert answer.header("Content-Type") == "application/geo+json; charset=utf-8"


@proves("M-05")
@pytest.mark.parametrize("accept", [OBJECT, f"{OBJECT}+json"])
@pytest.mark.parametrize(
    ("line", "body", "status"),
    [
        ("GET /options?key=eq.colour", None, 200),
        ("POST /options", {"key": "a"}, 201),
        ("PATCH /options?key=eq.colour", {"value": "v"}, 200),
        ("PUT /options?key=eq.colour", {"key": "colour"}, 200),
        ("DELETE /options?key=eq.colour", None, 200),
        ("GET /rpc/books_by?author=1", None, 200),
        ("POST /rpc/one_author", {"id": 1}, 200),
    ],
)
def test_one_row_can_be_an_object(api: Api, line: str, body: Any, status: int, accept: str) -> None:
    answer = api(line, body, accept=accept, prefer=FULL)
    assert (answer.status, type(answer.json)) == (status, dict)
    assert answer.header("Content-Type") == f"{OBJECT}+json; charset=utf-8"


@proves("M-05", "PGRST116")
@pytest.mark.parametrize(
    ("line", "body", "rows"),
    [
        ("GET /numbers?n=lt.3", None, 2),
        ("GET /numbers?n=gt.99", None, 0),
        ("POST /options", [{"key": "a"}, {"key": "b"}], 2),
        ("PATCH /codes?id=gt.0", {"uses": 3}, 2),
        ("DELETE /numbers?n=lt.4", None, 3),
        ("GET /rpc/books_by?author=2", None, 2),
    ],
)
def test_any_other_number_of_rows_is_no_object(api: Api, line: str, body: Any, rows: int) -> None:
    answer = api(line, body, accept=OBJECT, prefer=FULL)
    assert (answer.status, answer.code) == (406, "PGRST116")
    assert answer.json["message"] == "Cannot coerce the result to a single JSON object"
    assert answer.json["details"] == f"The result contains {rows} rows"
    assert answer.header("Content-Type") == JSON


@proves("M-05", "TX-1")
def test_a_write_that_is_no_object_is_rolled_back(alone: Serve) -> None:
    api = alone(db_tx_end="commit")
    assert api("DELETE /numbers?n=lt.4", accept=OBJECT).code == "PGRST116"
    assert api("PATCH /codes?id=gt.0", {"uses": 9}, accept=OBJECT, prefer=FULL).status == 406
    assert api("POST /shouts", [{"word": "a"}, {"word": "b"}], accept=OBJECT).status == 406
    assert api("POST /rpc/wipe_numbers", {"most": 3}, accept=OBJECT).status == 406
    assert len(api("GET /numbers").json) == 15
    assert api("GET /codes?uses=eq.9").json == api("GET /shouts").json == []


@proves("M-05", "M-06")
@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (f"{OBJECT}+json;nulls=stripped", {"id": 3, "name": "Cy Öz"}),
        (f"{OBJECT};nulls=stripped", {"id": 3, "name": "Cy Öz"}),
        (f"{ARRAY}+json;nulls=stripped", [{"id": 3, "name": "Cy Öz"}]),
        (f"{ARRAY};nulls=stripped", [{"id": 3, "name": "Cy Öz"}]),
        (ARRAY, [{"id": 3, "name": "Cy Öz", "born": None, "country": None}]),
    ],
)
def test_nulls_can_be_left_out(api: Api, accept: str, expected: Any) -> None:
    answer = api("GET /authors?id=eq.3", accept=accept)
    assert answer.json == expected
    name, _, parameter = accept.partition(";")
    if parameter:
        full = name if name.endswith("+json") else f"{name}+json"
        assert answer.header("Content-Type") == f"{full};nulls=stripped; charset=utf-8"
    else:
        assert answer.header("Content-Type") == JSON


@proves("M-07", "PGRST107", "db-plan-enabled")
@pytest.mark.parametrize("accept", [PLAN, f"{PLAN}+json", f"{PLAN}+text"])
def test_plans_are_not_shown_by_default(api: Api, accept: str) -> None:
    answer = api("GET /books", accept=accept)
    assert (answer.status, answer.code) == (406, "PGRST107")
    assert answer.json["message"].startswith("None of these media types are available: ")


@proves("M-07", "db-plan-enabled")
@pytest.mark.parametrize(
    ("line", "body", "node"),
    [
        ("GET /books?id=eq.1", None, "books"),
        ("POST /options", {"key": "a"}, "Insert on options"),
        ("PATCH /codes?id=eq.1", {"uses": 2}, "Update on codes"),
        ("DELETE /numbers?n=eq.1", None, "Delete on numbers"),
        ("GET /rpc/setting_rows?n=1", None, "Function Scan on setting_rows"),
    ],
)
def test_a_plan_is_text_or_json(serve: Serve, line: str, body: Any, node: str) -> None:
    api = serve(db_plan_enabled="true")
    answer = api(line, body, accept=PLAN)
    assert node in answer.text
    assert answer.header("Content-Type") == (f'{PLAN}+text; for="application/json"; charset=utf-8')
    answer = api(line, body, accept=f"{PLAN}+json")
    assert answer.json[0]["Plan"]["Total Cost"] > 0
    assert answer.status == 200


@proves("M-07", "db-plan-enabled")
def test_a_plan_is_made_with_options_for_a_media_type(serve: Serve) -> None:
    api = serve(db_plan_enabled="true")
    accept = f'{PLAN}+json; for="text/csv"; options=analyze|verbose|settings|buffers|wal'
    answer = api("GET /numbers", accept=accept)
    assert answer.header("Content-Type") == (
        f'{PLAN}+json; for="text/csv"; options=analyze|verbose|settings|buffers|wal; charset=utf-8'
    )
    [explained] = answer.json
    assert explained["Settings"]["search_path"] == '"library", "extras"'
    assert {"Actual Rows", "Output", "Shared Hit Blocks", "WAL Records"} <= explained["Plan"].keys()


@proves("M-07", "db-plan-enabled")
def test_an_analyzed_write_is_rolled_back_like_any_other(serve: Serve) -> None:
    api = serve(db_plan_enabled="true")
    assert api("DELETE /numbers", accept=f"{PLAN}+text; options=analyze").status == 200
    assert len(api("GET /numbers").json) == 15


@proves("M-07")
def test_a_plan_for_an_unknown_type_is_refused(serve: Serve) -> None:
    api = serve(db_plan_enabled="true")
    assert api("GET /numbers", accept=f'{PLAN}; for="text/unheard"').code == "PGRST107"


@proves("M-09", "M-12")
@pytest.mark.parametrize(
    ("path", "accept", "content_type", "body"),
    [
        ("/rpc/page", "text/html", "text/html", b"<p>hi</p>"),
        ("/rpc/dot", "image/x-dot", "image/x-dot", b"\x89"),
        (
            "/books?id=lt.3&order=id",
            "application/x-pages",
            "application/x-pages",
            b"Alpine Winds;Blue Harbours;",
        ),
        ("/rpc/books_by?author=1", "application/x-pages", "application/x-pages", b"Alpine Winds;"),
        ("/options", "text/tab-separated-values", "text/tab-separated-values", b"(colour,red)\n"),
        ("/countries?code=eq.at", "application/json", JSON, b'{"last" : "at"}'),
        ("/countries?code=eq.at", "*/*", JSON, b'{"last" : "at"}'),
    ],
)
def test_a_domain_named_after_a_media_type_makes_it(
    api: Api, path: str, accept: str, content_type: str, body: bytes
) -> None:
    answer = api(f"GET {path}", accept=accept)
    assert (answer.status, answer.body) == (200, body)
    assert answer.header("Content-Type") == content_type


@proves("M-09", "M-11")
@pytest.mark.parametrize("path", ["/rpc/page", "/rpc/dot"])
def test_a_function_makes_no_other_type(api: Api, path: str) -> None:
    assert api(f"GET {path}", accept="image/png").code == "PGRST107"


@proves("M-09", "M-11")
def test_a_type_for_one_relation_is_not_for_another(api: Api) -> None:
    assert api("GET /numbers", accept="application/x-pages").code == "PGRST107"


@proves("M-11")
def test_a_type_of_a_relation_needs_all_its_columns(api: Api) -> None:
    answer = api("GET /books?select=id,title", accept="application/x-pages")
    assert (answer.status, answer.code) == (406, "PGRST107")
    assert api("GET /countries?select=code&code=eq.at").json == [{"code": "at"}]


@proves("M-10", "M-08", "M-12")
@pytest.mark.parametrize("accept", ["*/*", "image/png", "application/json", "text/csv"])
def test_a_handler_of_anything_takes_every_type(api: Api, accept: str) -> None:
    answer = api("GET /genres?id=lt.3", accept=accept)
    assert (answer.status, answer.body) == (200, b"nature novel ")
    assert answer.header("Content-Type") == "application/octet-stream"


@proves("M-10", "H-18")
def test_a_handler_of_anything_says_what_it_made(api: Api) -> None:
    answer = api("GET /rpc/anything", accept="application/x-made")
    assert (answer.body, answer.header("Content-Type")) == (b"any", "application/x-made")
    answer = api("GET /rpc/anything", accept="image/png")
    assert answer.header("Content-Type") == "application/octet-stream"


@proves("M-11")
@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("text/csv, application/json", "text/csv; charset=utf-8"),
        ("application/json, text/csv", JSON),
        ("application/json;q=0.2, text/csv;q=0.3", "text/csv; charset=utf-8"),
        ("image/png, text/csv;q=0.1", "text/csv; charset=utf-8"),
        ("TEXT/CSV", "text/csv; charset=utf-8"),
    ],
)
def test_the_best_acceptable_type_is_taken(api: Api, accept: str, content_type: str) -> None:
    assert api("GET /options", accept=accept).header("Content-Type") == content_type


@proves("M-11", "PGRST107", "D1")
@pytest.mark.parametrize(
    ("line", "body"),
    [("GET /options", None), ("POST /options", {"key": "a"}), ("GET /rpc/answer", None)],
)
def test_a_type_that_nobody_makes_is_a_406(api: Api, line: str, body: Any) -> None:
    answer = api(line, body, accept="image/png, text/unheard")
    assert (answer.status, answer.code) == (406, "PGRST107")
    assert answer.json["message"] == (
        "None of these media types are available: image/png, text/unheard"
    )


@proves("M-11")
def test_types_of_postgrest_are_not_for_others(api: Api) -> None:
    """There is a function for it, and it is not asked."""
    answer = api("GET /rpc/own_object", accept=f"{OBJECT}+json")
    assert answer.json == "vendored"
    assert answer.header("Content-Type") == f"{OBJECT}+json; charset=utf-8"
