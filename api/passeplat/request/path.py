"""The path of the URL: bytes in, Address out; PGRST125 if no resource can have it.

PostgREST's paths are `/`, `/relation` and `/rpc/function`; the schema comes from a header. Ours put
an exposed schema in front: `/v1/todos`, `/v1/rpc/search`, and `/v1/` for its description. The
prefix `/rest` before a schema is dropped, because supabase-js always asks for `/rest/v1/…`.

A relation may be called like a schema (PostgREST reads `/v1` as a relation). A schema alone is the
description only if more than one is exposed or `/rest` stands before it; otherwise `/` would do.

`/openapi.json` is ours as well, and so is `/v1/openapi.json`: the OpenAPI 3.1 document, whatever
is at the root. A relation of that name is not reached by its path.
"""

from dataclasses import dataclass
from enum import Enum
from urllib.parse import unquote

from passeplat.config import Config
from passeplat.errors import InvalidPath, OpenApiDisabled

_SUPABASE = "rest"
_ROUTINES = "rpc"
_DOCUMENT = "openapi.json"


class Resource(Enum):
    ROOT = "root"
    DOCUMENT = "document"
    RELATION = "relation"
    ROUTINE = "routine"


@dataclass(frozen=True, slots=True)
class Address:
    resource: Resource
    name: str  # "" for the root and the document
    schema: str | None  # None if the path does not say
    path: str  # decoded, without what stands before PostgREST's own path


def parse_path(raw_path: bytes, config: Config) -> Address:
    if not raw_path.startswith(b"/"):
        raise InvalidPath
    schema, segments = _split_schema(_segments(raw_path), config.db_schemas)
    path = "/" + "/".join(segments)
    match segments:
        case [""]:
            return _root(schema, path, config)
        case [name] if name == _DOCUMENT:
            return _described(Resource.DOCUMENT, schema, path, config)
        case [name] if name:
            return Address(Resource.RELATION, name, schema, path)
        case ["rpc", name] if name:
            return Address(Resource.ROUTINE, name, schema, path)
        case _:
            raise InvalidPath


def _segments(raw_path: bytes) -> list[str]:
    """Split before they are decoded: `%2f` is part of a name."""
    segments = raw_path[1:].decode("utf-8", "replace").split("/")
    if b"%" not in raw_path:
        return segments
    return [unquote(segment, "utf-8", "replace") for segment in segments]


def _split_schema(segments: list[str], exposed: tuple[str, ...]) -> tuple[str | None, list[str]]:
    if segments[0] == _SUPABASE and len(segments) > 1 and segments[1] in exposed:
        return segments[1], segments[2:] or [""]
    schema = segments[0]
    if schema not in exposed or schema == _ROUTINES:
        return None, segments
    if len(segments) > 1 or len(exposed) > 1:
        return schema, segments[1:] or [""]
    return None, segments


def _root(schema: str | None, path: str, config: Config) -> Address:
    if config.db_root_spec:
        of_function, _, name = config.db_root_spec.rpartition(".")
        return Address(Resource.ROUTINE, name, of_function or schema, path)
    return _described(Resource.ROOT, schema, path, config)


def _described(resource: Resource, schema: str | None, path: str, config: Config) -> Address:
    if config.openapi_mode == "disabled":
        raise OpenApiDisabled
    return Address(resource, "", schema, path)
