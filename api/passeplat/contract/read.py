"""A connection and the settings → the Contract of the exposed schemas."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from importlib.resources import files
from typing import TypeAlias

import asyncpg

from passeplat.config import Config
from passeplat.contract.hidden import hidden_columns
from passeplat.contract.model import (
    COMPUTED,
    ColumnOffer,
    Contract,
    Embed,
    Offer,
    RelationOffer,
    RoutineOffer,
)
from passeplat.names import QualifiedName
from passeplat.schema_cache.introspect import introspect
from passeplat.schema_cache.model import (
    AnyRelationship,
    Column,
    ComputedRelationship,
    ReturnType,
    Routine,
    SchemaCache,
    Table,
    Volatility,
)
from passeplat.schema_cache.rows import ViewColumnRow
from passeplat.schema_cache.suggest import usable

_Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
_ROLES_OF_POSTGRESQL = "pg_"


async def read_contract(connection: _Connection, config: Config) -> Contract:
    """Of the schemas `config` exposes. The connection must not be in a transaction. Raises what
    asyncpg raises."""
    cache = await introspect(connection, config, version=1)
    exposed = list(config.db_schemas)
    privileges = await connection.fetch(_sql("contract", "privileges"), exposed)
    visible = [*exposed, *config.db_extra_search_path]
    shown = await connection.fetch(_sql("schema_cache", "view_columns"), visible)
    hidden = hidden_columns(
        await connection.fetch(_sql("contract", "insertable_views"), exposed),
        (ViewColumnRow(*row) for row in shown),
        await connection.fetch(_sql("contract", "required_columns")),
    )
    return contract(cache, privileges, hidden)


def contract(
    cache: SchemaCache,
    privileges: Iterable[asyncpg.Record],
    hidden: Mapping[QualifiedName, tuple[str, ...]],
) -> Contract:
    relations: defaultdict[str, dict[QualifiedName, RelationOffer]] = defaultdict(dict)
    for row in privileges:
        name = QualifiedName(row["schema"], row["relation"])
        if table := cache.tables.get(name):
            offer = _relation(table, row, _computed(cache, table))
            relations[row["role"]][name] = replace(offer, hidden=hidden.get(name, ()))
    offers = {role: _offer(cache, role, relations[role]) for role in _roles(cache)}
    return {role: offer for role, offer in offers.items() if offer.relations or offer.routines}


def _sql(package: str, name: str) -> str:
    return (files(f"passeplat.{package}") / "sql" / f"{name}.sql").read_text("utf-8")


def _roles(cache: SchemaCache) -> Iterator[str]:
    for name, role in sorted(cache.roles.items()):
        if not role.is_superuser and not name.startswith(_ROLES_OF_POSTGRESQL):
            yield name


def _offer(
    cache: SchemaCache, role: str, relations: Mapping[QualifiedName, RelationOffer]
) -> Offer:
    may_use = usable(cache, role)
    overloads = {
        name: tuple(_routine(each) for each in routines if may_use(each))
        for name, routines in cache.routines.items()
    }
    return Offer(
        relations=relations,
        routines={name: offered for name, offered in overloads.items() if offered},
        embeds=dict(_embeds(cache, relations)),
    )


def _computed(cache: SchemaCache, table: Table) -> Iterator[str]:
    """The fields of its rows that are functions, and lead to no other relation."""
    schemas = {name.schema for name in cache.tables}
    ways = (way for each in schemas for way in cache.relationships.get((table.name, each), ()))
    embedded = {way.function.name for way in ways if isinstance(way, ComputedRelationship)}
    names = cache.computed_fields.get(table.name, frozenset())
    yield from sorted(names - embedded - table.columns.keys())


def _relation(table: Table, row: asyncpg.Record, computed: Iterable[str]) -> RelationOffer:
    columns = {column.name: _column(table, column, row) for column in table.columns.values()}
    return RelationOffer(
        columns=columns | dict.fromkeys(computed, COMPUTED),
        is_deletable=table.deletable and row["deletable"],
        key=table.primary_key,
    )


def _column(table: Table, column: Column, row: asyncpg.Record) -> ColumnOffer:
    is_insertable = table.insertable and column.name in row["insertable"]
    has_value = column.nullable or column.default is not None or column.is_generated
    return ColumnOffer(
        type=_type(column),
        is_nullable=column.nullable,
        labels=column.enum,
        is_readable=column.name in row["readable"],
        is_insertable=is_insertable,
        is_required=is_insertable and not has_value,
        is_updatable=table.updatable and column.name in row["updatable"],
    )


def _type(column: Column) -> str:
    """A domain with what it is made of."""
    base, nominal = column.type, column.nominal_type
    return nominal if nominal.startswith(base) else f"{nominal} ({base})"


def _routine(routine: Routine) -> RoutineOffer:
    return RoutineOffer(
        parameters=routine.parameters,
        returns=_returned(routine.returns),
        columns=routine.returns.columns,
        is_read_only=routine.volatility is not Volatility.VOLATILE,
    )


def _returned(returns: ReturnType) -> str:
    name = "record" if returns.is_record else str(returns.name)
    return f"setof {name}" if returns.is_set else name


def _embeds(
    cache: SchemaCache, relations: Mapping[QualifiedName, RelationOffer]
) -> Iterator[tuple[Embed, str]]:
    """Where both ends are offered."""
    schemas = {name.schema for name in relations}
    for relation in relations:
        ways = [
            way
            for schema in schemas
            for way in cache.relationships.get((relation, schema), ())
            if way.foreign_table in relations
        ]
        seen: Counter[Embed] = Counter()
        for way in ways:
            embed = Embed(relation, way.foreign_table, _hint(way))
            seen[embed] += 1
            yield embed, _cardinality(way) if seen[embed] == 1 else "both ways"


def _hint(way: AnyRelationship) -> str:
    match way:
        case ComputedRelationship():
            return way.function.name
        case _ if way.junction is not None:
            return way.junction.table.name
        case _:
            return way.constraint


def _cardinality(way: AnyRelationship) -> str:
    if isinstance(way, ComputedRelationship):
        return "to-one" if way.to_one else "to-many"
    return way.cardinality.value
