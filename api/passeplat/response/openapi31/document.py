"""The document of a schema as one role may use it: Api in, OpenAPI 3.1 out.

https://spec.openapis.org/oas/v3.1.1.html
"""

from collections.abc import Iterator
from importlib.resources import files

from passeplat import __version__
from passeplat.config import Config
from passeplat.response.openapi31.model import Api
from passeplat.response.openapi31.naming import path, schema_ref
from passeplat.response.openapi31.operations import JSON, operations
from passeplat.response.openapi31.parameters import parameters
from passeplat.response.openapi31.relations import relation_schemas
from passeplat.response.openapi31.routines import TAG, routine_paths, routine_schemas, types_of
from passeplat.response.openapi31.types import enumeration_schemas
from passeplat.response.openapi_paths import split_comment
from passeplat.response.openapi_schema import Json, described

_GUIDE = files("passeplat.response.openapi31").joinpath("guide.md").read_text("utf-8")
_HEADERS = {
    "Content-Range": "Which rows these are, and of how many if they were counted: `0-24/573`",
    "Content-Location": "The path and query string of what this is, in one spelling.",
    "Location": "Where the new row is, with `return=headers-only` and a primary key.",
    "Preference-Applied": "What was done of `Prefer`.",
}
_ERROR: Json = {
    "type": "object",
    "description": "What went wrong.",
    "properties": {
        "code": {"type": "string", "description": "SQLSTATE of PostgreSQL, or PGRST and a number."},
        "message": {"type": "string"},
        "details": {"description": "More, if there is more: mostly text."},
        "hint": {"type": ["string", "null"], "description": "What may help."},
    },
    "required": ["code", "message"],
}
_BEARER: Json = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": "A signed token: it says who asks, and so what may be seen.",
}


def describe(api: Api, config: Config) -> Json:
    profiles = _profiles(api, config)
    return {
        "openapi": "3.1.1",
        "info": _info(api, config),
        "servers": [{"url": _url(api, config)}],
        "tags": list(_tags(api)),
        "paths": {
            **{path(each.name): operations(each, api, profiles) for each in api.resources.values()},
            **routine_paths(api, profiles),
        },
        "components": {
            "schemas": _schemas(api),
            "parameters": parameters(api, profiles),
            "headers": {name: _header(text) for name, text in _HEADERS.items()},
            "responses": {"Error": _error()},
            **({"securitySchemes": {"bearer": _BEARER}} if _has_tokens(config) else {}),
        },
        **({"security": _security(config)} if _has_tokens(config) else {}),
    }


def _info(api: Api, config: Config) -> Json:
    comment = api.cache.schema_descriptions.get(api.schema)
    title, description = split_comment(comment or api.schema)
    return {
        "title": title,
        "description": f"{description}\n\n{_GUIDE}" if description else _GUIDE,
        "version": __version__,
        "x-schema": api.schema,
        "x-schemas": list(config.db_schemas),
    }


def _url(api: Api, config: Config) -> str:
    """The first schema is at the root; others are reached by a path that needs no header."""
    base = (config.openapi_server_proxy_uri or "").rstrip("/")
    if api.schema == config.db_schemas[0]:
        return base or "/"
    return base + path(api.schema)


def _profiles(api: Api, config: Config) -> tuple[str, ...]:
    """A path that names a schema leaves no choice."""
    is_first = api.schema == config.db_schemas[0]
    return config.db_schemas if is_first and len(config.db_schemas) > 1 else ()


def _tags(api: Api) -> Iterator[Json]:
    for each in api.resources.values():
        yield described({"name": each.name}, each.table.description)
    if api.routines and TAG not in {each.name for each in api.resources.values()}:
        yield {"name": TAG, "description": "Called by name, with arguments."}


def _schemas(api: Api) -> Json:
    found = {"api.error": _ERROR}
    for each in api.resources.values():
        found.update(relation_schemas(each, api))
    found.update(routine_schemas(api))
    found.update(enumeration_schemas(_types(api), api.details))
    return dict(found)


def _types(api: Api) -> Iterator[str]:
    for resource in api.resources.values():
        yield from (column.type for column in resource.table.columns.values())
        yield from (computed.type for computed in resource.details.computed)
    for routine in api.routines:
        yield from types_of(routine, api)


def _header(description: str) -> Json:
    return {"description": description, "schema": {"type": "string"}}


def _error() -> Json:
    content: Json = {JSON: {"schema": schema_ref("api", "error")}}
    return {"description": "It did not work, and nothing was changed.", "content": content}


def _has_tokens(config: Config) -> bool:
    return config.jwt_secret is not None


def _security(config: Config) -> list[Json]:
    """Without an anonymous role a token is a must."""
    anonymous: list[Json] = [] if config.db_anon_role is None else [{}]
    return [*anonymous, {"bearer": []}]
