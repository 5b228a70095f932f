"""Rows called pgrst_rows become one body, made by PostgreSQL."""

from passeplat.names import quote_qualified
from passeplat.plan.model import CallPlan, Form, Handler, Plan
from passeplat.query.call import SCALAR

ROWS = "_postgrest_t"

_LINE = f"pg_catalog.substring({ROWS}::text, 2, pg_catalog.length({ROWS}::text) - 2)"
_CSV = (
    "(select coalesce(pg_catalog.string_agg(k, ','), '')"
    " from (select pg_catalog.json_object_keys(r)::text as k from"
    " (select pg_catalog.row_to_json(hh) as r from pgrst_source as hh limit 1) s) a) || E'\\n'"
    f" || coalesce(pg_catalog.string_agg({_LINE}, E'\\n'), '')"
)
_GEOJSON = (
    "pg_catalog.json_build_object('type', 'FeatureCollection', 'features',"
    f" coalesce(pg_catalog.json_agg(ST_AsGeoJSON({ROWS})::json), '[]'))"
)


def body_sql(plan: Plan) -> str:
    if not plan.wants_body:
        return "''"
    call = plan.change if isinstance(plan.change, CallPlan) else None
    value = f"{ROWS}.{SCALAR}" if call is not None and call.scalar else ROWS
    if plan.representation.handler is not None:
        return _handled(plan.representation.handler, value)
    single = call is not None and not call.returns_set
    return _json(plan.representation.form, value, single=single)


def _handled(handler: Handler, value: str) -> str:
    if handler.function is None:
        return value
    row = value if handler.relation is None else f"{value}::{quote_qualified(handler.relation)}"
    return f"{quote_qualified(handler.function)}({row})"


def _json(form: Form, value: str, *, single: bool) -> str:
    """`single`: the result of a function that returns one row or value, not a set."""
    if form == "csv":
        return _CSV
    if form == "geojson":
        return _GEOJSON
    rows = f"pg_catalog.json_agg({value})"
    if form in ("array-stripped", "object-stripped"):
        rows = f"pg_catalog.json_strip_nulls({rows})"
    if single or form in ("object", "object-stripped"):
        return f"coalesce({rows}->0, 'null')"
    return f"coalesce({rows}, '[]')"
