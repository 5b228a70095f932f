"""The parameters that operations of a document share, and how to refer to them."""

from collections.abc import Iterator

from passeplat.response.openapi_schema import Json, described
from passeplat.schema_cache.model import Table

_PREFERENCES = {
    "return": ("representation", "minimal", "none"),
    "resolution": ("ignore-duplicates", "merge-duplicates"),
    "count": ("none",),
}
# https://www.rfc-editor.org/rfc/rfc6901#section-6
_POINTER = str.maketrans({"~": "~0", "/": "~1", "%": "%25", "#": "%23"})


def reference(kind: str, name: str) -> Json:
    return {"$ref": f"#/{kind}/{name.translate(_POINTER)}"}


def parameter(name: str) -> Json:
    """A reference to one of `parameters`."""
    return reference("parameters", name)


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
