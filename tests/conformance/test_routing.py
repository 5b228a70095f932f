"""Paths, methods and schemas: which resource a request is about, and what cannot be one."""

from collections.abc import Callable
from typing import Any

import pytest

Api = Callable[..., Any]
Serve = Callable[..., Api]

proves = pytest.mark.proves
VERBS = ["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"]
TWO_SCHEMAS = {"db_schemas": "library,shop"}


@proves("R-01", "M-04")
@pytest.mark.parametrize("accept", ["*/*", "application/openapi+json", "application/json"])
def test_the_root_describes_the_schema(api: Api, accept: str) -> None:
    answer = api("GET /", accept=accept)
    assert answer.status == 200
    assert answer.header("Content-Type") == "application/openapi+json; charset=utf-8"
    assert answer.json["swagger"] == "2.0"


@proves("R-01", "M-04", "PGRST107")
def test_the_root_has_no_other_media_type(api: Api) -> None:
    answer = api("GET /", accept="text/csv")
    assert (answer.status, answer.code) == (406, "PGRST107")


@proves("R-01")
def test_the_root_has_head_and_options(api: Api) -> None:
    assert api("HEAD /").status == api("OPTIONS /").status == 200


@proves("R-01", "db-root-spec")
@pytest.mark.parametrize("name", ["describe", "library.describe"])
def test_a_function_can_answer_for_the_root(serve: Serve, name: str) -> None:
    answer = serve(db_root_spec=name)("GET /", accept="application/openapi+json")
    assert (answer.status, answer.json) == (200, {"openapi": "3.1.0", "paths": {}})
    assert answer.header("Content-Type") == "application/openapi+json; charset=utf-8"


@proves("R-01", "db-root-spec")
def test_the_function_of_the_root_may_be_of_another_exposed_schema(serve: Serve) -> None:
    answer = serve(db_root_spec="shop.describe", **TWO_SCHEMAS)("GET /")
    assert (answer.status, answer.json) == (200, {"shop": True})


@proves("R-01", "PGRST126", "openapi-mode")
def test_a_disabled_root_is_not_found(serve: Serve) -> None:
    answer = serve(openapi_mode="disabled")("GET /")
    assert (answer.status, answer.code) == (404, "PGRST126")
    assert answer.json["message"] == "Root endpoint metadata is disabled"


@proves("R-02")
@pytest.mark.parametrize(
    ("relation", "rows"),
    [
        pytest.param("authors", 3, id="table"),
        pytest.param("book_titles", 4, id="view"),
        pytest.param("author_names", 3, id="materialized view"),
        pytest.param("visits", 2, id="partitioned table"),
    ],
)
def test_relations_of_every_kind_are_exposed(api: Api, relation: str, rows: int) -> None:
    assert len(api(f"GET /{relation}").json) == rows


@proves("R-02")
def test_a_foreign_table_is_exposed(api: Api) -> None:
    assert api("OPTIONS /remote").status == 200


@proves("R-02", "E-14")
def test_a_partition_is_not_exposed(api: Api) -> None:
    assert api("GET /visits_2024").code == "PGRST205"


@proves("R-02")
@pytest.mark.parametrize(
    ("line", "body", "status"),
    [
        ("GET /options", None, 200),
        ("HEAD /options", None, 200),
        ("POST /options", {"key": "k"}, 201),
        ("PATCH /options?key=eq.colour", {"value": "v"}, 204),
        ("PUT /options?key=eq.k", {"key": "k"}, 204),
        ("DELETE /options?key=eq.colour", None, 204),
        ("OPTIONS /options", None, 200),
    ],
)
def test_a_relation_has_seven_methods(api: Api, line: str, body: Any, status: int) -> None:
    assert api(line, body).status == status


@proves("R-03")
@pytest.mark.parametrize("line", ["GET", "HEAD", "POST", "OPTIONS"])
def test_a_function_has_four_methods(api: Api, line: str) -> None:
    assert api(f"{line} /rpc/answer").status == 200


@proves("R-03", "PGRST101")
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"])
def test_a_function_has_no_other_method(api: Api, method: str) -> None:
    answer = api(f"{method} /rpc/answer")
    assert (answer.status, answer.code) == (405, "PGRST101")
    assert answer.json["message"] == f"Cannot use the {method} method on RPC"


@proves("R-04", "R-06", "PGRST125")
@pytest.mark.parametrize("path", ["/books/1", "/books/1/covers", "/rpc/answer/1", "/rpc/", "//"])
def test_no_other_path_is_a_resource(api: Api, path: str) -> None:
    answer = api(f"GET {path}")
    assert (answer.status, answer.code) == (404, "PGRST125")
    assert answer.json["message"] == "Invalid path specified in request URL"


@proves("R-05", "PGRST117")
@pytest.mark.parametrize("path", ["/", "/books"])
@pytest.mark.parametrize("method", ["TRACE", "PROPFIND"])
def test_an_unknown_method_is_refused(api: Api, method: str, path: str) -> None:
    answer = api(f"{method} {path}")
    assert (answer.status, answer.code) == (405, "PGRST117")
    assert answer.json["message"] == f"Unsupported HTTP method: {method}"


@proves("R-05", "PGRST117")
@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE"])
def test_the_root_cannot_be_written_to(api: Api, method: str) -> None:
    assert api(f"{method} /").code == "PGRST117"


@proves("R-06")
def test_a_function_may_have_the_name_of_a_table(api: Api) -> None:
    assert api("GET /authors?select=id&id=eq.1").json == [{"id": 1}]
    assert api("GET /rpc/authors?id=1").json == "the function"


@proves("R-07")
@pytest.mark.parametrize("path", ["/%C3%9Cn%C3%AF%20c%C3%B6de", "/Ünï cöde"])
def test_names_of_relations_are_percent_decoded(api: Api, path: str) -> None:
    assert api(f"GET {path}?select=id").json == [{"id": 1}]


@proves("R-07")
def test_names_of_functions_and_arguments_are_percent_decoded(api: Api) -> None:
    assert api("GET /rpc/%C3%9Cmlaut%20fn?%C3%A4%20b=x").json == "x"
    assert api("POST /rpc/Ümlaut fn", {"ä b": "y"}).json == "y"


@proves("R-08", "PGRST205", "D9")
def test_an_unknown_table_is_a_404_with_a_hint(api: Api) -> None:
    answer = api("GET /bookz")
    assert answer.status == 404
    assert answer.json == {
        "code": "PGRST205",
        "message": "Could not find the table 'library.bookz' in the schema cache",
        "details": None,
        "hint": "Perhaps you meant the table 'library.books'",
    }


@proves("R-08", "PGRST205")
def test_a_name_like_no_other_has_no_hint(api: Api) -> None:
    assert api("GET /zebra").json["hint"] is None


@proves("R-08")
@pytest.mark.parametrize("query", ["select=nope", "nope=eq.1", "order=nope", "or=(nope.eq.1)"])
def test_an_unknown_column_is_an_error_of_postgresql(api: Api, query: str) -> None:
    answer = api(f"GET /books?{query}")
    assert (answer.status, answer.code) == (400, "42703")
    assert answer.json["message"] == "column books.nope does not exist"


@proves("R-08", "PGRST202")
def test_an_unknown_function_is_a_404_with_a_hint(api: Api) -> None:
    answer = api("GET /rpc/answerr")
    assert (answer.status, answer.code) == (404, "PGRST202")
    assert answer.json["message"] == (
        "Could not find the function library.answerr without parameters in the schema cache"
    )
    assert answer.json["hint"] == "Perhaps you meant to call the function library.answer"


@proves("R-09", "R-10", "H-07", "db-schemas")
@pytest.mark.parametrize(
    ("headers", "rows", "schema"),
    [
        pytest.param({}, 4, "library", id="the first by default"),
        pytest.param({"accept_profile": "shop"}, 2, "shop", id="by header"),
        pytest.param({"content_profile": "shop"}, 4, "library", id="the header of writes"),
    ],
)
def test_a_read_chooses_its_schema_by_accept_profile(
    serve: Serve, headers: dict[str, str], rows: int, schema: str
) -> None:
    answer = serve(**TWO_SCHEMAS)("GET /books", **headers)
    assert (len(answer.json), answer.header("Content-Profile")) == (rows, schema)


@proves("R-09", "R-10", "H-07")
@pytest.mark.parametrize(
    ("line", "body"),
    [
        ("POST /books", {"sku": "s3"}),
        ("PATCH /books?sku=eq.s1", {"stock": 9}),
        ("PUT /books?sku=eq.s1", {"sku": "s1", "stock": 4}),
        ("DELETE /books?sku=eq.s2", None),
    ],
)
def test_a_write_chooses_its_schema_by_content_profile(serve: Serve, line: str, body: Any) -> None:
    answer = serve(**TWO_SCHEMAS)(
        line, body, content_profile="shop", prefer="return=representation"
    )
    assert list(answer.json[0]) == ["sku", "stock"]
    assert answer.header("Content-Profile") == "shop"


@proves("R-09")
def test_a_call_chooses_its_schema_as_its_method_does(serve: Serve) -> None:
    api = serve(**TWO_SCHEMAS)
    assert api("POST /rpc/price", {"sku": "s1"}, content_profile="shop").json == 7
    assert api("GET /rpc/price?sku=s1", accept_profile="shop").json == 7
    assert api("POST /rpc/price", {"sku": "s1"}, accept_profile="shop").code == "PGRST202"


@proves("R-09", "PGRST106", "D8")
@pytest.mark.parametrize("line", ["GET /books", "POST /books", "GET /rpc/answer", "OPTIONS /books"])
def test_a_schema_that_is_not_exposed_is_refused(serve: Serve, line: str) -> None:
    header = "content_profile" if line.startswith("POST") else "accept_profile"
    answer = serve(**TWO_SCHEMAS)(line, **{header: "vault"})
    assert answer.status == 406
    assert answer.json == {
        "code": "PGRST106",
        "message": "Invalid schema: vault",
        "details": None,
        "hint": "Only the following schemas are exposed: library, shop",
    }


@proves("R-10")
def test_a_single_schema_is_not_negotiated(api: Api) -> None:
    assert api("GET /books").header("Content-Profile") is None
    assert api("GET /books", accept_profile="library").header("Content-Profile") == "library"


@proves("R-11", "db-extra-search-path")
def test_the_search_path_is_the_schema_and_the_extra_ones(serve: Serve) -> None:
    api = serve(db_extra_search_path='extras, odd "name"')
    path = api("GET /context?select=search_path").json[0]["search_path"]
    assert path == '"library", "extras", "odd ""name"""'


@proves("R-11", "db-extra-search-path")
def test_the_extra_search_path_may_be_empty(serve: Serve) -> None:
    api = serve(db_extra_search_path="")
    assert api("GET /context?select=search_path").json == [{"search_path": '"library"'}]


@proves("R-12")
def test_a_large_body_is_taken_whole(api: Api) -> None:
    text = "x" * 3_000_000
    answer = api("POST /options?select=value", {"key": "k", "value": text}, prefer=FULL)
    assert answer.json == [{"value": text}]


@proves("R-12")
def test_a_body_beyond_the_setting_is_refused(serve: Serve) -> None:
    answer = serve(server_max_body="1kB")("POST /options", {"key": "k" * 2000})
    assert (answer.status, answer.code) == (413, "PGRST130")


@proves("R-09")
def test_the_schema_may_stand_in_the_path(serve: Serve) -> None:
    api = serve(**TWO_SCHEMAS)
    assert len(api("GET /shop/books").json) == 2
    assert api("GET /shop/rpc/price?sku=s1").json == 7
    assert len(api("GET /rest/library/books").json) == 4
    assert len(api("GET /shop/books", accept_profile="library").json) == 2


FULL = "return=representation"
