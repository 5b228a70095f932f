"""A name that is not there → the hint of an error: the most similar one that is.

A hint names nothing that the role may not use. The lists of grantees that were read with the cache
are compared, the database is not asked: where they do not suffice (pg_read_all_data, a role made
since), there is no hint.
"""

from collections.abc import Callable

from passeplat.names import QualifiedName
from passeplat.schema_cache.fuzzy import closest
from passeplat.schema_cache.model import Relationship, Routine, SchemaCache, Table

_NAME = 0.75
_LOOSELY = 0.33
_TOO_MANY_TABLES = 500


def table_hint(cache: SchemaCache, schema: str, name: str, role: str) -> str | None:
    tables = [table for table in cache.tables.values() if table.name.schema == schema]
    if len(tables) >= _TOO_MANY_TABLES:
        return None
    may_use = usable(cache, role)
    near = closest(name, (table.name.name for table in tables if may_use(table)), _NAME)
    return near and f"Perhaps you meant the table '{schema}.{near}'"


def embed_hint(
    cache: SchemaCache, table: QualifiedName, schema: str, target: str, role: str
) -> str | None:
    """None also where the target is related, but not in the way the embed asks for."""
    related = {found.foreign_table for found in cache.relationships.get((table, schema), ())}
    may_use = usable(cache, role)
    names = sorted(name.name for name in related if may_use(cache.tables[name]))
    if target.lower() in map(str.lower, names):
        return None
    near = closest(target, names, _LOOSELY)
    return near and f"Perhaps you meant '{near}' instead of '{target}'."


def routine_hint(
    cache: SchemaCache, schema: str, name: str, arguments: tuple[str, ...], role: str
) -> str | None:
    """Of the functions of this name the one with the most similar arguments, if there are any; else
    the function with the most similar name."""
    may_use = usable(cache, role)
    overloads = [r for r in cache.routines.get(QualifiedName(schema, name), ()) if may_use(r)]
    if overloads:
        near = closest(_listed(arguments), map(_parameters, overloads), _LOOSELY)
        return near and f"Perhaps you meant to call the function {schema}.{name}{near}"
    names = (
        routine.name.name
        for routine, *others in cache.routines.values()
        if routine.name.schema == schema and any(map(may_use, (routine, *others)))
    )
    near = closest(name, names, _NAME)
    return near and f"Perhaps you meant to call the function {schema}.{near}"


def usable(cache: SchemaCache, role: str) -> Callable[[Table | Routine], bool]:
    """Whether a role was granted anything on a relation or function, and on its schema."""
    if role in cache.roles and cache.roles[role].is_superuser:
        return lambda _: True
    held = _held(cache, role)
    schemas = {name for name, grantees in cache.schema_grantees.items() if held & grantees}
    return lambda thing: thing.name.schema in schemas and not held.isdisjoint(thing.grantees)


def tellable(cache: SchemaCache, role: str) -> Callable[[Relationship], bool]:
    """Whether a role may know of a relationship: it may use every relation on its way."""
    may_use = usable(cache, role)

    def may_know(relationship: Relationship) -> bool:
        through = (relationship.junction.table,) if relationship.junction else ()
        way = (relationship.table, relationship.foreign_table, *through)
        return all(may_use(table) for name in way if (table := cache.tables.get(name)))

    return may_know


def _held(cache: SchemaCache, role: str) -> frozenset[str]:
    """The roles whose privileges a role has: its own, those it inherits, everyone's."""
    if role not in cache.roles:
        return frozenset()
    held, unseen = {"", role}, {role}
    while unseen:
        known = cache.roles.get(unseen.pop())
        inherited = known.inherits - held if known else frozenset()
        held |= inherited
        unseen |= inherited
    return frozenset(held)


def _listed(names: tuple[str, ...]) -> str:
    return f"({', '.join(names)})"


def _parameters(routine: Routine) -> str:
    return _listed(tuple(parameter.name for parameter in routine.parameters))
