"""The parameters that operations share, each a component: relations in, parameters out."""

from collections.abc import Iterable, Iterator, Mapping

from passeplat.response.openapi31.model import Api, Resource
from passeplat.response.openapi31.naming import RESERVED, key, parameter_ref
from passeplat.response.openapi31.relations import column_description
from passeplat.response.openapi31.types import type_schema
from passeplat.response.openapi_schema import Json
from passeplat.schema_cache.model import Column

_QUERY: Mapping[str, tuple[str, Json, str]] = {
    "Select": (
        "select",
        {"type": "string", "default": "*"},
        (
            "What a row of the answer has: columns, separated by commas; `name:column` renames,"
            " `column::type` casts, `column->key` goes into JSON, `relation(column,…)` embeds"
            " related rows. A schema of a row describes what comes without it."
        ),
    ),
    "Order": (
        "order",
        {"type": "string"},
        (
            "Columns to sort by, each perhaps with `.asc` or `.desc`, then `.nullsfirst` or"
            " `.nullslast`: `due_on.desc.nullslast,id`"
        ),
    ),
    "Limit": ("limit", {"type": "integer", "minimum": 0}, "How many rows at most."),
    "Offset": ("offset", {"type": "integer", "minimum": 0}, "How many rows to skip."),
    "And": ("and", {"type": "string"}, "Conditions that must all hold: `(a.gte.1,a.lt.9)`"),
    "Or": (
        "or",
        {"type": "string"},
        "Conditions one of which must hold: `(a.eq.1,and(b.gt.2,c.is.null))`",
    ),
    "OnConflict": (
        "on_conflict",
        {"type": "string"},
        (
            "The columns of a unique key by which a row counts as the same, for"
            " `Prefer: resolution=…`. The primary key if it is not said."
        ),
    ),
    "Columns": (
        "columns",
        {"type": "string"},
        "Which keys of the body count, separated by commas; others are ignored.",
    ),
}
_COUNT = "`count=exact`, `planned` or `estimated`: the number of all rows in Content-Range."
_RETURN = (
    "`return=representation`: the rows in the answer; `return=headers-only`: no more than where"
    " the new row is; `return=minimal` if it is not said."
)
_MISSING = "`missing=default`: columns without a value get their default, not null."
_MAX = "`handling=strict, max-affected=10`: if more rows were affected, none is."
_STRICT = "`handling=strict`: a preference that is not known is an error."
_ZONE = "`timezone=Europe/Paris`: the time zone of the request."
_RESOLUTION = (
    "`resolution=merge-duplicates`: a row that is there is updated;"
    " `resolution=ignore-duplicates`: it stays as it is."
)
_PREFERENCES: Mapping[str, tuple[str, ...]] = {
    "PreferRead": (_COUNT, _ZONE, _STRICT),
    "PreferInsert": (_RETURN, _RESOLUTION, _MISSING, _COUNT, _ZONE, _STRICT),
    "PreferUpdate": (_RETURN, _MISSING, _COUNT, _MAX, _ZONE),
    "PreferReplace": (_RETURN, _ZONE, _STRICT),
    "PreferDelete": (_RETURN, _COUNT, _MAX, _ZONE),
    "PreferCall": (_COUNT, _MAX, _ZONE),
}
_COMPARED = "`eq`, `neq`, `gt`, `gte`, `lt`, `lte`, `in`"
_OPERATORS: Mapping[str, str] = {
    "boolean": "`is.true`, `is.false`, `eq`, `neq`",
    "integer": _COMPARED,
    "number": _COMPARED,
    "string": f"{_COMPARED}, `like`, `ilike`, `match`, `imatch`",
    "array": "`cs` (contains), `cd` (is contained), `ov` (overlaps), `eq`",
}
_ORDERED = frozenset(
    {"date", "date-time", "date-time-local", "time", "time-local", "interval", "uuid", "inet"}
)
_SPECIAL: Mapping[str, str] = {
    "tsvector": "`fts`, `plfts`, `phfts`, `wfts`, as in `wfts(english).one two`",
    **dict.fromkeys(("enum", *_ORDERED), _COMPARED),
    **dict.fromkeys(
        ("int4range", "int8range", "numrange", "tsrange", "tstzrange", "daterange"),
        "`cs`, `cd`, `ov`, `sl`, `sr`, `nxl`, `nxr`, `adj`",
    ),
}
_ANY = f"{_COMPARED}, `cs`, `cd`"


def parameters(api: Api, profiles: tuple[str, ...]) -> Json:
    """`profiles`: the schemas a header may choose from, if there is a choice."""
    return {
        **{name: _query(*text) for name, text in _QUERY.items()},
        **{name: _header("Prefer", _list(lines)) for name, lines in _PREFERENCES.items()},
        "Range": _header(
            "Range", "Rows as `first-last`, both counted from 0: `0-24`. Like limit and offset."
        ),
        **_profiles(profiles),
        **{
            key(each.name, column.name): _filter(column, each, api)
            for each in api.resources.values()
            for column in filterable(each)
        },
    }


def shared(*names: str) -> list[Json]:
    return [parameter_ref(name) for name in names]


def filters(resource: Resource, without: Iterable[str] = ()) -> list[Json]:
    names = set(without)
    return [
        parameter_ref(resource.name, column.name)
        for column in filterable(resource)
        if column.name not in names
    ]


def filterable(resource: Resource) -> Iterator[Column]:
    return (each for each in resource.columns("read") if each.name not in RESERVED)


def _query(name: str, schema: Json, description: str) -> Json:
    return {"name": name, "in": "query", "description": description, "schema": schema}


def _header(name: str, description: str) -> Json:
    schema: Json = {"type": "string"}
    return {"name": name, "in": "header", "description": description, "schema": schema}


def _list(lines: Iterable[str]) -> str:
    return "\n".join(("Wishes, separated by commas.", "", *(f"- {line}" for line in lines)))


def _profiles(profiles: tuple[str, ...]) -> Json:
    if not profiles:
        return {}
    others = ", ".join(f"`/{each}/openapi.json`" for each in profiles)
    description = f"Which schema is meant. Each has its own document: {others}"
    schema: Json = {"type": "string", "enum": list(profiles), "default": profiles[0]}
    return {
        name.replace("-", ""): {**_header(name, description), "schema": schema}
        for name in ("Accept-Profile", "Content-Profile")
    }


def _filter(column: Column, resource: Resource, api: Api) -> Json:
    comment = column_description(column, resource, api)
    text = f"Keeps rows by `{column.name}`: an operator, a dot, a value. {_operators(column, api)}"
    description = f"{comment}\n\n{text}" if comment else text
    return _query(column.name, {"type": "string"}, description)


def _operators(column: Column, api: Api) -> str:
    schema = type_schema(column.type, api.details)
    kind, form = str(schema.get("type", "")), str(schema.get("format", ""))
    if "$ref" in schema:
        form = "enum"
    nulls = "" if not column.nullable else ", `is.null`"
    return f"{_SPECIAL.get(form) or _OPERATORS.get(kind, _ANY)}{nulls}; `not.` before it negates."
