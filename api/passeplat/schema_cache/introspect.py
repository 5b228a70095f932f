"""A connection → the SchemaCache of its database: the only module here that does I/O."""

import gc
from asyncio import to_thread
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from typing import TypeVar

import asyncpg

from passeplat.config import Config
from passeplat.schema_cache import rows
from passeplat.schema_cache.build import build
from passeplat.schema_cache.model import SchemaCache
from passeplat.schema_cache.roles import setting_names
from passeplat.schema_cache.routines import NO_LENGTH

_Row = TypeVar("_Row", bound=tuple[object, ...])


async def introspect(
    connection: "asyncpg.Connection[asyncpg.Record]", config: Config, version: int
) -> SchemaCache:
    """Reads the catalogue in one transaction. The connection must not be in one.

    The values are made in a thread, so that requests go on being answered meanwhile.
    Raises what asyncpg raises.
    """
    with _without_garbage_collection():
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            catalogue = await _read(connection, config)
        return await to_thread(build, catalogue, config, version)


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Nothing made here is garbage, but there is so much of it that looking through all of it again
    and again takes half of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


async def _read(connection: "asyncpg.Connection[asyncpg.Record]", config: Config) -> rows.Catalogue:
    async def fetch(family: str, row: type[_Row], *arguments: object) -> list[_Row]:
        return [row(*record) for record in await connection.fetch(_sql(family), *arguments)]

    await connection.execute(_sql("settings"))
    exposed = list(config.db_schemas)
    columns = await fetch("columns", rows.ColumnRow, exposed)
    routines = await fetch("routines", rows.RoutineRow, exposed)
    relations = await fetch("relations", rows.RelationRow, exposed)
    wanted = sorted(_types(columns, routines))
    types = await fetch(
        "types", rows.TypeRow, [oid for oid, _ in wanted], [modifier for _, modifier in wanted]
    )
    composites = {t.relation for t in types if t.relation} - {r.oid for r in relations}
    roles = await fetch("roles", rows.RoleRow)
    names = setting_names(roles)
    settings = await fetch("user_settings", rows.NameRow, names)
    if connection.get_server_version() >= (15,):
        settings += await fetch("granted_settings", rows.NameRow, names)
    return rows.Catalogue(
        schemas=await fetch("schemas", rows.SchemaRow, exposed),
        relations=relations,
        columns=columns,
        types=types,
        composite_columns=await fetch(
            "composite_columns", rows.CompositeColumnRow, list(composites)
        ),
        constraints=await fetch("constraints", rows.ConstraintRow),
        view_columns=await fetch(
            "view_columns", rows.ViewColumnRow, [*exposed, *config.db_extra_search_path]
        ),
        routines=routines,
        row_functions=await fetch("row_functions", rows.RowFunctionRow, exposed),
        representations=await fetch("representations", rows.RepresentationRow),
        media_aggregates=await fetch("media_aggregates", rows.MediaAggregateRow, exposed),
        roles=roles,
        settings=settings,
        time_zones=await fetch("time_zones", rows.NameRow),
    )


def _types(columns: list[rows.ColumnRow], routines: list[rows.RoutineRow]) -> set[tuple[int, int]]:
    """The types to look up, each with its type modifier."""
    found = {(column.type, column.modifier) for column in columns}
    for routine in routines:
        oids = (*routine.types, *(routine.all_types or ()), routine.returns)
        found.update((oid, NO_LENGTH) for oid in oids)
    return found


@cache
def _sql(family: str) -> str:
    return (files(__package__) / "sql" / f"{family}.sql").read_text("utf-8")
