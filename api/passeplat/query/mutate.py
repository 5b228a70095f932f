"""Writes as SQL: the body is one JSON parameter that PostgreSQL takes apart."""

from typing import assert_never

from passeplat.names import literal, quote, quote_qualified
from passeplat.plan.model import (
    Conflict,
    DeletePlan,
    EmbedIsNull,
    InsertPlan,
    MutatePlan,
    ResolvedCondition,
    UpdatePlan,
    WriteColumn,
)
from passeplat.query.condition import condition_sql
from passeplat.query.params import Params
from passeplat.request.model import Body, FormBody, JsonBody, RawBody, RawJsonBody

INSERTED = "pgrst.inserted"
"""Counts rows an upsert inserted: up for each row proposed, down for each that was there."""

_COUNT = f"coalesce(nullif(pg_catalog.current_setting('{INSERTED}', true), ''), '0')::int"


def mutate_sql(plan: MutatePlan, params: Params) -> str:
    match plan:
        case InsertPlan():
            return _insert(plan, params)
        case UpdatePlan():
            return _update(plan, params)
        case DeletePlan():
            return _delete(plan, params)
        case _:
            assert_never(plan)


def _insert(plan: InsertPlan, params: Params) -> str:
    into = f"insert into {quote_qualified(plan.table)}"
    returning = _returning(quote_qualified(plan.table), plan.returning)
    if not plan.columns and not is_array(plan.body):
        return f"{into} default values{_on_conflict(plan)}{returning}"
    columns = ", ".join(quote(column.name) for column in plan.columns)
    targets = f"({columns})" if columns else ""
    rows = _rows(plan.body, plan.columns, params, defaults=plan.defaults)
    where = [_body_condition(each, params) for each in plan.where]
    if _counts_inserted(plan.conflict):
        where.append(f"pg_catalog.set_config('{INSERTED}', ({_COUNT} + 1)::text, true) <> '0'")
    filtered = f" where {' and '.join(where)}" if where else ""
    values = ", ".join(_value(column) for column in plan.columns)
    return f"{into}{targets} select {values} from {rows}{filtered}{_on_conflict(plan)}{returning}"


def _body_condition(condition: ResolvedCondition, params: Params) -> str:
    return condition_sql(condition, "pgrst_body", params, _no_embeds)


def _no_embeds(condition: EmbedIsNull) -> str:
    raise AssertionError(condition)


def _counts_inserted(conflict: Conflict | None) -> bool:
    return conflict is not None and conflict.merge


def _on_conflict(plan: InsertPlan) -> str:
    conflict = plan.conflict
    if conflict is None:
        return ""
    target = ", ".join(quote(column) for column in conflict.columns)
    if not conflict.merge or not plan.columns:
        return f" on conflict ({target}) do nothing"
    sets = ", ".join(f"{quote(each.name)} = excluded.{quote(each.name)}" for each in plan.columns)
    counted = f"pg_catalog.set_config('{INSERTED}', ({_COUNT} - 1)::text, true) <> '-1'"
    return f" on conflict ({target}) do update set {sets} where {counted}"


def _update(plan: UpdatePlan, params: Params) -> str:
    table = quote_qualified(plan.table)
    if not plan.columns:
        returned = _returned(table, plan.returning)
        return f"select {returned} from {table} where false"
    sets = ", ".join(f"{quote(each.name)} = {_value(each)}" for each in plan.columns)
    row = _rows(plan.body, plan.columns, params, defaults=plan.defaults, single=True)
    where = _where(plan.where, table, params)
    return f"update {table} set {sets} from {row}{where}{_returning(table, plan.returning)}"


def _delete(plan: DeletePlan, params: Params) -> str:
    table = quote_qualified(plan.table)
    where = _where(plan.where, table, params)
    return f"delete from {table}{where}{_returning(table, plan.returning)}"


def _where(conditions: tuple[ResolvedCondition, ...], table: str, params: Params) -> str:
    if not conditions:
        return ""
    return " where " + " and ".join(
        condition_sql(each, table, params, _no_embeds) for each in conditions
    )


def _value(column: WriteColumn) -> str:
    value = f"pgrst_body.{quote(column.name)}"
    return value if column.parser is None else f"{quote_qualified(column.parser)}({value})"


def _rows(
    body: Body,
    columns: tuple[WriteColumn, ...],
    params: Params,
    *,
    defaults: bool,
    single: bool = False,
) -> str:
    """The body as rows called pgrst_body, one column for each that is written."""
    kind = "jsonb" if defaults else "json"
    document = f"{params.bind(raw(body))}::{kind}"
    array, source = is_array(body), ""
    if defaults:
        source = f"{_with_defaults(document, columns, array=array)}, lateral "
        document, array = "pgrst_defaults.pgrst_rows", True
    if single and array:
        document, array = f"({document})->0", False
    function = f"{kind}_to_recordset" if array else f"{kind}_to_record"
    if not columns:
        return f"{source}{kind}_array_elements({document}) as pgrst_body"
    shape = ", ".join(f"{quote(each.name)} {each.type}" for each in columns)
    return f"{source}{function}({document}) as pgrst_body({shape})"


def _with_defaults(document: str, columns: tuple[WriteColumn, ...], *, array: bool) -> str:
    pairs = [(each.name, _default(each)) for each in columns if each.default is not None]
    objects = " || ".join(_object(pairs[at : at + 50]) for at in range(0, len(pairs), 50))
    elements = document if array else f"pg_catalog.jsonb_build_array({document})"
    merged = f"{objects} || elem" if objects else "elem"
    return (
        f"(select pg_catalog.jsonb_agg({merged}) as pgrst_rows"
        f" from pg_catalog.jsonb_array_elements({elements}) as elem) as pgrst_defaults"
    )


def _default(column: WriteColumn) -> str:
    """What is parsed like the client's values is first shown like them."""
    default = column.default or "null"
    return default if column.reader is None else f"{quote_qualified(column.reader)}({default})"


def _object(pairs: list[tuple[str, str]]) -> str:
    """`json_build_object` takes at most 100 arguments."""
    arguments = ", ".join(f"{literal(name)}, {default}" for name, default in pairs)
    return f"pg_catalog.jsonb_build_object({arguments})"


def raw(body: Body) -> bytes:
    match body:
        case JsonBody(raw=content) | RawJsonBody(content) | RawBody(content):
            return content
        case FormBody():
            return b"{}"
        case _:
            assert_never(body)


def is_array(body: Body) -> bool:
    match body:
        case JsonBody(is_array=array):
            return array
        case RawJsonBody(content):
            return content.lstrip()[:1] == b"["
        case _:
            return False


def _returning(table: str, names: tuple[str, ...]) -> str:
    return f" returning {_returned(table, names)}"


def _returned(table: str, names: tuple[str, ...]) -> str:
    if not names:
        return "1"
    return ", ".join(f"{table}.*" if name == "*" else f"{table}.{quote(name)}" for name in names)
