"""Fourth stage: a Transaction runs on a connection and its one row becomes a Result."""

from collections.abc import Callable

import orjson

from passeplat.config import Config
from passeplat.postgres.model import Batch, End, Row
from passeplat.postgres.pool import Pool
from passeplat.query.model import Result, Transaction

_ISOLATIONS = frozenset({"repeatable read", "serializable", "read uncommitted", "read committed"})


async def run(
    transaction: Transaction,
    pool: Pool,
    config: Config,
    verdict: Callable[[Result], None] | None = None,
) -> Result:
    """`verdict` sees the result before the commit and rolls back by raising."""
    before = () if transaction.pre_request is None else (transaction.pre_request,)
    after = () if transaction.explain is None else (transaction.explain,)
    position = len(before)

    def judge(rows: tuple[tuple[Row, ...], ...]) -> None:
        if verdict is not None:
            verdict(_result(rows, position))

    rows = await pool.run(
        Batch(
            context=transaction.context,
            statements=(*before, transaction.main, *after),
            scope=transaction.scope,
            isolation=transaction.isolation,
            end=End.ROLLBACK if transaction.rollback else End.COMMIT,
            prepare=config.db_prepared_statements,
            verdict=None if verdict is None else judge,
        )
    )
    return _result(rows, position)


def _result(rows: tuple[tuple[Row, ...], ...], position: int) -> Result:
    main = rows[position]
    planned = _planned(rows[position + 1]) if len(rows) > position + 1 else None
    if len(main) != 1 or len(main[0]) == 1:
        return _explained(main, planned)
    total, page, body, headers, status, inserted, location = main[0]
    return Result(
        body=body or b"",
        page_total=_int(page) or 0,
        table_total=_int(total),
        response_headers=headers,
        response_status=status,
        inserted=_int(inserted),
        location=location,
        planned_total=planned,
    )


def _explained(rows: tuple[Row, ...], planned: int | None) -> Result:
    """EXPLAIN gives its text line by line."""
    body = b"\n".join(row[0] or b"" for row in rows)
    return Result(body, 0, None, None, None, None, None, planned)


def _planned(rows: tuple[Row, ...]) -> int:
    [(text,)] = rows
    [top] = orjson.loads(text or b"[]")
    return int(top["Plan"]["Plan Rows"])


def _int(text: bytes | None) -> int | None:
    return None if text is None else int(text)
