"""Columns and parameters as schemas: what a client generates its types from."""

from dataclasses import replace

import pytest

from passeplat.names import QualifiedName
from passeplat.response.openapi_schema import (
    argument,
    arguments,
    default,
    definition,
    type_schema,
)
from passeplat.response.visible import ForeignKey
from passeplat.schema_cache.model import (
    Column,
    Parameter,
    ReturnType,
    Routine,
    Table,
    Volatility,
)

TITLE = Column(
    name="title",
    type="text",
    nominal_type="text",
    nullable=True,
    default=None,
    max_length=None,
    enum=(),
    description=None,
    is_generated=False,
)
NUMBER = Parameter("number", "integer", "integer", required=True, variadic=False)


def table(*columns: Column, key: tuple[str, ...] = (), comment: str | None = None) -> Table:
    return Table(
        name=QualifiedName("api", "books"),
        columns={column.name: column for column in columns},
        primary_key=key,
        is_view=False,
        insertable=True,
        updatable=True,
        deletable=True,
        row_security=False,
        description=comment,
    )


def routine(*parameters: Parameter, comment: str | None = None) -> Routine:
    return Routine(
        name=QualifiedName("api", "add"),
        parameters=parameters,
        returns=ReturnType(QualifiedName("pg_catalog", "int4"), is_composite=False, is_set=False),
        is_void=False,
        volatility=Volatility.STABLE,
        has_variadic=False,
        isolation=None,
        settings=(),
        description=comment,
    )


def described(column: Column, **more: object) -> object:
    """The description of a column in the definition of its table."""
    key, foreign_key = more.get("key", ()), more.get("foreign_key")
    keys = {("books", column.name): foreign_key} if isinstance(foreign_key, ForeignKey) else {}
    found = definition(table(column, key=key if isinstance(key, tuple) else ()), keys)
    properties = found["properties"]
    assert isinstance(properties, dict)
    return properties[column.name].get("description")


@pytest.mark.proves("OA-2")
@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("text", {"type": "string", "format": "text"}),
        ("character varying", {"type": "string", "format": "character varying"}),
        ("uuid", {"type": "string", "format": "uuid"}),
        ("boolean", {"type": "boolean", "format": "boolean"}),
        ("smallint", {"type": "integer", "format": "int32"}),
        ("integer", {"type": "integer", "format": "int32"}),
        ("bigint", {"type": "integer", "format": "int64"}),
        ("numeric", {"type": "number", "format": "numeric"}),
        ("real", {"type": "number", "format": "real"}),
        ("double precision", {"type": "number", "format": "double precision"}),
    ],
)
def test_a_type_has_the_name_json_gives_it(name: str, schema: dict[str, object]) -> None:
    assert type_schema(name) == schema


@pytest.mark.parametrize("name", ["json", "jsonb"])
def test_json_may_be_anything(name: str) -> None:
    assert type_schema(name) == {"format": name}


@pytest.mark.proves("OA-2")
@pytest.mark.parametrize(
    ("name", "items"),
    [
        ("text[]", {"type": "string"}),
        ("bigint[]", {"type": "integer"}),
        ("boolean[]", {"type": "boolean"}),
        ("jsonb[]", {}),
        ("app.status[]", {"type": "string"}),
    ],
)
def test_an_array_says_the_type_of_its_items(name: str, items: dict[str, object]) -> None:
    assert type_schema(name) == {"type": "array", "format": name, "items": items}


@pytest.mark.parametrize(
    ("expression", "name", "value"),
    [
        ("42", "integer", 42),
        ("'-1'::integer", "integer", -1),
        ("4.5", "numeric", 4.5),
        ("7", "double precision", 7),
        ("false", "boolean", False),
        ("'draft'::text", "text", "draft"),
        ("''::character varying", "character varying", ""),
        ("'it''s'::text", "text", "it's"),
        ("'draft'::app.status", "app.status", "draft"),
        ("'2024-02-29'::date", "date", "2024-02-29"),
        ("'08:00:00'::time without time zone", "time without time zone", "08:00:00"),
        ("'x'::character varying(10)", "character varying", "x"),
        ("now()", "timestamp with time zone", "now()"),
        ("('a'::text || 'b'::text)", "text", "('a'::text || 'b'::text)"),
        ("'a'::text || 'b'::text", "text", "'a'::text || 'b'::text"),
        ("'{\"a\": 1}'::jsonb", "jsonb", {"a": 1}),
    ],
)
def test_a_constant_is_the_default_and_other_text_is_the_expression(
    expression: str, name: str, value: object
) -> None:
    assert default(expression, name) == {"default": value}


@pytest.mark.parametrize(
    ("expression", "name"),
    [
        ("nextval('books_id_seq'::regclass)", "integer"),
        ("1.5", "integer"),
        ("true", "integer"),
        ("1", "boolean"),
        ("'NaN'::numeric", "numeric"),
        ("random()", "double precision"),
        ("'{}'::text[]", "text[]"),
        ("jsonb_build_object()", "jsonb"),
        ("true", "jsonb"),
        ("NULL::character varying", "character varying"),
        ("NULL", "text"),
    ],
)
def test_what_is_no_value_of_the_type_is_no_default(expression: str, name: str) -> None:
    assert default(expression, name) == {}


@pytest.mark.proves("OA-2")
def test_a_column_tells_its_default_labels_and_longest_text() -> None:
    column = replace(
        TITLE, type="app.status", default="'new'::app.status", enum=("new", "old"), max_length=9
    )
    assert definition(table(column), {})["properties"] == {
        "title": {
            "type": "string",
            "format": "app.status",
            "default": "new",
            "enum": ["new", "old"],
            "maxLength": 9,
        }
    }


def test_a_comment_on_a_column_is_its_description() -> None:
    assert described(replace(TITLE, description="On the cover")) == "On the cover"


def test_a_key_is_noted_where_there_is_no_comment() -> None:
    assert described(TITLE, key=("title",)) == "Note:\nThis is a Primary Key.<pk/>"


@pytest.mark.proves("OA-2")
def test_a_key_is_noted_two_lines_after_the_comment() -> None:
    column = replace(TITLE, description="On the cover")
    assert described(column, key=("title",)) == (
        "On the cover\n\nNote:\nThis is a Primary Key.<pk/>"
    )


def test_every_column_of_a_key_is_noted() -> None:
    other = replace(TITLE, name="edition")
    found = definition(table(TITLE, other, key=("title", "edition")), {})
    assert str(found["properties"]).count("<pk/>") == 2


@pytest.mark.proves("OA-2")
def test_a_foreign_key_names_where_it_points() -> None:
    assert described(TITLE, foreign_key=ForeignKey("works", "name")) == (
        "Note:\nThis is a Foreign Key to `works.name`.<fk table='works' column='name'/>"
    )


def test_a_key_that_is_a_foreign_key_has_two_lines_of_note() -> None:
    assert described(TITLE, key=("title",), foreign_key=ForeignKey("works", "name")) == (
        "Note:\n"
        "This is a Primary Key.<pk/>\n"
        "This is a Foreign Key to `works.name`.<fk table='works' column='name'/>"
    )


def test_a_name_cannot_end_the_attribute_it_stands_in() -> None:
    found = described(TITLE, foreign_key=ForeignKey("w'/><pk/>", 'n"&'))
    assert str(found).endswith("<fk table='w&#x27;/&gt;&lt;pk/&gt;' column='n&quot;&amp;'/>")


@pytest.mark.proves("OA-2")
def test_columns_that_cannot_be_null_are_required() -> None:
    column = replace(TITLE, name="id", nullable=False)
    assert definition(table(TITLE, column), {})["required"] == ["id"]


def test_without_required_columns_nothing_is_said_of_them() -> None:
    assert "required" not in definition(table(TITLE), {})


def test_a_relation_is_described_by_its_whole_comment() -> None:
    found = definition(table(TITLE, comment="Books\n\nof the library"), {})
    assert found["description"] == "Books\n\nof the library"


def test_a_relation_without_comment_has_no_description() -> None:
    assert "description" not in definition(table(TITLE), {})


def test_a_relation_of_which_no_column_is_visible_is_an_object() -> None:
    assert definition(table(), {}) == {"type": "object"}


def test_the_body_of_a_call_is_an_object_of_the_arguments() -> None:
    optional = replace(NUMBER, name="factor", type="numeric", required=False)
    assert arguments(routine(NUMBER, optional, comment="Adds\nnumbers")) == {
        "type": "object",
        "description": "Adds\nnumbers",
        "properties": {
            "number": {"type": "integer", "format": "int32"},
            "factor": {"type": "number", "format": "numeric"},
        },
        "required": ["number"],
    }


def test_the_body_of_a_call_without_arguments_is_any_object() -> None:
    assert arguments(routine()) == {"type": "object"}


def test_an_unnamed_argument_is_the_body_itself() -> None:
    assert arguments(routine(replace(NUMBER, name="", type="jsonb"))) == {"format": "jsonb"}


def test_an_argument_stands_in_the_query_string_with_its_type() -> None:
    assert argument(NUMBER) == {
        "name": "number",
        "in": "query",
        "required": True,
        "type": "integer",
        "format": "int32",
    }


@pytest.mark.parametrize("name", ["json", "jsonb", "text[]"])
def test_what_has_no_place_in_a_query_string_is_written_as_text(name: str) -> None:
    found = argument(replace(NUMBER, type=name))
    assert (found["type"], found["format"], "items" in found) == ("string", name, False)


def test_a_variadic_argument_is_repeated() -> None:
    variadic = Parameter("v", "text[]", "text[]", required=False, variadic=True)
    assert argument(variadic) == {
        "name": "v",
        "in": "query",
        "required": False,
        "type": "array",
        "items": {"type": "string", "format": "text"},
        "collectionFormat": "multi",
    }


def test_a_variadic_argument_is_an_array_in_a_body() -> None:
    variadic = Parameter("v", "text[]", "text[]", required=False, variadic=True)
    assert arguments(routine(variadic))["properties"] == {
        "v": {"type": "array", "format": "text[]", "items": {"type": "string"}}
    }
