"""Fourth stage: a Transaction runs on a connection and its one row becomes a Result."""

from collections.abc import Callable

import orjson

from passeplat.config import Config
from passeplat.postgres.model import Batch, End, Row
from passeplat.postgres.pool import Pool
from passeplat.query.model import Result, Transaction
from passeplat.server.observe import log


async def run(
    transaction: Transaction,
    pool: Pool,
    config: Config,
    verdict: Callable[[Result], None] | None = None,
    isolation: str | None = None,
) -> Result:
    """`verdict` sees the result before the commit and rolls back by raising. `isolation` is the
    role's, which a function's own outranks."""
    before = () if transaction.pre_request is None else (transaction.pre_request,)
    after = () if transaction.explain is None else (transaction.explain,)
    position = len(before)

    def judge(rows: tuple[tuple[Row, ...], ...]) -> None:
        if verdict is not None:
            verdict(_result(rows[position:], transaction.columns))

    rows = await run_batch(
        pool,
        config,
        Batch(
            context=transaction.context,
            statements=(*before, transaction.main, *after),
            scope=transaction.scope,
            isolation=transaction.isolation or isolation,
            end=End.ROLLBACK if transaction.rollback else End.COMMIT,
            prepare=config.db_prepared_statements,
            verdict=None if verdict is None else judge,
            calls=transaction.calls,
        ),
    )
    return _result(rows[position:], transaction.columns)


async def run_batch(pool: Pool, config: Config, batch: Batch) -> tuple[tuple[Row, ...], ...]:
    if config.log_level != "debug":
        return await pool.run(batch)
    log(config, "debug", "Trying to borrow a connection from pool")
    async with pool.connection() as connection:
        log(config, "debug", "Borrowed a connection from the pool")
        return await connection.run(batch)


def queries(transaction: Transaction) -> tuple[str, ...]:
    """The SQL of it, for the log."""
    asked = (transaction.context, transaction.pre_request, transaction.main, transaction.explain)
    return tuple(query.sql for query in asked if query is not None)


def _result(rows: tuple[tuple[Row, ...], ...], columns: tuple[str, ...]) -> Result:
    """Of the main statement, and of the counting EXPLAIN where there was one."""
    main, *explained = rows
    planned = _planned(explained[0]) if explained else None
    if not columns:
        return Result(body=b"\n".join(row[0] or b"" for row in main), planned_total=planned)
    values = dict(zip(columns, main[0] if main else (), strict=False))
    return Result(
        body=values.get("body") or b"",
        page_total=_int(values.get("page_total")) or 0,
        table_total=_int(values.get("table_total")),
        response_headers=values.get("response_headers"),
        response_status=values.get("response_status"),
        inserted=_int(values.get("inserted")),
        location=values.get("location"),
        planned_total=planned,
    )


def _planned(rows: tuple[Row, ...]) -> int:
    [(text,)] = rows
    [top] = orjson.loads(text or b"[]")
    return int(top["Plan"]["Plan Rows"])


def _int(text: bytes | None) -> int | None:
    return None if text is None else int(text)
