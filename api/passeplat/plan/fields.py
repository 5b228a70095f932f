"""Names of one level become targets: which column, through which cast or representation."""

from dataclasses import dataclass
from typing import assert_never

from passeplat.errors import DatabaseError
from passeplat.names import QualifiedName
from passeplat.plan.model import (
    Comparison,
    Inclusion,
    ResolvedFilter,
    Target,
    TextSearch,
)
from passeplat.request.model import (
    Compare,
    Field,
    Filter,
    FullText,
    In,
    Is,
    IsDistinct,
)
from passeplat.schema_cache.model import Column, SchemaCache, Table

_JSON = frozenset({"json", "jsonb"})
_PATTERNS = frozenset({"like", "ilike"})  # match text, not a value of the domain


@dataclass(frozen=True, slots=True)
class Source:
    """What the names of a level refer to: the relation, if the cache knows it, and its alias."""

    cache: SchemaCache
    relation: QualifiedName
    alias: str  # as PostgreSQL's messages name it
    returned: frozenset[str] = (
        frozenset()
    )  # columns of a function's result, where no table has them

    @property
    def table(self) -> Table | None:
        return self.cache.tables.get(self.relation)

    def column(self, name: str) -> Column | None:
        table = self.table
        return table.columns.get(name) if table is not None else None


def check_name(source: Source, name: str) -> None:
    """Refuse `relation.function` notation but for known computed fields and PostgREST's `count`.

    PostgreSQL reads `t.f` as `f(t)` where no column is called f: any function of one argument,
    and any type as a cast, would be callable by name. A name that is none of these is left to
    PostgreSQL, whose message knows best.
    """
    if source.column(name) is not None or name in source.returned or name in ("*", "count"):
        return
    if name in source.cache.computed_fields.get(source.relation, ()):
        return
    if name in source.cache.callable_names:
        message = f"column {source.alias}.{name} does not exist"
        raise DatabaseError({"S": "ERROR", "C": "42703", "M": message})


def target(source: Source, field: Field) -> Target:
    check_name(source, field.name)
    column = source.column(field.name)
    return Target(
        field.name,
        field.path,
        to_jsonb=bool(field.path) and (column is None or column.type not in _JSON),
    )


def output_target(source: Source, field: Field) -> Target:
    """As `target`, but a domain with a cast to JSON is read through it."""
    plain = target(source, field)
    column = source.column(field.name)
    if column is None or field.path:
        return plain
    reader = source.cache.representations.get((column.nominal_type, "json"))
    return plain if reader is None else Target(field.name, reader=reader.function)


def output_name(field: Field) -> str:
    """The last key of a JSON path, else the column."""
    return next(
        (step.key for step in reversed(field.path) if isinstance(step.key, str)), field.name
    )


def resolve_filter(source: Source, condition: Filter) -> ResolvedFilter:
    return ResolvedFilter(
        target(source, condition.field), _operation(source, condition), condition.negated
    )


def _operation(
    source: Source, condition: Filter
) -> Comparison | Inclusion | Is | IsDistinct | TextSearch:
    match condition.operation:
        case Compare(operator, value, quantifier):
            parser = None if operator in _PATTERNS else _parser(source, condition.field)
            return Comparison(operator, value, quantifier, parser)
        case In() as operation:
            return Inclusion(operation, _parser(source, condition.field))
        case FullText(operator, value, language):
            return TextSearch(operator, value, language, _is_text(source, condition.field))
        case Is() | IsDistinct() as operation:
            return operation
        case _:
            assert_never(condition.operation)


def _parser(source: Source, field: Field) -> QualifiedName | None:
    column = source.column(field.name)
    if column is None or field.path:
        return None
    found = source.cache.representations.get(("text", column.nominal_type))
    return None if found is None else found.function


def _is_text(source: Source, field: Field) -> bool:
    """A tsvector is searched as it is; what the cache does not know is taken for one."""
    column = source.column(field.name)
    if field.path:
        return True
    return column is not None and column.type != "tsvector"
