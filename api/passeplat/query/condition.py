"""Conditions and targets as SQL."""

from collections.abc import Callable
from typing import assert_never

from passeplat.names import QualifiedName, literal, quote, quote_qualified
from passeplat.plan.model import (
    Comparison,
    EmbedIsNull,
    Inclusion,
    ResolvedCondition,
    ResolvedFilter,
    ResolvedLogic,
    Target,
    TextSearch,
)
from passeplat.query.params import Params, array_literal
from passeplat.request.model import Is, IsDistinct, JsonStep

OPERATORS = {
    "eq": "=",
    "neq": "<>",
    "gt": ">",
    "gte": ">=",
    "lt": "<",
    "lte": "<=",
    "like": "like",
    "ilike": "ilike",
    "match": "~",
    "imatch": "~*",
    "cs": "@>",
    "cd": "<@",
    "ov": "&&",
    "sl": "<<",
    "sr": ">>",
    "nxr": "&<",
    "nxl": "&>",
    "adj": "-|-",
}
_PATTERNS = frozenset({"like", "ilike"})
_TEXT_SEARCH = {
    "fts": "to_tsquery",
    "plfts": "plainto_tsquery",
    "phfts": "phraseto_tsquery",
    "wfts": "websearch_to_tsquery",
}
_IS = {
    "null": "is null",
    "not_null": "is not null",
    "true": "is true",
    "false": "is false",
    "unknown": "is unknown",
}


def label(source: QualifiedName, alias: str | None) -> str:
    """How columns of a level are addressed."""
    return quote(alias) if alias else quote_qualified(source)


def target_sql(target: Target, of: str) -> str:
    column = f"{of}.*" if target.name == "*" else f"{of}.{quote(target.name)}"
    if target.reader is not None:
        return f"{quote_qualified(target.reader)}({column})"
    if not target.path:
        return column
    base = f"pg_catalog.to_jsonb({column})" if target.to_jsonb else column
    return f"({base}{''.join(_step(step) for step in target.path)})"


def _step(step: JsonStep) -> str:
    """A key is part of the statement, so that an index on the expression can match it."""
    key = str(step.key) if isinstance(step.key, int) else literal(step.key)
    return f"{step.arrow}{key}"


def condition_sql(
    condition: ResolvedCondition,
    of: str,
    params: Params,
    embed_is_null: Callable[[EmbedIsNull], str],
) -> str:
    match condition:
        case ResolvedFilter():
            return filter_sql(condition, of, params)
        case EmbedIsNull():
            return embed_is_null(condition)
        case ResolvedLogic(operator, conditions, negated):
            inner = f" {operator} ".join(
                condition_sql(each, of, params, embed_is_null) for each in conditions
            )
            return f"not ({inner})" if negated else f"({inner})"
        case _:
            assert_never(condition)


def filter_sql(condition: ResolvedFilter, of: str, params: Params) -> str:
    sql = _operation(condition, target_sql(condition.target, of), params)
    return f"not ({sql})" if condition.negated else sql


def _operation(condition: ResolvedFilter, target: str, params: Params) -> str:
    match condition.operation:
        case Comparison() as comparison:
            return f"{target} {_comparison(comparison, params)}"
        case Inclusion(operation, parser):
            values = params.bind(array_literal(operation.values))
            if parser is None:
                return f"{target} = any ({values})"
            parsed = f"select {quote_qualified(parser)}(pg_catalog.unnest({values}::text[]))"
            return f"{target} = any ({parsed})"
        case TextSearch() as search:
            return _text_search(search, target, params)
        case Is(value):
            return f"{target} {_IS[value]}"
        case IsDistinct(value):
            return f"{target} is distinct from {params.bind(value)}"
        case _:
            assert_never(condition.operation)


def _comparison(comparison: Comparison, params: Params) -> str:
    value = comparison.value
    if comparison.operator in _PATTERNS:
        value = value.replace("*", "%")
    parameter = params.bind(value)
    if comparison.parser is not None:
        parameter = f"{quote_qualified(comparison.parser)}({parameter})"
    if comparison.quantifier is not None:
        parameter = f"{comparison.quantifier} ({parameter})"
    return f"{OPERATORS[comparison.operator]} {parameter}"


def _text_search(search: TextSearch, target: str, params: Params) -> str:
    language = "" if search.language is None else f"{params.bind(search.language)}::regconfig, "
    document = target
    if search.to_tsvector:
        document = f"pg_catalog.to_tsvector({language}{target})"
    parse = f"pg_catalog.{_TEXT_SEARCH[search.operator]}"
    return f"{document} @@ {parse}({language}{params.bind(search.value)})"
