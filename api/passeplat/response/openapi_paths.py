"""The resources of a schema as OpenAPI 2.0 paths: which operations there are and what they take."""

from passeplat.response.openapi_parameters import parameter, reference
from passeplat.response.openapi_schema import Json, argument, arguments, described
from passeplat.schema_cache.model import Routine, Table, Volatility

_OBJECT_TYPES = (
    "application/vnd.pgrst.object+json;nulls=stripped",
    "application/vnd.pgrst.object+json",
)
BODY_TYPES = ["application/json", *_OBJECT_TYPES, "text/csv"]
_CALL_TYPES = ["application/json", *_OBJECT_TYPES]
# What would end a path, or be something else in it.
_PATH = str.maketrans({each: f"%{ord(each):02X}" for each in "%/?#{}"})

_SELECT = parameter("select")
_PAGE = tuple(map(parameter, ("order", "range", "rangeUnit", "offset", "limit", "preferCount")))
_PREFER_POST = parameter("preferPost")
_PREFER_RETURN = parameter("preferReturn")
_PREFER_PARAMS = parameter("preferParams")
_ROOT: Json = {
    "get": {
        "tags": ["Introspection"],
        "summary": "OpenAPI description (this document)",
        "produces": ["application/openapi+json", "application/json"],
        "responses": {"200": {"description": "OK"}},
    }
}


def paths(tables: tuple[Table, ...], routines: tuple[Routine, ...]) -> Json:
    """Of overloads the last is told: a path has no arguments."""
    return {
        "/": _ROOT,
        **{_path(table.name.name): _table_operations(table) for table in tables},
        **{f"/rpc{_path(each.name.name)}": _routine_operations(each) for each in routines},
    }


def split_comment(comment: str) -> tuple[str, str]:
    """Its first line, and the rest without the blank lines between them."""
    first, _, rest = comment.partition("\n")
    return first, rest.lstrip("\n")


def _path(name: str) -> str:
    return "/" + name.translate(_PATH)


def _table_operations(table: Table) -> Json:
    name = table.name.name
    base: Json = {**_headline(table.description), "tags": [name]}
    filters = [parameter(f"rowFilter.{name}.{column}") for column in table.columns]
    rows: Json = {"type": "array", "items": reference("definitions", name)}
    read: Json = {
        **base,
        "parameters": [*filters, _SELECT, *_PAGE],
        "responses": {
            "200": {"description": "OK", "schema": rows},
            "206": {"description": "Partial Content"},
        },
    }
    writable = table.insertable or table.updatable or table.deletable
    body = parameter(f"body.{name}")
    return {"get": read, **(_writes(body, filters, base) if writable else {})}


def _writes(body: Json, filters: list[Json], base: Json) -> Json:
    done: Json = {"204": {"description": "No Content"}}
    return {
        "post": {
            **base,
            "parameters": [body, _SELECT, _PREFER_POST],
            "responses": {"201": {"description": "Created"}},
        },
        "patch": {**base, "parameters": [*filters, body, _PREFER_RETURN], "responses": done},
        "delete": {**base, "parameters": [*filters, _PREFER_RETURN], "responses": done},
    }


def _routine_operations(routine: Routine) -> Json:
    base: Json = {
        **_headline(routine.description),
        "tags": [f"(rpc) {routine.name.name}"],
        "produces": _CALL_TYPES,
        "responses": {"200": {"description": "OK"}},
    }
    body: Json = {"name": "args", "required": True, "in": "body", "schema": arguments(routine)}
    post = {**base, "parameters": [body, _PREFER_PARAMS]}
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
