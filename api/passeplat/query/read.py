"""A ReadPlan as one select: embeds are lateral joins whose rows PostgreSQL turns into JSON."""

from typing import assert_never

from passeplat.names import quote, quote_qualified
from passeplat.plan.model import (
    AllColumns,
    DirectJoin,
    EmbedIsNull,
    EmbedPlan,
    FunctionJoin,
    Join,
    JunctionJoin,
    LiftedField,
    ReadPlan,
    ResolvedOrder,
    SelectedField,
)
from passeplat.query.condition import condition_sql, label, target_sql
from passeplat.query.params import Params
from passeplat.request.model import Range


def read_sql(plan: ReadPlan, params: Params) -> str:
    return _level(plan, params, _from(plan), ())


def _level(
    plan: ReadPlan, params: Params, source: str, joins: tuple[str, ...], nothing: str = ""
) -> str:
    """`nothing` is selected where the plan selects nothing."""
    of = label(plan.source, plan.alias)
    embeds = "".join(f" {_embed(embed, of, params)}" for embed in plan.embeds)
    where = [*joins, *(condition_sql(each, of, params, _is_null) for each in plan.where)]
    return (
        f"select {_items(plan, of) or nothing} from {source}{embeds}"
        f"{' where ' + ' and '.join(where) if where else ''}"
        f"{_group_by(plan)}{_order_by(plan.order, of)}{limit_sql(plan.range)}"
    )


def _from(plan: ReadPlan) -> str:
    source = quote_qualified(plan.source)
    return f"{source} as {quote(plan.alias)}" if plan.alias else source


def limit_sql(rows: Range) -> str:
    """Numbers are part of the statement: the planner chooses better for a limit it knows."""
    limit = "" if rows.limit is None else f" limit {rows.limit}"
    return limit + (f" offset {rows.offset}" if rows.offset else "")


def _items(plan: ReadPlan, of: str) -> str:
    items = [_item(item, of) for item in plan.select]
    for embed in plan.embeds:
        items += _embed_items(embed)
    return ", ".join(items)


def _item(item: SelectedField | AllColumns, of: str) -> str:
    match item:
        case AllColumns():
            return f"{of}.*"
        case SelectedField():
            return f"{_field(item, of)} as {quote(item.name)}"
        case _:
            assert_never(item)


def _field(item: SelectedField, of: str) -> str:
    if item.target is None:
        return _aggregate("*", item.aggregate, item.aggregate_cast)
    sql = target_sql(item.target, of)
    if item.cast is not None:
        sql = f"cast({sql} as {item.cast})"
    return _aggregate(sql, item.aggregate, item.aggregate_cast)


def _aggregate(sql: str, aggregate: str | None, cast: str | None) -> str:
    if aggregate is None:
        return sql
    aggregated = f"{aggregate}({sql})"
    return aggregated if cast is None else f"cast({aggregated} as {cast})"


def _embed_items(embed: EmbedPlan) -> list[str]:
    """What an embed adds to the select list: jsonb, which can be grouped by."""
    if embed.spread:
        return [_lifted(each, embed) for each in embed.lifted]
    if embed.hidden:
        return []
    alias = quote(embed.alias)
    if embed.to_one:
        return [f"pg_catalog.to_jsonb({alias}.*) as {quote(embed.name)}"]
    return [f"coalesce({alias}.{alias}, '[]') as {quote(embed.name)}"]


def _lifted(lifted: LiftedField, embed: EmbedPlan) -> str:
    if lifted.source == "*":
        column = "*"
    elif embed.to_one:
        column = f"{quote(embed.alias)}.{quote(lifted.source)}"
    else:
        column = f"coalesce({quote(embed.alias)}.{quote(lifted.source)}, '[]')"
    sql = _aggregate(column, lifted.aggregate, lifted.aggregate_cast)
    return f"{sql} as {quote(lifted.name)}"


def _embed(embed: EmbedPlan, parent: str, params: Params) -> str:
    alias = quote(embed.alias)
    select = _child(embed, parent, params)
    join = "inner join" if embed.inner else "left join"
    if embed.to_one:
        return f"{join} lateral ({select}) as {alias} on true"
    rows = _aggregated_rows(embed)
    found = f"{alias}.{quote(embed.marker or '')} is not null" if embed.inner else "true"
    return f"{join} lateral (select {rows} from ({select}) as {alias}) as {alias} on {found}"


def _aggregated_rows(embed: EmbedPlan) -> str:
    alias = quote(embed.alias)
    if not embed.lifted:
        return f"pg_catalog.jsonb_agg({alias}) as {alias}"
    return ", ".join(
        f"pg_catalog.jsonb_agg({alias}.{quote(each.source)}) as {quote(each.source)}"
        for each in embed.lifted
    )


def _child(embed: EmbedPlan, parent: str, params: Params) -> str:
    child = embed.read
    source, conditions = join_sql(embed.join, child, parent)
    return _level(child, params, source, conditions, "true as pgrst_found")


def join_sql(join: Join, child: ReadPlan, parent: str) -> tuple[str, tuple[str, ...]]:
    """The child's FROM and the conditions that tie it to its parent."""
    of = label(child.source, child.alias)
    match join:
        case DirectJoin(columns):
            tied = tuple(
                f"{of}.{quote(pair.right)} = {parent}.{quote(pair.left)}" for pair in columns
            )
            return _from(child), tied
        case JunctionJoin():
            return _junction(join, child, parent)
        case FunctionJoin(function, argument):
            row = f"{parent}.*" if argument is None else f"{parent}::{quote_qualified(argument)}"
            return f"{quote_qualified(function)}({row}) as {of}", ()
        case _:
            assert_never(join)


def _junction(join: JunctionJoin, child: ReadPlan, parent: str) -> tuple[str, tuple[str, ...]]:
    of = label(child.source, child.alias)
    junction = quote(join.alias)
    to_parent = (
        f"{junction}.{quote(pair.right)} = {parent}.{quote(pair.left)}"
        for pair in join.parent_columns
    )
    to_child = (
        f"{of}.{quote(pair.right)} = {junction}.{quote(pair.left)}" for pair in join.child_columns
    )
    source = f"{_from(child)}, {quote_qualified(join.table)} as {junction}"
    return source, (*to_parent, *to_child)


def _is_null(condition: EmbedIsNull) -> str:
    alias = quote(condition.alias)
    negation = "" if condition.negated else "not "
    if condition.column is None:
        return f"{alias} is {negation}distinct from null"
    test = "is not null" if condition.negated else "is null"
    return f"{alias}.{quote(condition.column)} {test}"


def _group_by(plan: ReadPlan) -> str:
    """By the position of everything that is not an aggregate."""
    if not plan.aggregates:
        return ""
    grouped = [isinstance(item, AllColumns) or item.aggregate is None for item in plan.select]
    for embed in plan.embeds:
        if embed.spread:
            grouped += [each.aggregate is None for each in embed.lifted]
        elif not embed.hidden:
            grouped.append(True)
    positions = [str(position) for position, by in enumerate(grouped, 1) if by]
    return f" group by {', '.join(positions)}" if positions else ""


def _order_by(order: tuple[ResolvedOrder, ...], of: str) -> str:
    if not order:
        return ""
    return " order by " + ", ".join(_order_term(term, of) for term in order)


def _order_term(term: ResolvedOrder, of: str) -> str:
    sql = target_sql(term.target, quote(term.embed) if term.embed else of)
    direction = f" {term.direction}" if term.direction else ""
    return sql + direction + (f" nulls {term.nulls}" if term.nulls else "")
