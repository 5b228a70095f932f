"""The values of one statement, numbered as they are met: the only way a value gets near SQL."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from passeplat.errors import QueryStringError


@dataclass(slots=True)
class Params:
    values: list[bytes | None] = field(default_factory=list)

    def bind(self, value: str | bytes | None) -> str:
        """`$n` for a value in text format."""
        if isinstance(value, str):
            value = encode(value)
        self.values.append(value)
        return f"${len(self.values)}"


def encode(value: str) -> bytes:
    if "\0" in value:
        raise QueryStringError("A value cannot contain the character U+0000")
    return value.encode()


def array_literal(values: Iterable[str]) -> str:
    """`{"a","b"}`: the text form of a one-dimensional array."""
    quoted = ('"' + each.replace("\\", "\\\\").replace('"', '\\"') + '"' for each in values)
    return "{" + ",".join(quoted) + "}"
