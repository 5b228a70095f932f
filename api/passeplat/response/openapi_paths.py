"""The resources of a schema as OpenAPI 2.0 paths, and the parameters their operations share."""

from collections.abc import Iterator

from passeplat.response.openapi_schema import Json, argument, arguments, described
from passeplat.schema_cache.model import Routine, Table, Volatility

_PREFERENCES = {
    "return": ("representation", "minimal", "none"),
    "resolution": ("ignore-duplicates", "merge-duplicates"),
    "count": ("none",),
}
_OBJECT_TYPES = (
    "application/vnd.pgrst.object+json;nulls=stripped",
    "application/vnd.pgrst.object+json",
)
BODY_TYPES = ["application/json", *_OBJECT_TYPES, "text/csv"]
_CALL_TYPES = ["application/json", *_OBJECT_TYPES]
_READ = ("select", "order", "range", "rangeUnit", "offset", "limit", "preferCount")
# What would end a path, or be something else in it.
_PATH = str.maketrans({each: f"%{ord(each):02X}" for each in "%/?#{}"})
# https://www.rfc-editor.org/rfc/rfc6901#section-6
_POINTER = str.maketrans({"~": "~0", "/": "~1", "%": "%25", "#": "%23"})

_ROOT: Json = {
    "get": {
        "tags": ["Introspection"],
        "summary": "OpenAPI description (this document)",
        "produces": ["application/openapi+json", "application/json"],
        "responses": {"200": {"description": "OK"}},
    }
}


def paths(tables: tuple[Table, ...], routines: tuple[Routine, ...]) -> Json:
    return {
        "/": _ROOT,
        **{_path(table.name.name): _table_operations(table) for table in tables},
        **{f"/rpc{_path(each.name.name)}": _routine_operations(each) for each in routines},
    }


def reference(kind: str, name: str) -> Json:
    return {"$ref": f"#/{kind}/{name.translate(_POINTER)}"}


def split_comment(comment: str) -> tuple[str, str]:
    """Its first line, and the rest without the blank lines between them."""
    first, _, rest = comment.partition("\n")
    return first, rest.lstrip("\n")


def _path(name: str) -> str:
    return "/" + name.translate(_PATH)


def _table_operations(table: Table) -> Json:
    name = table.name.name
    base: Json = {**_headline(table.description), "tags": [name]}
    filters = [f"rowFilter.{name}.{column}" for column in table.columns]
    rows: Json = {"type": "array", "items": reference("definitions", name)}
    read: Json = {
        **base,
        "parameters": _parameters(*filters, *_READ),
        "responses": {
            "200": {"description": "OK", "schema": rows},
            "206": {"description": "Partial Content"},
        },
    }
    writable = table.insertable or table.updatable or table.deletable
    return {"get": read, **(_writes(f"body.{name}", filters, base) if writable else {})}


def _writes(body: str, filters: list[str], base: Json) -> Json:
    done: Json = {"204": {"description": "No Content"}}
    return {
        "post": {
            **base,
            "parameters": _parameters(body, "select", "preferPost"),
            "responses": {"201": {"description": "Created"}},
        },
        "patch": {
            **base,
            "parameters": _parameters(*filters, body, "preferReturn"),
            "responses": done,
        },
        "delete": {
            **base,
            "parameters": _parameters(*filters, "preferReturn"),
            "responses": done,
        },
    }


def _routine_operations(routine: Routine) -> Json:
    base: Json = {
        **_headline(routine.description),
        "tags": [f"(rpc) {routine.name.name}"],
        "produces": _CALL_TYPES,
        "responses": {"200": {"description": "OK"}},
    }
    body: Json = {"name": "args", "required": True, "in": "body", "schema": arguments(routine)}
    post = {**base, "parameters": [body, reference("parameters", "preferParams")]}
    if not _can_be_read(routine):
        return {"post": post}
    query = [argument(each) for each in routine.parameters]
    return {"get": {**base, "parameters": query}, "post": post}


def _can_be_read(routine: Routine) -> bool:
    """A query string can change nothing and names its arguments."""
    named = all(each.name for each in routine.parameters)
    return named and routine.volatility is not Volatility.VOLATILE


def _headline(comment: str | None) -> Json:
    if comment is None:
        return {}
    summary, description = split_comment(comment)
    return described({"summary": summary}, description or None)


def _parameters(*names: str) -> list[Json]:
    return [reference("parameters", name) for name in names]


def parameters(tables: tuple[Table, ...]) -> Json:
    """Those of every schema, then the bodies and filters of each relation."""
    return {
        "preferParams": _preference(),
        "preferReturn": _preference("return"),
        "preferCount": _preference("count"),
        "preferPost": _preference("return", "resolution"),
        "select": _text("query", "select", "Filtering Columns"),
        "on_conflict": _text("query", "on_conflict", "On Conflict"),
        "order": _text("query", "order", "Ordering"),
        "range": _text("header", "Range", "Limiting and Pagination"),
        "rangeUnit": {
            **_text("header", "Range-Unit", "Limiting and Pagination"),
            "default": "items",
        },
        "offset": _text("query", "offset", "Limiting and Pagination"),
        "limit": _text("query", "limit", "Limiting and Pagination"),
        **dict(pair for table in tables for pair in _own_parameters(table)),
    }


def _own_parameters(table: Table) -> Iterator[tuple[str, Json]]:
    name = table.name.name
    yield (
        f"body.{name}",
        {
            "name": name,
            "description": name,
            "required": False,
            "in": "body",
            "schema": reference("definitions", name),
        },
    )
    for column in table.columns.values():
        yield f"rowFilter.{name}.{column.name}", _text("query", column.name, column.description)


def _text(place: str, name: str, description: str | None) -> Json:
    parameter: Json = {"name": name, "required": False, "in": place, "type": "string"}
    return described(parameter, description)


def _preference(*names: str) -> Json:
    values = [f"{name}={value}" for name in names for value in _PREFERENCES[name]]
    parameter = _text("header", "Prefer", "Preference")
    return {**parameter, "enum": values} if values else parameter
