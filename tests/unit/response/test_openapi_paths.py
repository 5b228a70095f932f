"""Which operations a relation or function has, and what they take."""

from dataclasses import replace

import pytest

from passeplat.names import QualifiedName
from passeplat.response.openapi_paths import paths, split_comment
from passeplat.schema_cache.model import (
    Column,
    Parameter,
    ReturnType,
    Routine,
    Table,
    Volatility,
)

ID = Column(
    name="id",
    type="integer",
    nominal_type="integer",
    nullable=False,
    default=None,
    max_length=None,
    enum=(),
    description="Of the shelf mark",
    is_generated=False,
)
BOOKS = Table(
    name=QualifiedName("api", "books"),
    columns={"id": ID, "title": replace(ID, name="title", description=None)},
    primary_key=("id",),
    is_view=False,
    insertable=True,
    updatable=True,
    deletable=True,
    row_security=False,
    description=None,
)
ADD = Routine(
    name=QualifiedName("api", "add"),
    parameters=(Parameter("number", "integer", "integer", required=True, variadic=False),),
    returns=ReturnType(QualifiedName("pg_catalog", "int4"), is_composite=False, is_set=False),
    is_void=False,
    volatility=Volatility.STABLE,
    has_variadic=False,
    isolation=None,
    settings=(),
    description=None,
)
FILTERS = ["rowFilter.books.id", "rowFilter.books.title"]
READ = ["select", "order", "range", "rangeUnit", "offset", "limit", "preferCount"]


def operations(table: Table) -> dict[str, dict[str, object]]:
    found = paths((table,), ())[f"/{table.name.name}"]
    assert isinstance(found, dict)
    return found


def calls(routine: Routine) -> dict[str, dict[str, object]]:
    found = paths((), (routine,))[f"/rpc/{routine.name.name}"]
    assert isinstance(found, dict)
    return found


def references(*names: str) -> list[dict[str, str]]:
    return [{"$ref": f"#/parameters/{name}"} for name in names]


def test_the_document_is_a_path_of_itself() -> None:
    assert paths((), ()) == {
        "/": {
            "get": {
                "tags": ["Introspection"],
                "summary": "OpenAPI description (this document)",
                "produces": ["application/openapi+json", "application/json"],
                "responses": {"200": {"description": "OK"}},
            }
        }
    }


@pytest.mark.proves("OA-4")
def test_a_relation_is_read_with_filters_order_and_limits() -> None:
    assert operations(BOOKS)["get"] == {
        "tags": ["books"],
        "parameters": references(*FILTERS, *READ),
        "responses": {
            "200": {
                "description": "OK",
                "schema": {"type": "array", "items": {"$ref": "#/definitions/books"}},
            },
            "206": {"description": "Partial Content"},
        },
    }


@pytest.mark.proves("OA-4")
@pytest.mark.parametrize(
    ("method", "names", "responses"),
    [
        ("post", ["body.books", "select", "preferPost"], {"201": {"description": "Created"}}),
        (
            "patch",
            [*FILTERS, "body.books", "preferReturn"],
            {"204": {"description": "No Content"}},
        ),
        ("delete", [*FILTERS, "preferReturn"], {"204": {"description": "No Content"}}),
    ],
)
def test_a_relation_is_written_with_a_body_and_filters(
    method: str, names: list[str], responses: dict[str, object]
) -> None:
    assert operations(BOOKS)[method] == {
        "tags": ["books"],
        "parameters": references(*names),
        "responses": responses,
    }


@pytest.mark.parametrize("way", ["insertable", "updatable", "deletable"])
def test_a_relation_that_can_be_written_in_any_way_has_all_operations(way: str) -> None:
    closed = replace(BOOKS, insertable=False, updatable=False, deletable=False)
    assert set(operations(replace(closed, **{way: True}))) == {"get", "post", "patch", "delete"}


@pytest.mark.proves("OA-4")
def test_a_relation_that_cannot_be_written_is_only_read() -> None:
    closed = replace(BOOKS, insertable=False, updatable=False, deletable=False)
    assert set(operations(closed)) == {"get"}


@pytest.mark.proves("OA-4")
def test_the_first_line_of_a_comment_is_the_summary_of_every_operation() -> None:
    found = operations(replace(BOOKS, description="Books\n\nof the library\nin town"))
    assert {(each["summary"], each["description"]) for each in found.values()} == {
        ("Books", "of the library\nin town")
    }


def test_a_comment_of_one_line_leaves_no_description() -> None:
    assert "description" not in operations(replace(BOOKS, description="Books"))["get"]


@pytest.mark.proves("OA-4")
def test_a_stable_function_is_called_by_get_and_post() -> None:
    common = {
        "tags": ["(rpc) add"],
        "produces": [
            "application/json",
            "application/vnd.pgrst.object+json;nulls=stripped",
            "application/vnd.pgrst.object+json",
        ],
        "responses": {"200": {"description": "OK"}},
    }
    number = {"type": "integer", "format": "int32"}
    schema = {"type": "object", "properties": {"number": number}, "required": ["number"]}
    assert calls(ADD) == {
        "get": {
            **common,
            "parameters": [{"name": "number", "in": "query", "required": True, **number}],
        },
        "post": {
            **common,
            "parameters": [
                {"name": "args", "in": "body", "required": True, "schema": schema},
                {"$ref": "#/parameters/preferParams"},
            ],
        },
    }


@pytest.mark.proves("OA-4")
def test_a_volatile_function_is_called_by_post() -> None:
    assert set(calls(replace(ADD, volatility=Volatility.VOLATILE))) == {"post"}


def test_a_function_of_an_unnamed_body_is_called_by_post() -> None:
    body = Parameter("", "json", "json", required=True, variadic=False)
    assert set(calls(replace(ADD, parameters=(body,)))) == {"post"}


def test_the_first_line_of_a_comment_is_the_summary_of_a_function() -> None:
    found = calls(replace(ADD, description="Adds\nnumbers"))
    assert {(each["summary"], each["description"]) for each in found.values()} == {
        ("Adds", "numbers")
    }


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("Server Today", "/Server Today"),
        ("کتاب", "/کتاب"),
        ("100%", "/100%25"),
        ("in/out", "/in%2Fout"),
        ("why?", "/why%3F"),
        ("#1", "/%231"),
        ("{id}", "/%7Bid%7D"),
    ],
)
def test_a_name_stands_in_a_path_without_changing_it(name: str, path: str) -> None:
    assert set(paths((replace(BOOKS, name=QualifiedName("api", name)),), ())) == {"/", path}


def test_a_comment_has_a_first_line_and_a_rest() -> None:
    assert split_comment("a\n\n\nb\n\nc") == ("a", "b\n\nc")
