"""Plans that can leave nothing behind in a session, so that it need not be reset after them.

A plan that reads tables and views runs what their owner wrote: views, policies, types. Whether that
can change the session PostgreSQL's catalogue tells, once for each set of relations. A plan that
runs anything else, or that names what is not certainly built in, is not inert.
"""

from collections.abc import Iterator

from passeplat.names import QualifiedName
from passeplat.plan.model import (
    Comparison,
    FunctionJoin,
    Inclusion,
    JunctionJoin,
    LiftedField,
    Plan,
    ReadPlan,
    ResolvedCondition,
    ResolvedFilter,
    ResolvedLogic,
    SelectedField,
)
from passeplat.schema_cache.model import SchemaCache

FUNCTIONS = frozenset(
    {
        *("array_agg", "avg", "count", "current_setting", "json_agg", "json_object_keys"),
        *("json_strip_nulls", "jsonb_agg", "left", "max", "min", "phraseto_tsquery"),
        *("plainto_tsquery", "replace", "right", "row_to_json", "set_config", "string_agg", "sum"),
        *("to_json", "to_jsonb", "to_tsquery", "to_tsvector", "websearch_to_tsquery"),
    }
)
"""What the SQL of reads calls."""

OPERATORS = frozenset(
    {
        *("=", "<>", ">", ">=", "<", "<=", "~~", "~~*", "~", "~*", "@>", "<@", "&&", "<<", ">>"),
        *("&<", "&>", "-|-", "@@", "->", "->>", "||"),
    }
)
_FORMS = frozenset({"array", "object", "array-stripped", "object-stripped", "csv", "ndjson"})
_BUILT_IN = frozenset(
    {
        None,
        *("bigint", "bool", "boolean", "bytea", "date", "double precision", "float4", "float8"),
        *("int", "int2", "int4", "int8", "integer", "interval", "json", "jsonb", "numeric", "real"),
        *("smallint", "text", "time", "timestamp", "timestamptz", "uuid", "varchar"),
    }
)


def relations_of(plan: Plan, cache: SchemaCache) -> frozenset[QualifiedName] | None:
    """What the plan reads. None if it does more than read relations known to the cache."""
    shown = plan.representation
    if plan.change is not None or shown.handler is not None or shown.explain is not None:
        return None
    if shown.form not in _FORMS or not all(_is_plain(each, cache) for each in _levels(plan.read)):
        return None
    junctions = (
        embed.join.table
        for level in _levels(plan.read)
        for embed in level.embeds
        if isinstance(embed.join, JunctionJoin)
    )
    return frozenset((*(level.source for level in _levels(plan.read)), *junctions))


def _levels(read: ReadPlan) -> Iterator[ReadPlan]:
    yield read
    for embed in read.embeds:
        yield from _levels(embed.read)


def _is_plain(level: ReadPlan, cache: SchemaCache) -> bool:
    """Columns, built-in casts and nothing that calls a function by name."""
    table = cache.tables.get(level.source)
    fields = [item for item in level.select if isinstance(item, SelectedField)]
    shown: list[SelectedField | LiftedField] = list(fields)
    shown += (each for embed in level.embeds for each in embed.lifted)
    filters = list(_filters(level.where))
    targets = (
        *(item.target for item in fields if item.target is not None),
        *(each.target for each in filters),
        *(term.target for term in level.order),
    )
    return (
        table is not None
        and all(each.reader is None and each.name in table.columns for each in targets)
        and all(term.embed is None for term in level.order)
        and all(map(_is_built_in, shown))
        and not any(map(_is_parsed, filters))
        and not any(isinstance(embed.join, FunctionJoin) for embed in level.embeds)
    )


def _is_built_in(field: SelectedField | LiftedField) -> bool:
    casts = {field.aggregate_cast, field.cast if isinstance(field, SelectedField) else None}
    return casts <= _BUILT_IN


def _is_parsed(condition: ResolvedFilter) -> bool:
    """A domain's own function reads the value."""
    operation = condition.operation
    return isinstance(operation, Comparison | Inclusion) and operation.parser is not None


def _filters(conditions: tuple[ResolvedCondition, ...]) -> Iterator[ResolvedFilter]:
    for condition in conditions:
        if isinstance(condition, ResolvedFilter):
            yield condition
        elif isinstance(condition, ResolvedLogic):
            yield from _filters(condition.conditions)
