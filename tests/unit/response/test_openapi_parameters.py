"""The parameters that operations share."""

from dataclasses import replace

import pytest

from passeplat.names import QualifiedName
from passeplat.response.openapi_parameters import parameters, reference
from passeplat.schema_cache.model import Column, Table

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


@pytest.mark.parametrize(
    ("name", "pointer"),
    [("a b", "a b"), ("a/b~c", "a~1b~0c"), ("50%", "50%25"), ("#1", "%231"), ('"q"', '"q"')],
)
def test_a_reference_leads_to_the_name_as_it_is(name: str, pointer: str) -> None:
    assert reference("definitions", name) == {"$ref": f"#/definitions/{pointer}"}


@pytest.mark.proves("OA-3")
def test_a_filter_is_text_described_by_the_comment_of_its_column() -> None:
    assert parameters((BOOKS,))["rowFilter.books.id"] == {
        "name": "id",
        "description": "Of the shelf mark",
        "in": "query",
        "required": False,
        "type": "string",
    }


def test_a_filter_of_a_column_without_comment_has_no_description() -> None:
    assert "description" not in str(parameters((BOOKS,))["rowFilter.books.title"])


@pytest.mark.proves("OA-3")
def test_a_body_is_a_row() -> None:
    assert parameters((BOOKS,))["body.books"] == {
        "name": "books",
        "description": "books",
        "in": "body",
        "required": False,
        "schema": {"$ref": "#/definitions/books"},
    }


@pytest.mark.parametrize(
    ("name", "place", "header"),
    [
        ("select", "query", "select"),
        ("on_conflict", "query", "on_conflict"),
        ("order", "query", "order"),
        ("offset", "query", "offset"),
        ("limit", "query", "limit"),
        ("range", "header", "Range"),
        ("rangeUnit", "header", "Range-Unit"),
        ("preferReturn", "header", "Prefer"),
    ],
)
def test_a_shared_parameter_is_optional_text(name: str, place: str, header: str) -> None:
    found = parameters(())[name]
    assert isinstance(found, dict)
    assert (found["name"], found["in"], found["type"], found["required"]) == (
        header,
        place,
        "string",
        False,
    )


@pytest.mark.proves("OA-3")
@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("preferReturn", ["return=representation", "return=minimal", "return=none"]),
        ("preferCount", ["count=none"]),
        (
            "preferPost",
            [
                "return=representation",
                "return=minimal",
                "return=none",
                "resolution=ignore-duplicates",
                "resolution=merge-duplicates",
            ],
        ),
    ],
)
def test_a_preference_lists_its_values(name: str, values: list[str]) -> None:
    found = parameters(())[name]
    assert isinstance(found, dict)
    assert found["enum"] == values


def test_a_preference_without_values_lists_none() -> None:
    assert "enum" not in str(parameters(())["preferParams"])


def test_rows_are_counted_in_items() -> None:
    assert parameters(())["rangeUnit"] == {
        "name": "Range-Unit",
        "description": "Limiting and Pagination",
        "in": "header",
        "required": False,
        "type": "string",
        "default": "items",
    }
