"""A read whose answer can leave while it is made: each row is a line, and lines make the body.

The bytes are those of the body that query/body.py has PostgreSQL make of the same rows at once.
"""

from passeplat.plan.model import Comparison, Form, Plan, ResolvedFilter
from passeplat.postgres.model import Query
from passeplat.query.body import CSV_LINE, CSV_NAMES, NDJSON_LINE, ROWS
from passeplat.query.count import count_sql
from passeplat.query.model import Frame, Lines
from passeplat.query.params import Params
from passeplat.query.read import read_sql

FEW = 1000
"""Rows. Of a read that may give more, at most one more is asked for at once."""

_ARRAY = Frame(b"[", b", \n ", b"]", b"[]")
_STRIPPED = Frame(b"[", b",", b"]", b"[]")
_CSV = Frame(b"", b"\n", b"", b"\n")
_NDJSON = Frame(b"", b"", b"", b"")
_JSON = f"pg_catalog.row_to_json({ROWS})"
_FIRST = "pg_catalog.row_number() over () = 1"

_FORMS: dict[Form, tuple[str, Frame]] = {
    "array": (f"{_JSON}::text", _ARRAY),
    "array-stripped": (f"pg_catalog.json_strip_nulls({_JSON})::text", _STRIPPED),
    "csv": (f"case when {_FIRST} then {CSV_NAMES} || {CSV_LINE} else {CSV_LINE} end", _CSV),
    "ndjson": (NDJSON_LINE, _NDJSON),
}


def lines_of(plan: Plan) -> Lines | None:
    """None if the head of the answer, or its body, needs all of the rows."""
    shown, form = plan.representation, _FORMS.get(plan.representation.form)
    if form is None or shown.handler is not None or shown.explain is not None:
        return None
    if plan.change is not None or plan.request.method != "GET":
        return None
    count = plan.request.preferences.count
    if count not in (None, "exact") or (count and plan.read.aggregates):
        return None
    line, frame = form
    return Lines(_rows(plan, line), _total(plan) if count else None, frame, few=_are_few(plan))


def _rows(plan: Plan, line: str) -> Query:
    params = Params()
    sql = f"select {line} from ({read_sql(plan.read, params)}) as {ROWS}"
    return Query(sql, tuple(params.values))


def _total(plan: Plan) -> Query:
    params = Params()
    counted = count_sql(plan.read, params)
    return Query(
        f"select pg_catalog.count(*)::text from ({counted}) as {ROWS}", tuple(params.values)
    )


def _are_few(plan: Plan) -> bool:
    """Whatever the database holds: a page is asked for, or one row by its key."""
    limit = plan.read.range.limit
    if limit is not None and limit <= FEW:
        return True
    named = {
        each.target.name
        for each in plan.read.where
        if isinstance(each, ResolvedFilter) and _names_value(each)
    }
    return bool(plan.primary_key) and named.issuperset(plan.primary_key)


def _names_value(condition: ResolvedFilter) -> bool:
    operation, target = condition.operation, condition.target
    return (
        isinstance(operation, Comparison)
        and (operation.operator, operation.quantifier) == ("eq", None)
        and not condition.negated
        and not target.path
    )
