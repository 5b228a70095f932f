"""Types of PostgreSQL as JSON Schema: a name as format_type prints it in, what its JSON is out.

https://json-schema.org/draft/2020-12 · formats: https://spec.openapis.org/registry/format
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from passeplat.names import QualifiedName
from passeplat.response.openapi31.details import Details
from passeplat.response.openapi31.naming import key, schema_ref
from passeplat.response.openapi_schema import Json, default

_KNOWN: Mapping[str, Json] = {
    "boolean": {"type": "boolean"},
    "smallint": {"type": "integer", "format": "int32", "minimum": -32768, "maximum": 32767},
    "integer": {"type": "integer", "format": "int32"},
    "bigint": {"type": "integer", "format": "int64"},
    "numeric": {"type": "number"},
    "real": {"type": "number", "format": "float"},
    "double precision": {"type": "number", "format": "double"},
    "text": {"type": "string"},
    "character varying": {"type": "string"},
    "character": {"type": "string"},
    "uuid": {"type": "string", "format": "uuid"},
    "date": {"type": "string", "format": "date"},
    "timestamp with time zone": {"type": "string", "format": "date-time"},
    "timestamp without time zone": {"type": "string", "format": "date-time-local"},
    "time with time zone": {"type": "string", "format": "time"},
    "time without time zone": {"type": "string", "format": "time-local"},
    "json": {},
    "jsonb": {},
    "record": {"type": "object"},
}
# How pg_type calls what format_type calls by the standard's names.
_STANDARD_NAMES = {
    "bool": "boolean",
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "float4": "real",
    "float8": "double precision",
    "varchar": "character varying",
    "bpchar": "character",
    "timestamptz": "timestamp with time zone",
    "timestamp": "timestamp without time zone",
    "timetz": "time with time zone",
    "time": "time without time zone",
}
_ARRAY = "[]"
_LENGTH = re.compile(r"\([\d,]+\)")
_DEPTH = 16  # of domains over domains


def type_schema(name: str, details: Details) -> Json:
    """Without null, which every type has: see `nullable`."""
    base = base_type(name, details)
    if base.endswith(_ARRAY):
        return {"type": "array", "items": type_schema(base.removesuffix(_ARRAY), details)}
    if base in _KNOWN:
        return dict(_KNOWN[base])
    if base in details.enumerations:
        return enumeration_ref(base, details)
    return {} if base in details.anything else {"type": "string", "format": base}


def constant(expression: str, name: str) -> Json:
    """`default` if the expression is a constant: no call is a value a client could send."""
    found = default(expression, name)
    return {} if found.get("default") == expression else found


def base_type(name: str, details: Details) -> str:
    """What is under a domain, without a length."""
    for _ in range(_DEPTH):
        if name not in details.domains:
            break
        name = details.domains[name]
    return _LENGTH.sub("", name)


def nullable(schema: Json) -> Json:
    """The same or null."""
    if "$ref" in schema:
        return {"anyOf": [schema, {"type": "null"}]}
    return {**schema, "type": [schema["type"], "null"]} if "type" in schema else schema


def type_name(name: QualifiedName, details: Details) -> str:
    """The type of a catalogue row, as format_type would print it."""
    if name.schema == "pg_catalog":
        is_array, local = name.name.startswith("_"), name.name.removeprefix("_")
        return _STANDARD_NAMES.get(local, local) + (_ARRAY if is_array else "")
    for printed, enumeration in details.enumerations.items():
        if name == enumeration.name:
            return printed
        if name == QualifiedName(enumeration.name.schema, f"_{enumeration.name.name}"):
            return printed + _ARRAY
    return f"{name.schema}.{name.name}"


def enumeration_ref(name: str, details: Details) -> Json:
    return schema_ref(*_enumeration_names(name, details))


def enumeration_schemas(types: Iterable[str], details: Details) -> Iterator[tuple[str, Json]]:
    """The components that the types refer to."""
    bases = {base_type(name, details).removesuffix(_ARRAY) for name in types}
    for base in sorted(bases & details.enumerations.keys()):
        found = details.enumerations[base]
        schema: Json = {"type": "string", "enum": list(found.labels)}
        if found.description:
            schema["description"] = found.description
        yield key(*_enumeration_names(base, details)), schema


def _enumeration_names(name: str, details: Details) -> tuple[str, str, str]:
    found = details.enumerations[name].name
    return found.schema, found.name, "enum"
