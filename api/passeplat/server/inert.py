"""Plans that can leave nothing behind in a session, so that it need not be reset after them.

A plan that reads or writes tables and views runs what their owner wrote: views, policies, types,
and for writes defaults, checks, triggers. Whether that can change the session the catalogue of
PostgreSQL tells, once for each set of relations. A plan that runs anything else, or that names what
is not certainly built in, is not inert. A write that is may still have advanced sequences.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import repeat
from typing import TypeAlias, assert_never

from passeplat.names import QualifiedName
from passeplat.plan.model import (
    CallPlan,
    Comparison,
    DeletePlan,
    FunctionJoin,
    Inclusion,
    InsertPlan,
    JunctionJoin,
    LiftedField,
    MutatePlan,
    Plan,
    ReadPlan,
    ResolvedCondition,
    ResolvedFilter,
    ResolvedLogic,
    SelectedField,
    Target,
    UpdatePlan,
)
from passeplat.schema_cache.inert import Event, Write
from passeplat.schema_cache.model import Column, SchemaCache

Touched: TypeAlias = frozenset[QualifiedName] | Write
"""The relations that are read, or what is written."""

FUNCTIONS = frozenset(
    {
        *("array_agg", "avg", "count", "current_setting", "json_agg", "json_object_keys"),
        *("json_strip_nulls", "jsonb_agg", "left", "max", "min", "phraseto_tsquery"),
        *("plainto_tsquery", "replace", "right", "row_to_json", "set_config", "string_agg", "sum"),
        *("to_json", "to_jsonb", "to_tsquery", "to_tsvector", "websearch_to_tsquery"),
    }
)
"""What the SQL of reads calls."""

WRITE_FUNCTIONS = FUNCTIONS | {
    *("json_array_elements", "json_to_record", "json_to_recordset"),
    *("jsonb_array_elements", "jsonb_build_array", "jsonb_build_object"),
    *("jsonb_to_record", "jsonb_to_recordset"),
}
"""What the SQL of writes calls."""

OPERATORS = frozenset(
    {
        *("=", "<>", ">", ">=", "<", "<=", "~~", "~~*", "~", "~*", "@>", "<@", "&&", "<<", ">>"),
        *("&<", "&>", "-|-", "@@", "->", "->>", "||"),
    }
)
WRITE_OPERATORS = OPERATORS | {"+", "-"}
_FORMS = frozenset({"array", "object", "array-stripped", "object-stripped", "csv", "ndjson"})
_BUILT_IN = frozenset(
    {
        None,
        *("bigint", "bool", "boolean", "bytea", "date", "double precision", "float4", "float8"),
        *("int", "int2", "int4", "int8", "integer", "interval", "json", "jsonb", "numeric", "real"),
        *("smallint", "text", "time", "timestamp", "timestamptz", "uuid", "varchar"),
    }
)


def touched_by(plan: Plan, cache: SchemaCache) -> Touched | None:
    """What has to be harmless that the plan is. None if that does not suffice."""
    return relations_of(plan, cache) if plan.change is None else write_of(plan, cache)


def relations_of(plan: Plan, cache: SchemaCache) -> frozenset[QualifiedName] | None:
    """What the plan reads. None if it does more than read relations known to the cache."""
    if plan.change is not None or plan.representation.explain is not None:
        return None
    return _shown(plan, plan.read.source, cache)


def write_of(plan: Plan, cache: SchemaCache) -> Write | None:
    """What the plan writes, and reads to show it. None if it does more than that, or not that."""
    change = plan.change
    if change is None or isinstance(change, CallPlan) or plan.representation.explain is not None:
        return None
    if not _is_plain_change(change, cache):
        return None
    read = _shown(plan, change.table, cache) if plan.wants_body else frozenset[QualifiedName]()
    return None if read is None else Write(change.table, _events(change), read)


def _events(change: MutatePlan) -> frozenset[Event]:
    match change:
        case InsertPlan(conflict=conflict):
            merges = conflict is not None and conflict.merge
            return frozenset(("insert", "update") if merges else ("insert",))
        case UpdatePlan():
            return frozenset(("update",))
        case DeletePlan():
            return frozenset(("delete",))
        case _:
            assert_never(change)


def _is_plain_change(change: MutatePlan, cache: SchemaCache) -> bool:
    """Values as they came, or what the table itself says of them."""
    table = cache.tables.get(change.table)
    if table is None or not _are_plain(change.where, table.columns):
        return False
    if isinstance(change, DeletePlan):
        return True
    return all(
        each.name in table.columns
        and each.parser is None
        and not (change.defaults and each.default is not None)
        for each in change.columns
    )


def _shown(plan: Plan, root: QualifiedName, cache: SchemaCache) -> frozenset[QualifiedName] | None:
    """What the answer is read from. `root`: the relation whose rows the plan shows."""
    shown = plan.representation
    if shown.handler is not None or shown.form not in _FORMS:
        return None
    embedded = [each for embed in plan.read.embeds for each in _levels(embed.read)]
    sources = (root, *(level.source for level in embedded))
    if not all(map(_is_plain, (plan.read, *embedded), sources, repeat(cache))):
        return None
    junctions = (
        embed.join.table
        for level in (plan.read, *embedded)
        for embed in level.embeds
        if isinstance(embed.join, JunctionJoin)
    )
    return frozenset((*sources, *junctions))


def _levels(read: ReadPlan) -> Iterator[ReadPlan]:
    yield read
    for embed in read.embeds:
        yield from _levels(embed.read)


def _is_plain(level: ReadPlan, source: QualifiedName, cache: SchemaCache) -> bool:
    """Columns, built-in casts and nothing that calls a function by name."""
    table = cache.tables.get(source)
    fields = [item for item in level.select if isinstance(item, SelectedField)]
    shown: list[SelectedField | LiftedField] = list(fields)
    shown += (each for embed in level.embeds for each in embed.lifted)
    targets = (
        *(item.target for item in fields if item.target is not None),
        *(term.target for term in level.order),
    )
    return (
        table is not None
        and _are_columns(targets, table.columns)
        and _are_plain(level.where, table.columns)
        and all(term.embed is None for term in level.order)
        and all(map(_is_built_in, shown))
        and not any(isinstance(embed.join, FunctionJoin) for embed in level.embeds)
    )


def _are_columns(targets: Iterable[Target], columns: Mapping[str, Column]) -> bool:
    return all(each.reader is None and each.name in columns for each in targets)


def _are_plain(conditions: tuple[ResolvedCondition, ...], columns: Mapping[str, Column]) -> bool:
    filters = list(_filters(conditions))
    targets = (each.target for each in filters)
    return _are_columns(targets, columns) and not any(map(_is_parsed, filters))


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
