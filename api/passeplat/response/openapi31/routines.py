"""Functions as operations: overloads in, the operations of their path and their components out."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from passeplat.response.openapi31.model import Api, Resource
from passeplat.response.openapi31.naming import (
    RESERVED,
    header_refs,
    key,
    operation_id,
    path,
    schema_ref,
)
from passeplat.response.openapi31.operations import CSV, JSON, OBJECT, errors, profile
from passeplat.response.openapi31.parameters import filters, shared
from passeplat.response.openapi31.relations import row_ref
from passeplat.response.openapi31.types import nullable, type_name, type_schema
from passeplat.response.openapi_paths import split_comment
from passeplat.response.openapi_schema import Json, described
from passeplat.schema_cache.model import Parameter, Routine, Volatility

TAG = "Functions"
_BODY_TYPES = {
    "bytea": "application/octet-stream",
    "text": "text/plain",
    "xml": "text/xml",
    "json": JSON,
    "jsonb": JSON,
}
_HEADERS = header_refs("Content-Range", "Preference-Applied")

Overloads = Sequence[Routine]
"""The functions of one name."""


def by_name(api: Api) -> Iterator[Overloads]:
    for _, overloads in groupby(api.routines, key=lambda each: each.name):
        yield tuple(overloads)


def routine_paths(api: Api, profiles: tuple[str, ...]) -> Json:
    return {
        f"/rpc{path(overloads[0].name.name)}": _operations(overloads, api, profiles)
        for overloads in by_name(api)
    }


def routine_schemas(api: Api) -> Iterator[tuple[str, Json]]:
    """By component: the arguments of each function, and what it returns."""
    for overloads in by_name(api):
        name = overloads[0].name.name
        given = [_arguments(each, api) for each in overloads if not _takes_body(each)]
        if given:
            yield key(name, "arguments"), _one_of(given)
        returned = [_result(each, api) for each in overloads if not each.is_void]
        if returned:
            yield key(name, "result"), _one_of(returned)


def types_of(routine: Routine, api: Api) -> Iterator[str]:
    """Every type its components mention."""
    yield from (each.type for each in routine.parameters)
    yield from (name for _, name in routine.returns.columns)
    yield type_name(routine.returns.name, api.details)


def _operations(overloads: Overloads, api: Api, profiles: tuple[str, ...]) -> Json:
    post: Json = {
        **_headline("call", overloads),
        "parameters": [*_about_rows(overloads, api, ()), *profile("post", profiles)],
        **_body(overloads),
        "responses": _responses(overloads, api),
    }
    readable = [each for each in overloads if _can_be_read(each)]
    if not readable:
        return {"post": post}
    arguments = _in_query(readable, api)
    names = [str(each["name"]) for each in arguments]
    get: Json = {
        **_headline("query", readable),
        "parameters": [
            *arguments,
            *_about_rows(readable, api, names),
            *profile("get", profiles),
        ],
        "responses": _responses(readable, api),
    }
    return {"get": get, "post": post}


def _headline(verb: str, overloads: Overloads) -> Json:
    name = overloads[0].name.name
    comment = next((each.description for each in overloads if each.description), name)
    summary, description = split_comment(comment)
    headline: Json = {
        "operationId": operation_id(verb, name),
        "tags": [TAG],
        "summary": summary,
    }
    return described(headline, description or None)


def _can_be_read(routine: Routine) -> bool:
    """A query string can change nothing, and reaches its arguments by names of their own."""
    names = [each.name for each in routine.parameters if each.required]
    reached = all(name and name not in RESERVED for name in names)
    return reached and routine.volatility is not Volatility.VOLATILE


def _takes_body(routine: Routine) -> bool:
    return len(routine.parameters) == 1 and not routine.parameters[0].name


def _body(overloads: Overloads) -> Json:
    content: Json = {
        _BODY_TYPES[each.parameters[0].type]: {"schema": {}}
        for each in overloads
        if _takes_body(each)
    }
    named = [each for each in overloads if not _takes_body(each)]
    if named:
        content[JSON] = {"schema": schema_ref(named[0].name.name, "arguments")}
    required = not any(_needs_nothing(each) for each in overloads)
    return {"requestBody": {"required": required, "content": content}}


def _needs_nothing(routine: Routine) -> bool:
    return not any(each.required for each in routine.parameters)


def _arguments(routine: Routine, api: Api) -> Json:
    schema: Json = {
        "type": "object",
        "properties": {
            each.name: nullable(type_schema(each.type, api.details)) for each in routine.parameters
        },
    }
    required = [each.name for each in routine.parameters if each.required]
    return {**schema, "required": required} if required else schema


def _in_query(overloads: Overloads, api: Api) -> list[Json]:
    """Of overloads an argument is required that all of them require."""
    found: dict[str, Parameter] = {}
    for each in overloads:
        found.update({parameter.name: parameter for parameter in each.parameters})
    return [
        {
            "name": name,
            "in": "query",
            "required": all(
                any(own.name == name and own.required for own in each.parameters)
                for each in overloads
            ),
            "schema": _in_text(parameter, api),
        }
        for name, parameter in found.items()
        if name and name not in RESERVED
    ]


def _in_text(parameter: Parameter, api: Api) -> Json:
    """An array is a literal as PostgreSQL writes it, `{1,2}`, but for repeated arguments."""
    if parameter.variadic:
        return type_schema(parameter.type, api.details)
    schema = type_schema(parameter.type, api.details)
    return (
        {"type": "string"}
        if schema.get("type") in {None, "array"} and "$ref" not in schema
        else schema
    )


def _about_rows(overloads: Overloads, api: Api, taken: Sequence[str]) -> list[Json]:
    """Filters and the like, if rows come back: `taken` are the names of arguments."""
    returns = overloads[-1].returns
    if not returns.is_composite:
        return shared("PreferCall")
    relation = _relation(overloads[-1], api)
    kept = [] if relation is None else filters(relation, taken)
    return [*kept, *shared("And", "Or", "Select", "Order", "Limit", "Offset", "PreferCall")]


def _relation(routine: Routine, api: Api) -> Resource | None:
    returns = routine.returns
    return api.readable(returns.name) if returns.is_composite and not returns.is_record else None


def _responses(overloads: Overloads, api: Api) -> Json:
    found: Json = {}
    if any(each.is_void for each in overloads):
        found["204"] = {"description": "It is done.", "headers": _HEADERS}
    returning = [each for each in overloads if not each.is_void]
    if returning:
        content = _content(returning[-1], api)
        found["200"] = {"description": "The result.", "headers": _HEADERS, "content": content}
    return {**found, **errors()}


def _content(routine: Routine, api: Api) -> Json:
    returns = routine.returns
    if returns.media_type is not None:
        return {returns.media_type: {"schema": {}}}
    content: Json = {JSON: {"schema": schema_ref(routine.name.name, "result")}}
    if returns.is_composite:
        content[OBJECT] = {"schema": _row(routine, api)}
        content[CSV] = {"schema": {"type": "string"}}
    return content


def _result(routine: Routine, api: Api) -> Json:
    row = _row(routine, api)
    if routine.returns.is_set:
        return {"type": "array", "items": row}
    return row if routine.returns.is_composite else nullable(row)


def _row(routine: Routine, api: Api) -> Json:
    """A value, or a row of what can be told: hidden columns of a relation stay so."""
    returns = routine.returns
    if not returns.is_composite:
        return type_schema(type_name(returns.name, api.details), api.details)
    relation = _relation(routine, api)
    if relation is not None:
        return row_ref(relation)
    if not returns.columns:
        return {"type": "object"}
    properties = {
        name: nullable(type_schema(type_, api.details)) for name, type_ in returns.columns
    }
    return {"type": "object", "properties": properties, "required": list(properties)}


def _one_of(schemas: list[Json]) -> Json:
    return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}
