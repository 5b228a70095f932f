"""Rows called pgrst_rows become one body, made by PostgreSQL."""

from passeplat.names import quote_qualified
from passeplat.plan.model import CallPlan, Form, Handler, Plan
from passeplat.query.call import SCALAR

ROWS = "_postgrest_t"

CSV_LINE = f"pg_catalog.right(pg_catalog.left({ROWS}::text, -1), -1)"
_CSV = (
    "(select coalesce(pg_catalog.string_agg(k, ','), '')"
    " from (select pg_catalog.json_object_keys(r)::text as k from"
    " (select pg_catalog.row_to_json(hh) as r from pgrst_source as hh limit 1) s) a) || E'\\n'"
    f" || coalesce(pg_catalog.string_agg({CSV_LINE}, E'\\n'), '')"
)
CSV_NAMES = (
    "(select pg_catalog.string_agg(k, ',') from (select pg_catalog.json_object_keys("
    f"pg_catalog.row_to_json({ROWS})) as k) a) || E'\\n'"
)
_GEOJSON = (
    "pg_catalog.json_build_object('type', 'FeatureCollection', 'features',"
    f" coalesce(pg_catalog.json_agg(ST_AsGeoJSON({ROWS})::json), '[]'))"
)


def _ndjson_line(value: str) -> str:
    """A column of type json keeps its line breaks, which mean nothing outside of its strings."""
    text = f"coalesce(pg_catalog.to_json({value})::text, 'null')"
    return f"pg_catalog.replace({text}, E'\\n', ' ') || E'\\n'"


NDJSON_LINE = _ndjson_line(ROWS)


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
    if form == "ndjson":
        return f"coalesce(pg_catalog.string_agg({_ndjson_line(value)}, ''), '')"
    rows = f"pg_catalog.json_agg({value})"
    if form in ("array-stripped", "object-stripped"):
        rows = f"pg_catalog.json_strip_nulls({rows})"
    if single or form in ("object", "object-stripped"):
        return f"coalesce({rows}->0, 'null')"
    return f"coalesce({rows}, '[]')"
