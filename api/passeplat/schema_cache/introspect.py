"""A connection → the SchemaCache of its database: the only module here that does I/O."""

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from importlib.resources import files
from typing import TypeAlias, TypeVar

import asyncpg

from passeplat.config import Config
from passeplat.schema_cache import rows
from passeplat.schema_cache.build import build
from passeplat.schema_cache.model import SchemaCache
from passeplat.schema_cache.roles import setting_names
from passeplat.schema_cache.routines import NO_LENGTH
from passeplat.schema_cache.slices import converted, freed

_Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
_Row = TypeVar("_Row", bound=tuple[object, ...])

_NEVER = 1_000_000_000
_GRANTS_OF_SETTINGS = (15,)
"""The version of PostgreSQL that brought `grant set on parameter`."""


async def introspect(connection: _Connection, config: Config, version: int) -> SchemaCache:
    """Reads the catalogue in one transaction. The connection must not be in one.

    Computes for seconds where there are ten thousand tables; no single step of it takes long.
    Raises what asyncpg raises.
    """
    with all_kept():
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            catalogue = await _read(connection, config)
        found = build(catalogue, config, version)
        for _ in freed(catalogue.lists()):
            pass
        return found


@contextmanager
def all_kept() -> Iterator[None]:
    """Nothing made here is garbage, but there is so much of it that looking through all of it again
    and again takes half of the time; and afterwards once more, while nobody else can go on."""
    first, second, third = gc.get_threshold()
    gc.set_threshold(first, second, _NEVER)
    try:
        yield
    finally:
        gc.freeze()
        gc.set_threshold(first, second, third)


async def _read(connection: _Connection, config: Config) -> rows.Catalogue:
    fetch = partial(_fetch, connection)
    await connection.execute(_sql("settings"))
    exposed = list(config.db_schemas)
    visible = [*exposed, *config.db_extra_search_path]
    columns = await fetch("columns", rows.ColumnRow, exposed)
    routines = await fetch("routines", rows.RoutineRow, exposed)
    relations = await fetch("relations", rows.RelationRow, exposed)
    types = await fetch("types", rows.TypeRow, *_types(columns, routines))
    composites = {row.relation for row in types if row.relation} - {row.oid for row in relations}
    roles = await fetch("roles", rows.RoleRow)
    return rows.Catalogue(
        schemas=await fetch("schemas", rows.SchemaRow, exposed),
        relations=relations,
        columns=columns,
        types=types,
        composite_columns=await fetch("composite_columns", rows.CompositeColumnRow, [*composites]),
        constraints=await fetch("constraints", rows.ConstraintRow),
        view_columns=await fetch("view_columns", rows.ViewColumnRow, visible),
        routines=routines,
        row_functions=await fetch("row_functions", rows.RowFunctionRow, exposed),
        representations=await fetch("representations", rows.RepresentationRow),
        media_aggregates=await fetch("media_aggregates", rows.MediaAggregateRow, exposed),
        roles=roles,
        settings=await _settable(connection, setting_names(roles)),
        callable_names=await fetch("callable_names", rows.NameRow),
    )


async def _settable(connection: _Connection, names: list[str]) -> list[rows.NameRow]:
    """Of these settings, the ones the logged-in role may set."""
    found = await _fetch(connection, "user_settings", rows.NameRow, names)
    if connection.get_server_version() >= _GRANTS_OF_SETTINGS:
        found += await _fetch(connection, "granted_settings", rows.NameRow, names)
    return found


async def _fetch(
    connection: _Connection, family: str, row: type[_Row], *arguments: object
) -> list[_Row]:
    records = await connection.fetch(_sql(family), *arguments)
    return converted(records, lambda record: row(*record))


def _types(
    columns: Iterable[rows.ColumnRow], routines: Iterable[rows.RoutineRow]
) -> tuple[list[int], list[int]]:
    """The oids of the types used, and beside each a type modifier it is used with."""
    found = {(column.type, column.modifier) for column in columns}
    for routine in routines:
        oids = (*routine.types, *(routine.all_types or ()), routine.returns)
        found.update((oid, NO_LENGTH) for oid in oids)
    return [oid for oid, _ in found], [modifier for _, modifier in found]


@cache
def _sql(family: str) -> str:
    return (files(__package__) / "sql" / f"{family}.sql").read_text("utf-8")
