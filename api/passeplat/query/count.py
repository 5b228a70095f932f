"""How many rows a ReadPlan has without its limit: `select 1 …` with embeds as EXISTS."""

from functools import partial

from passeplat.names import quote, quote_qualified
from passeplat.plan.model import EmbedIsNull, EmbedPlan, ReadPlan
from passeplat.query.condition import condition_sql, label
from passeplat.query.params import Params
from passeplat.query.read import join_sql


def count_sql(plan: ReadPlan, params: Params) -> str:
    source = quote_qualified(plan.source)
    return _rows(
        plan, source if plan.alias is None else f"{source} as {quote(plan.alias)}", (), params
    )


def _rows(plan: ReadPlan, source: str, joins: tuple[str, ...], params: Params) -> str:
    of = label(plan.source, plan.alias)
    by_alias = {embed.alias: embed for embed in plan.embeds}
    is_null = partial(_is_null, by_alias, of, params)
    where = [*joins, *(condition_sql(each, of, params, is_null) for each in plan.where)]
    where += [_exists(embed, of, params) for embed in plan.embeds if embed.inner]
    return f"select 1 from {source}{' where ' + ' and '.join(where) if where else ''}"


def _exists(embed: EmbedPlan, parent: str, params: Params) -> str:
    source, joins = join_sql(embed.join, embed.read, parent)
    return f"exists ({_rows(embed.read, source, joins, params)})"


def _is_null(
    by_alias: dict[str, EmbedPlan], parent: str, params: Params, condition: EmbedIsNull
) -> str:
    exists = _exists(by_alias[condition.alias], parent, params)
    return exists if condition.negated else f"not {exists}"
