"""Identifiers and literals as PostgreSQL reads them: the one place that quotes."""

from dataclasses import dataclass

from passeplat.errors import InvalidIdentifier


@dataclass(frozen=True, slots=True, order=True)
class QualifiedName:
    schema: str
    name: str

    def __str__(self) -> str:
        """`schema.name` for messages; SQL takes `quote_qualified`."""
        return f"{self.schema}.{self.name}" if self.schema else self.name


def quote(identifier: str) -> str:
    """An identifier for SQL text. Raises InvalidIdentifier on NUL, which no name can hold."""
    if "\0" in identifier:
        raise InvalidIdentifier
    return '"' + identifier.replace('"', '""') + '"'


def quote_qualified(name: QualifiedName) -> str:
    if not name.schema:
        return quote(name.name)
    return f"{quote(name.schema)}.{quote(name.name)}"


def literal(text: str) -> str:
    """A string constant for what is part of a statement's shape, such as JSON keys; values are $n.

    Safe under either setting of standard_conforming_strings.
    """
    if "\0" in text:
        raise InvalidIdentifier
    doubled = text.replace("'", "''")
    if "\\" not in text:
        return f"'{doubled}'"
    return "E'" + doubled.replace("\\", "\\\\") + "'"
