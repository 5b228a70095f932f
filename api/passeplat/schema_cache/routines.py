"""Rows of functions and types → Routine values, media type handlers and computed fields."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from passeplat.names import QualifiedName
from passeplat.schema_cache.model import (
    MediaHandler,
    Parameter,
    ReturnType,
    Routine,
    Volatility,
)
from passeplat.schema_cache.rows import (
    CompositeColumnRow,
    MediaAggregateRow,
    RoutineRow,
    RowFunctionRow,
    TypeRow,
)
from passeplat.schema_cache.tables import Types

NO_LENGTH = -1
"""The type modifier of an argument: functions do not keep lengths."""

_UNNAMED = frozenset({"bytea", "json", "jsonb", "text", "xml"})
"""What a single unnamed argument may be: it takes the whole body."""

_INPUT = frozenset("ibv")  # in, inout, variadic
_OUTPUT = frozenset("obt")  # out, inout, table

_MEDIA_TYPE = re.compile(r"[A-Za-z0-9.-]+/[A-Za-z0-9.+-]+|\*/\*")

_VARYING = {
    "character": "character varying",
    "character[]": "character varying[]",
    "bit": "bit varying",
    "bit[]": "bit varying[]",
}

_ISOLATION = "default_transaction_isolation"

_RECORD = QualifiedName("pg_catalog", "record")
_VOID = QualifiedName("pg_catalog", "void")

CompositeColumns = Mapping[int, tuple[tuple[str, str], ...]]
"""(name, type) of the columns of composite types that are not exposed relations, by oid."""


@dataclass(frozen=True, slots=True)
class _Argument:
    name: str
    mode: str
    type: TypeRow


def composite_columns(rows: Iterable[CompositeColumnRow]) -> CompositeColumns:
    """The rows of a relation stand together."""
    return {
        relation: tuple((row.name, row.type) for row in columns)
        for relation, columns in groupby(rows, key=lambda row: row.relation)
    }


def routine(
    row: RoutineRow, types: Types, composites: CompositeColumns, hoisted: Collection[str]
) -> Routine | None:
    """None for a function that cannot be called by the names of its arguments."""
    arguments = tuple(_arguments(row, types))
    inputs = tuple(argument for argument in arguments if argument.mode in _INPUT)
    if not _is_callable(inputs):
        return None
    returns = types[row.returns, NO_LENGTH]
    settings = dict(_settings(row.settings or (), hoisted))
    isolation = settings.pop(_ISOLATION, None)
    return Routine(
        name=QualifiedName(row.schema, row.name),
        parameters=_parameters(inputs, row.defaults),
        returns=_returns(row, arguments, returns, composites),
        is_void=QualifiedName(returns.schema, returns.local_name) == _VOID,
        volatility=Volatility(row.volatility),
        has_variadic=any(argument.mode == "v" for argument in inputs),
        isolation=isolation.lower() if isolation else None,
        settings=tuple(settings.items()),
        description=row.description,
        grantees=frozenset(row.grantees),
    )


def _arguments(row: RoutineRow, types: Types) -> Iterator[_Argument]:
    oids = row.types if row.all_types is None else row.all_types
    names = row.names or [""] * len(oids)
    modes = row.modes or ["i"] * len(oids)
    for name, mode, oid in zip(names, modes, oids, strict=True):
        yield _Argument(name, mode, types[oid, NO_LENGTH])


def _is_callable(inputs: Sequence[_Argument]) -> bool:
    match inputs:
        case [_Argument(name="") as only]:
            return only.type.name in _UNNAMED
        case _:
            return all(argument.name for argument in inputs)


def _parameters(inputs: Sequence[_Argument], defaults: int) -> tuple[Parameter, ...]:
    first_optional = len(inputs) - defaults
    return tuple(
        Parameter(
            name=argument.name,
            type=argument.type.name,
            type_without_length=_VARYING.get(argument.type.name, argument.type.name),
            required=place < first_optional,
            variadic=argument.mode == "v",
        )
        for place, argument in enumerate(inputs)
    )


def _returns(
    row: RoutineRow,
    arguments: Iterable[_Argument],
    of: TypeRow,
    composites: CompositeColumns,
) -> ReturnType:
    outputs = [argument for argument in arguments if argument.mode in _OUTPUT]
    if outputs:
        columns = tuple(
            (argument.name or f"column{place}", argument.type.name)
            for place, argument in enumerate(outputs, 1)
        )
        return ReturnType(_RECORD, True, row.returns_set, is_record=True, columns=columns)
    if of.relation_schema is not None and of.relation_name is not None:
        name = QualifiedName(of.relation_schema, of.relation_name)
        columns = composites.get(of.relation, ())
        return ReturnType(name, True, row.returns_set, columns=columns)
    return ReturnType(
        QualifiedName(of.schema, of.local_name),
        is_composite=False,
        is_set=row.returns_set,
        media_type=media_type(of.local_name) if of.is_domain else None,
    )


def _settings(texts: Iterable[str], wanted: Collection[str]) -> Iterator[tuple[str, str]]:
    for text in texts:
        name, _, value = text.partition("=")
        if name in wanted:
            yield name, value


def media_type(name: str) -> str | None:
    """The media type a domain is named after, if it is; those of PostgREST are not for others."""
    lower = name.lower()
    if not _MEDIA_TYPE.fullmatch(name) or lower.startswith("application/vnd.pgrst."):
        return None
    return lower


def media_handlers(
    routines: Iterable[Routine], aggregates: Iterable[MediaAggregateRow]
) -> Mapping[tuple[QualifiedName | None, str], MediaHandler]:
    by_aggregate = (
        MediaHandler(name, QualifiedName(row.schema, row.name), _relation(row))
        for row in aggregates
        if (name := media_type(row.domain))
    )
    by_function = (
        MediaHandler(routine.returns.media_type, routine.name, routine.name)
        for routine in routines
        if routine.returns.media_type and not routine.returns.is_set
    )
    handlers = (*by_aggregate, *by_function)
    return {(handler.relation, handler.media_type): handler for handler in handlers}


def _relation(row: MediaAggregateRow) -> QualifiedName | None:
    if row.relation_schema is None or row.relation_name is None:
        return None
    return QualifiedName(row.relation_schema, row.relation_name)


def computed_fields(
    rows: Iterable[RowFunctionRow], search_path: Collection[str]
) -> Mapping[QualifiedName, frozenset[str]]:
    """By relation or composite type: the functions a request finds without their schema."""
    found: defaultdict[QualifiedName, set[str]] = defaultdict(set)
    for row in rows:
        if row.schema in search_path:
            found[QualifiedName(row.relation_schema, row.relation_name)].add(row.name)
    return {relation: frozenset(names) for relation, names in found.items()}
