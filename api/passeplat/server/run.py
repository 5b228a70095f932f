"""Fourth stage: a Transaction runs on a connection and its one row becomes a Result."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from time import perf_counter

import orjson

from passeplat.config import Config
from passeplat.errors import DatabaseError, SchemaCacheMissing
from passeplat.postgres.model import Batch, End, Results, Row
from passeplat.postgres.pool import Pool
from passeplat.query.model import Result, Transaction
from passeplat.server.observe import log
from passeplat.server.shape import Shape
from passeplat.server.state import State


async def run(
    transaction: Transaction,
    pool: Pool,
    config: Config,
    verdict: Callable[[Result], None] | None = None,
    isolation: str | None = None,
) -> Result:
    """`verdict` sees the result before the commit and rolls back by raising. `isolation` is the
    role's, which a function's own outranks."""
    batch = batch_of(transaction, config, verdict, isolation)
    return result_of(transaction, await run_batch(pool, config, batch))


async def run_shape(shape: Shape, batch: Batch, state: State) -> Results:
    """Where it may, on a connection that others use at the same time."""
    sharing = state.sharing
    if sharing is None:
        raise SchemaCacheMissing
    if sharing.allows(shape):
        landed = await sharing.lanes.run(as_read(batch))
        if landed is not None:
            flight, spent = landed
            state.shared_reads += 1
            sharing.observe(shape, spent)
            if flight.error is not None:
                raise DatabaseError(flight.error)
            return tuple(flight.results)
    return await run_alone(shape, batch, state)


async def run_alone(shape: Shape, batch: Batch, state: State) -> Results:
    """On a connection of its own."""
    sharing = state.sharing
    if sharing is None:
        raise SchemaCacheMissing
    if sharing.is_harmless(shape):
        batch = replace(batch, calls=False)
    return await run_batch(state.pool, state.config, batch, partial(sharing.observe, shape))


def batch_of(
    transaction: Transaction,
    config: Config,
    verdict: Callable[[Result], None] | None,
    isolation: str | None,
) -> Batch:
    before = () if transaction.pre_request is None else (transaction.pre_request,)
    after = () if transaction.explain is None else (transaction.explain,)

    def judge(rows: Results) -> None:
        if verdict is not None:
            verdict(result_of(transaction, rows))

    return Batch(
        context=transaction.context,
        statements=(*before, transaction.main, *after),
        scope=transaction.scope,
        isolation=transaction.isolation or isolation,
        end=End.ROLLBACK if transaction.rollback else End.COMMIT,
        prepare=config.db_prepared_statements,
        verdict=None if verdict is None else judge,
        calls=transaction.calls,
    )


async def run_batch(
    pool: Pool, config: Config, batch: Batch, observe: Callable[[float], None] | None = None
) -> Results:
    """`observe` is told the seconds it took once it had a connection."""
    log(config, "debug", "Trying to borrow a connection from pool")
    connection = await pool.acquire()
    log(config, "debug", "Borrowed a connection from the pool")
    start = perf_counter()
    try:
        return await connection.run(batch)
    finally:
        pool.release(connection)
        if observe is not None:
            observe(perf_counter() - start)


def queries(transaction: Transaction) -> tuple[str, ...]:
    """The SQL of it, for the log."""
    asked = (transaction.context, transaction.pre_request, transaction.main, transaction.explain)
    return tuple(query.sql for query in asked if query is not None)


def as_read(batch: Batch) -> Batch:
    """Of reads there is nothing to roll back."""
    return replace(batch, end=End.COMMIT) if batch.end is End.ROLLBACK else batch


def result_of(transaction: Transaction, rows: Results) -> Result:
    """Of the main statement, and of the counting EXPLAIN where there was one."""
    columns = transaction.columns
    main, *explained = rows if transaction.pre_request is None else rows[1:]
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
