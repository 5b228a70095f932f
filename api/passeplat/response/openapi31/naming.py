"""Names of the database as keys of an OpenAPI document: any name in, a key no other name has out.

A component's key has letters, digits, `.`, `-` and `_` only. Other characters, and `-` itself, are
written `-hex-`; a `.` stands before what the component is, so that `todos.insert` is no relation's.
"""

import re

from passeplat.response.openapi_schema import Json

_OTHERS = re.compile(r"\W|-", re.ASCII)
# What would end a path, or be something else in it.
_PATH = str.maketrans({each: f"%{ord(each):02X}" for each in "%/?#{}"})

RESERVED = frozenset({"select", "columns", "on_conflict", "order", "limit", "offset", "and", "or"})
"""What a query string means something else by: no column or argument is reached by such a name."""


def key(*names: str) -> str:
    return ".".join(_OTHERS.sub(_escape, name) for name in names)


def operation_id(verb: str, name: str) -> str:
    return f"{verb}_{key(name)}"


def path(name: str) -> str:
    return "/" + name.translate(_PATH)


def schema_ref(*names: str) -> Json:
    return {"$ref": f"#/components/schemas/{key(*names)}"}


def parameter_ref(*names: str) -> Json:
    return {"$ref": f"#/components/parameters/{key(*names)}"}


def response_ref(name: str) -> Json:
    return {"$ref": f"#/components/responses/{name}"}


def header_refs(*names: str) -> Json:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _escape(character: re.Match[str]) -> str:
    return f"-{ord(character[0]):x}-"
