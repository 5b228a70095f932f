"""Rows of roles → Role values, and what their `alter role … set` gives a request."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from passeplat.schema_cache.model import Role
from passeplat.schema_cache.rows import RoleRow

_ISOLATION = "default_transaction_isolation"

_OF_THE_REQUEST = frozenset({"role", "search_path", "session_authorization"})
"""A role can change its own settings: what the request is resolved by is not its to choose."""


def roles(rows: Iterable[RoleRow]) -> Mapping[str, Role]:
    return {
        row.name: Role(row.is_superuser, row.is_assumable, frozenset(row.inherits)) for row in rows
    }


def setting_names(rows: Iterable[RoleRow]) -> list[str]:
    return sorted({name for row in rows for name, _ in _settings(row)})


def role_settings(
    rows: Iterable[RoleRow], allowed: Collection[str]
) -> Mapping[str, tuple[tuple[str, str], ...]]:
    """Those the logged-in role may set for another role: `allowed` are the names of such."""
    found = {
        row.name: tuple((n, v) for n, v in _settings(row) if n in allowed and n != _ISOLATION)
        for row in rows
    }
    return {role: settings for role, settings in found.items() if settings}


def role_isolation(rows: Iterable[RoleRow]) -> Mapping[str, str]:
    return {
        row.name: value.lower()
        for row in rows
        for name, value in _settings(row)
        if name == _ISOLATION
    }


def _settings(row: RoleRow) -> Iterator[tuple[str, str]]:
    if not row.is_assumable:
        return
    for text in row.settings:
        name, _, value = text.partition("=")
        if name not in _OF_THE_REQUEST:
            yield name, value
