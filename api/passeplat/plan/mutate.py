"""Writes: which columns, what on conflict, and what must come back for the read on top."""

from passeplat.errors import ColumnNotFound, InvalidPutFilters, PutLimit, PutMismatch
from passeplat.plan.fields import Source, resolve_filter
from passeplat.plan.model import (
    Conflict,
    DeletePlan,
    DirectJoin,
    EmbedPlan,
    FunctionJoin,
    InsertPlan,
    JunctionJoin,
    MutatePlan,
    ReadPlan,
    ResolvedCondition,
    ResolvedFilter,
    ResolvedLogic,
    SelectedField,
    UpdatePlan,
    WriteColumn,
)
from passeplat.request.model import (
    Action,
    ApiRequest,
    Body,
    Compare,
    Condition,
    Filter,
    FormBody,
    JsonBody,
    Logic,
    Range,
)
from passeplat.schema_cache.model import SchemaCache, Table


def plan_change(
    request: ApiRequest, table: Table, cache: SchemaCache, returning: tuple[str, ...]
) -> MutatePlan:
    source = Source(cache, table.name, table.name.name)
    match request.action:
        case Action.UPDATE:
            return UpdatePlan(
                table.name,
                _write_columns(request, table, cache),
                _body(request),
                returning,
                _conditions(source, request),
                request.preferences.missing == "default",
            )
        case Action.DELETE:
            return DeletePlan(table.name, returning, _conditions(source, request))
        case Action.UPSERT:
            _check_put(request, table)
            put = _insert(request, table, cache, returning, _conditions(source, request))
            if not {column.name for column in put.columns}.issuperset(table.primary_key):
                raise PutMismatch
            return put
        case _:
            return _insert(request, table, cache, returning, ())


def _insert(
    request: ApiRequest,
    table: Table,
    cache: SchemaCache,
    returning: tuple[str, ...],
    where: tuple[ResolvedCondition, ...],
) -> InsertPlan:
    body = _body(request)
    return InsertPlan(
        table.name,
        _write_columns(request, table, cache),
        body,
        returning,
        conflict_of(request, table),
        request.preferences.missing == "default",
        where,
    )


def conflict_of(request: ApiRequest, table: Table) -> Conflict | None:
    """PUT merges on the key; POST does what `Prefer: resolution` says, if there is a target."""
    if request.action is Action.UPSERT:
        return Conflict(table.primary_key, merge=True)
    resolution = request.preferences.resolution
    columns = request.query.on_conflict or table.primary_key
    if resolution is None or not columns:
        return None
    for column in columns:
        _check_column(table, column)
    return Conflict(columns, merge=resolution == "merge-duplicates")


def _body(request: ApiRequest) -> Body:
    return request.body if request.body is not None else JsonBody(b"[]", (), is_array=True)


def _write_columns(
    request: ApiRequest, table: Table, cache: SchemaCache
) -> tuple[WriteColumn, ...]:
    names = request.query.columns
    if names is None:
        names = _keys(_body(request))
    return tuple(_write_column(table, name, cache) for name in names)


def _keys(body: Body) -> tuple[str, ...]:
    match body:
        case JsonBody(keys=keys):
            return keys
        case FormBody(pairs):
            return tuple(dict(pairs))
        case _:
            return ()


def _write_column(table: Table, name: str, cache: SchemaCache) -> WriteColumn:
    _check_column(table, name)
    column = table.columns[name]
    parser = cache.representations.get(("json", column.nominal_type))
    if parser is None:
        return WriteColumn(name, column.nominal_type, column.default)
    reader = cache.representations.get((column.nominal_type, "json"))
    shown = None if reader is None else reader.function
    return WriteColumn(name, "json", column.default, parser.function, shown)


def _check_column(table: Table, name: str) -> None:
    if name not in table.columns:
        raise ColumnNotFound(name, table.name.name)


def _conditions(source: Source, request: ApiRequest) -> tuple[ResolvedCondition, ...]:
    here = (condition for path, condition in request.query.conditions if not path)
    return tuple(_resolve(source, condition) for condition in here)


def _resolve(source: Source, condition: Condition) -> ResolvedCondition:
    match condition:
        case Filter():
            return resolve_filter(source, condition)
        case Logic(operator, conditions, negated):
            return ResolvedLogic(
                operator, tuple(_resolve(source, each) for each in conditions), negated
            )


def _check_put(request: ApiRequest, table: Table) -> None:
    """PUT names one row: the filters are its whole primary key, each with a plain `eq`."""
    if request.range != Range():
        raise PutLimit
    names = [_key_filter(condition) for _, condition in request.query.conditions]
    if not table.primary_key or sorted(table.primary_key) != sorted(filter(None, names)):
        raise InvalidPutFilters
    if None in names:
        raise InvalidPutFilters


def _key_filter(condition: Condition) -> str | None:
    match condition:
        case Filter(field, Compare("eq", quantifier=None), negated=False) if not field.path:
            return field.name
        case _:
            return None


def returned_names(read: ReadPlan, extra: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The columns of a write that the read on top of it uses; `("*",)` for all."""
    names: dict[str, None] = dict.fromkeys(extra)
    for item in read.select:
        if not isinstance(item, SelectedField):
            return ("*",)
        if item.target is not None:
            names[item.target.name] = None
    for embed in read.embeds:
        if isinstance(embed.join, FunctionJoin):
            return ("*",)
        names.update(dict.fromkeys(_join_columns(embed)))
    names.update(dict.fromkeys(order.target.name for order in read.order if order.embed is None))
    names.update(dict.fromkeys(_filtered(read.where)))
    return tuple(names)


def _filtered(conditions: tuple[ResolvedCondition, ...]) -> list[str]:
    names: list[str] = []
    for condition in conditions:
        match condition:
            case ResolvedFilter(target):
                names.append(target.name)
            case ResolvedLogic(conditions=inner):
                names += _filtered(inner)
            case _:
                pass
    return names


def _join_columns(embed: EmbedPlan) -> list[str]:
    match embed.join:
        case DirectJoin(columns):
            return [pair.left for pair in columns]
        case JunctionJoin(parent_columns=columns):
            return [pair.left for pair in columns]
        case FunctionJoin():
            return []
