"""Third stage: a Plan becomes the SQL of one transaction; its text depends on the shape alone."""

from collections.abc import Iterable

from passeplat.claims import Claims
from passeplat.config import Config
from passeplat.names import QualifiedName, quote_qualified
from passeplat.plan.model import CallPlan, Change, Explain, InsertPlan, Plan
from passeplat.postgres.model import Query
from passeplat.query.body import ROWS, body_sql
from passeplat.query.call import call_sql
from passeplat.query.context import context_query, search_path
from passeplat.query.count import count_sql
from passeplat.query.lines import FEW, lines_of
from passeplat.query.model import Transaction
from passeplat.query.mutate import INSERTED, mutate_sql
from passeplat.query.params import Params
from passeplat.query.read import read_sql


def build(
    plan: Plan, claims: Claims, config: Config, role_settings: Iterable[tuple[str, str]] = ()
) -> Transaction:
    """`role_settings` are what `alter role … set` says of the role, which SET ROLE ignores."""
    path, lines = search_path(plan.request.schema, config), lines_of(plan)
    return Transaction(
        context=context_query(plan, claims, config, role_settings),
        pre_request=_pre_request(config),
        main=main_query(plan, cut=lines is not None and not lines.few),
        columns=() if plan.representation.explain else result_columns(plan),
        explain=_explain_count(plan),
        scope=f"{claims.role} {path}",
        isolation=plan.isolation,
        rollback=rolls_back(plan, config),
        calls=plan.change is not None or config.db_pre_request is not None,
        lines=lines,
    )


def rolls_back(plan: Plan, config: Config) -> bool:
    """By `db-tx-end`, which may let `Prefer: tx` decide."""
    asked = plan.request.preferences.transaction
    if asked is not None and config.db_tx_end.endswith("-allow-override"):
        return asked == "rollback"
    return config.db_tx_end.startswith("rollback")


def _pre_request(config: Config) -> Query | None:
    if config.db_pre_request is None:
        return None
    schema, _, name = config.db_pre_request.rpartition(".")
    return Query(f"select {quote_qualified(QualifiedName(schema, name))}()")


def main_query(plan: Plan, *, cut: bool) -> Query:
    """`cut`: after one row more than a few; then the answer is to be made of lines."""
    params = Params()
    sql = _main_sql(plan, params, cut=cut)
    if plan.representation.explain is not None:
        sql = _explained(plan.representation.explain, sql)
    return Query(sql, tuple(params.values))


def _explained(explain: Explain, sql: str) -> str:
    options = ", ".join((*explain.options, f"format {explain.form}"))
    return f"explain ({options}) {sql}"


def _main_sql(plan: Plan, params: Params, *, cut: bool) -> str:
    change = plan.change
    source = read_sql(plan.read, params) if change is None else _change_sql(change, params)
    # Materialized: the planner shall not expect few rows, only the executor stops
    kept = "materialized " if cut else ""
    rows = "select * from pgrst_source" + (f" limit {FEW + 1}" if cut else "")
    if change is not None and (plan.wants_body or isinstance(change, CallPlan)):
        rows = read_sql(plan.read, params)
    counted = _counts_exactly(plan)
    count = f", pgrst_source_count as ({_count(plan, params)})" if counted else ""
    total = (
        "(select pg_catalog.count(*) from pgrst_source_count)::text" if counted else "null::text"
    )
    expressions = {
        "table_total": total,
        "page_total": _page_total(plan),
        "location": _location(plan),
        "body": body_sql(plan),
        "response_headers": "nullif(pg_catalog.current_setting('response.headers', true), '')",
        "response_status": "nullif(pg_catalog.current_setting('response.status', true), '')",
        "inserted": _inserted(change),
    }
    columns = ", ".join(f"{expressions[name]} as {name}" for name in result_columns(plan))
    return f"with pgrst_source as {kept}({source}){count} select {columns} from ({rows}) as {ROWS}"


def result_columns(plan: Plan) -> tuple[str, ...]:
    """Fields of Result, in the order of the one row: only writes have all."""
    read = ("body", "response_headers", "response_status")
    if plan.change is None or isinstance(plan.change, CallPlan):
        return ("table_total", "page_total", *read)
    return ("table_total", "page_total", "location", *read, "inserted")


def _page_total(plan: Plan) -> str:
    handler = plan.representation.handler
    if handler is not None and handler.function is None:
        return "'1'"
    return "pg_catalog.count(*)::text"  # of the rows: counting whole rows would make each once more


def _change_sql(change: Change, params: Params) -> str:
    return call_sql(change, params) if isinstance(change, CallPlan) else mutate_sql(change, params)


def _counts_exactly(plan: Plan) -> bool:
    """Where the page is not all there is, and the client wants to know how much is."""
    if plan.request.preferences.count not in ("exact", "estimated"):
        return False
    if plan.change is not None and not isinstance(plan.change, CallPlan):
        return False
    return plan.read.range.limit is not None or plan.read.range.offset > 0


def _count(plan: Plan, params: Params) -> str:
    sql = count_sql(plan.read, params)
    if plan.request.preferences.count == "estimated" and plan.max_rows is not None:
        return f"{sql} limit {plan.max_rows + 1}"
    return sql


def _explain_count(plan: Plan) -> Query | None:
    """The planner's guess, if that is the answer or could become it."""
    guessed = plan.request.preferences.count in ("planned", "estimated")
    if not guessed or (plan.change is not None and not isinstance(plan.change, CallPlan)):
        return None
    params = Params()
    call = (
        "" if plan.change is None else f"with pgrst_source as ({_change_sql(plan.change, params)}) "
    )
    sql = f"explain (format json) {call}{count_sql(plan.read, params)}"
    return Query(sql, tuple(params.values))


def _inserted(change: Change | None) -> str:
    if isinstance(change, InsertPlan) and change.conflict is not None and change.conflict.merge:
        return f"nullif(pg_catalog.current_setting('{INSERTED}', true), '')"
    return "null::text"


def _location(plan: Plan) -> str:
    if plan.request.preferences.returning != "headers-only" or not plan.primary_key:
        return "null::text"
    if not isinstance(plan.change, InsertPlan):
        return "null::text"
    return f"(pg_catalog.json_agg({ROWS})->0)::text"
