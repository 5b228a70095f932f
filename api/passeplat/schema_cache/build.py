"""Catalogue rows → SchemaCache."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from passeplat.config import Config
from passeplat.names import QualifiedName
from passeplat.schema_cache.faces import Face, faces, origins, primary_key
from passeplat.schema_cache.model import Representation, Routine, SchemaCache, Table
from passeplat.schema_cache.relationships import Relationships, foreign_keys, graph
from passeplat.schema_cache.roles import role_isolation, role_settings, roles
from passeplat.schema_cache.routines import (
    composite_columns,
    computed_fields,
    media_handlers,
    routine,
)
from passeplat.schema_cache.rows import Catalogue, RepresentationRow
from passeplat.schema_cache.tables import Types, by_relation, table


def build(catalogue: Catalogue, config: Config, version: int) -> SchemaCache:
    types = {(row.oid, row.modifier): row for row in catalogue.types}
    tables, shown = _tables(catalogue, types)
    keys = foreign_keys(catalogue.constraints)
    routines = _routines(catalogue, types, config.db_hoisted_tx_settings)
    relationships = Relationships(graph(tables, shown, keys, catalogue.row_functions))
    relationships.work_out_hubs()
    search_path = {*config.db_schemas, *config.db_extra_search_path}
    return SchemaCache(
        version=version,
        tables=tables,
        relationships=relationships,
        routines=routines,
        representations=_representations(catalogue.representations),
        media_handlers=media_handlers(
            (one for overloads in routines.values() for one in overloads),
            catalogue.media_aggregates,
        ),
        role_settings=role_settings(catalogue.roles, {row.name for row in catalogue.settings}),
        role_isolation=role_isolation(catalogue.roles),
        schema_descriptions={row.name: row.description for row in catalogue.schemas},
        schema_grantees={row.name: frozenset(row.grantees) for row in catalogue.schemas},
        roles=roles(catalogue.roles),
        computed_fields=computed_fields(catalogue.row_functions, search_path),
        callable_names=frozenset(row.name for row in catalogue.callable_names),
    )


def _tables(
    catalogue: Catalogue, types: Types
) -> tuple[Mapping[QualifiedName, Table], Mapping[QualifiedName, tuple[Face, ...]]]:
    columns = by_relation(catalogue.columns)
    under = origins(catalogue.view_columns)
    keys = {row.relation: row.columns for row in catalogue.constraints if row.kind == "p"}
    tables, shown = {}, {}
    for row in catalogue.relations:
        name = QualifiedName(row.schema, row.name)
        own = columns.get(row.oid, ())
        shown[name] = faces(row.oid, name, row.is_view, own, under)
        tables[name] = table(row, own, types, primary_key(shown[name], keys))
    return tables, shown


def _routines(
    catalogue: Catalogue, types: Types, hoisted: Sequence[str]
) -> Mapping[QualifiedName, tuple[Routine, ...]]:
    composites = composite_columns(catalogue.composite_columns)
    found: defaultdict[QualifiedName, list[Routine]] = defaultdict(list)
    for row in catalogue.routines:
        if (one := routine(row, types, composites, hoisted)) is not None:
            found[one.name].append(one)
    return {name: tuple(overloads) for name, overloads in found.items()}


def _representations(
    rows: Iterable[RepresentationRow],
) -> Mapping[tuple[str, str], Representation]:
    return {
        (row.source, row.target): Representation(
            row.source, row.target, QualifiedName(row.function_schema, row.function_name)
        )
        for row in rows
    }
