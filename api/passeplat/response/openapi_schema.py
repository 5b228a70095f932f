"""Columns and parameters as OpenAPI 2.0 schemas: types, formats, defaults and descriptions.

https://spec.openapis.org/oas/v2.0.html#schema-object
"""

import re
from collections.abc import Mapping
from html import escape
from typing import TypeAlias

import orjson

from passeplat.response.visible import ForeignKey
from passeplat.schema_cache.model import Column, Parameter, Routine, Table

Json: TypeAlias = dict[str, object]

# What is not here is a string, as in a JSON answer; json itself may be anything.
_TYPES = {
    "boolean": "boolean",
    "smallint": "integer",
    "integer": "integer",
    "bigint": "integer",
    "numeric": "number",
    "real": "number",
    "double precision": "number",
    "json": None,
    "jsonb": None,
}
# The only formats the specification has for an integer.
_FORMATS = {"smallint": "int32", "integer": "int32", "bigint": "int64"}
_ARRAY = "[]"
# A constant as PostgreSQL prints it in a default: 'text'::type
_LITERAL = re.compile(r"'((?:[^']|'')*)'::[\w\s.\"(),\[\]]+")
_NULL = re.compile(r"NULL(::.*)?")


def definition(table: Table, foreign_keys: Mapping[tuple[str, str], ForeignKey]) -> Json:
    """A row of a relation."""
    properties = {
        name: _property(column, table, foreign_keys.get((table.name.name, name)))
        for name, column in table.columns.items()
    }
    required = [name for name, column in table.columns.items() if not column.nullable]
    return _object(properties, required, table.description)


def arguments(routine: Routine) -> Json:
    """The body of a call: an object of the arguments, or the only one if it has no name."""
    if len(routine.parameters) == 1 and not routine.parameters[0].name:
        return described(type_schema(routine.parameters[0].type), routine.description)
    properties = {each.name: type_schema(each.type) for each in routine.parameters}
    required = [each.name for each in routine.parameters if each.required]
    return _object(properties, required, routine.description)


def argument(parameter: Parameter) -> Json:
    """A parameter in a query string, where only a repeated one can be an array."""
    of_query: Json = {"name": parameter.name, "required": parameter.required, "in": "query"}
    if parameter.variadic:
        items = _text_schema(parameter.type.removesuffix(_ARRAY))
        return {**of_query, "type": "array", "items": items, "collectionFormat": "multi"}
    return of_query | _text_schema(parameter.type)


def described(schema: Json, description: str | None) -> Json:
    return schema if description is None else {**schema, "description": description}


def type_schema(name: str) -> Json:
    """`name` as format_type prints it: "integer", "text[]", "app.status"."""
    schema: Json = {"format": _FORMATS.get(name, name), **_type(name)}
    if name.endswith(_ARRAY):
        schema["items"] = _type(name.removesuffix(_ARRAY))
    return schema


def _type(name: str) -> Json:
    swagger = _swagger_type(name)
    return {} if swagger is None else {"type": swagger}


def _swagger_type(name: str) -> str | None:
    return "array" if name.endswith(_ARRAY) else _TYPES.get(name, "string")


def _text_schema(name: str) -> Json:
    """Outside of a body a type is obligatory, and neither any nor an array literal is one."""
    swagger = _swagger_type(name)
    written = "string" if swagger in (None, "array") else swagger
    return {"format": _FORMATS.get(name, name), "type": written}


def _object(properties: Mapping[str, Json], required: list[str], description: str | None) -> Json:
    schema: Json = {"type": "object"}
    if properties:
        schema["properties"] = properties
    if required:
        schema["required"] = required
    return described(schema, description)


def _property(column: Column, table: Table, foreign_key: ForeignKey | None) -> Json:
    schema = type_schema(column.type)
    if column.max_length is not None:
        schema["maxLength"] = column.max_length
    if column.enum:
        schema["enum"] = list(column.enum)
    if column.default is not None:
        schema |= default(column.default, column.type)
    is_key = column.name in table.primary_key
    return described(schema, _description(column.description, foreign_key, is_key=is_key))


def _description(
    comment: str | None, foreign_key: ForeignKey | None, *, is_key: bool
) -> str | None:
    """Clients look for the tags, so what stands in their attributes is escaped."""
    notes = ["This is a Primary Key.<pk/>"] if is_key else []
    if foreign_key is not None:
        table, column = foreign_key.table, foreign_key.column
        tag = f"<fk table='{escape(table)}' column='{escape(column)}'/>"
        notes.append(f"This is a Foreign Key to `{table}.{column}`.{tag}")
    if not notes:
        return comment
    note = "\n".join(("Note:", *notes))
    return f"{comment}\n\n{note}" if comment else note


def default(expression: str, type_name: str) -> Json:
    """{} where the expression is no value of the type, such as the next of a sequence."""
    if _NULL.fullmatch(expression):
        return {}
    literal = _LITERAL.fullmatch(expression)
    text = expression if literal is None else literal[1].replace("''", "'")
    match _swagger_type(type_name):
        case "string":
            return {"default": text}
        case "boolean":
            return _decoded(text, bool)
        case "integer":
            return _decoded(text, int)
        case "number":
            return _decoded(text, int, float)
        case None if literal is not None:
            return _decoded(text, dict, list, str, int, float, bool)
        case _:
            return {}


def _decoded(text: str, *types: type) -> Json:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    return {"default": value} if type(value) in types else {}
