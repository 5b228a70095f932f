"""Long reads: rows leave to the client as they come from PostgreSQL and are never held together.

The beginning is held back. What ends within it is answered as any read, errors too; of what is
longer the head leaves without the number of rows, and an error that comes later ends the connection
before the body is complete.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

from passeplat.config import Config
from passeplat.postgres.model import Batch, End, Piece, Query, Results, Row
from passeplat.postgres.pool import Pool
from passeplat.query.lines import FEW
from passeplat.query.model import Frame, Lines, Result, Transaction
from passeplat.request.model import Range
from passeplat.response.model import Response
from passeplat.server.shape import Shape

Respond: TypeAlias = Callable[[Result], Response]

HELD_BACK = 256 * 1024
"""Bytes. A longer body is a long one."""

_SAID = Query(
    "select nullif(pg_catalog.current_setting('response.headers', true), ''),"
    " nullif(pg_catalog.current_setting('response.status', true), '')"
)
_LOOSE = (None, "read committed", "read uncommitted")


def is_long(shape: Shape) -> bool:
    """Whether to expect a long body: by what was seen of the shape, or by what it asks for. One
    that was long once always is."""
    if shape.lines is None:
        return False
    return not shape.lines.few if shape.pace.long is None else shape.pace.long


def observe_length(shape: Shape, body: object) -> None:
    """Of an answer, however it was made."""
    shape.pace.long = shape.pace.long or not isinstance(body, bytes) or len(body) > HELD_BACK


def observe_cut(shape: Shape, result: Result) -> bool:
    """Whether there are more rows than were asked for at once: then all are to be asked anew."""
    cut = shape.lines is not None and not shape.lines.few and result.page_total > FEW
    if cut:
        shape.pace.long = True
    else:
        observe_length(shape, result.body)
    return cut


def batch_of_lines(
    transaction: Transaction, lines: Lines, config: Config, isolation: str | None
) -> Batch:
    """Of the rows, with what the head needs before them and what it would have needed after."""
    isolation = transaction.isolation or isolation
    before = () if transaction.pre_request is None else (transaction.pre_request,)
    total = () if lines.total is None else (lines.total,)
    return Batch(
        context=transaction.context,
        statements=(*before, _SAID, *total, lines.rows, _SAID),
        scope=transaction.scope,
        isolation="repeatable read" if total and isolation in _LOOSE else isolation,
        end=End.COMMIT,  # of reads there is nothing to roll back
        prepare=config.db_prepared_statements,
        calls=transaction.calls,
    )


@dataclass(frozen=True, slots=True)
class Reading:
    batch: Batch
    lines: Lines
    wanted: Range  # the rows asked for
    held: int | None  # bytes held back; None: all, for a client that cannot read chunks


async def stream(reads: Reading, pool: Pool, respond: Respond) -> Response:
    """The answer with its whole body, or with one that is still to come: then it is to be closed.

    Raises what Pool.run and `respond` raise.
    """
    number, lines = len(reads.batch.statements) - 2, reads.lines
    pieces = pool.stream(reads.batch, number)
    try:
        rows, results, is_whole = await _beginning(pieces, reads)
        total = None if lines.total is None else int(results[number - 1][0][0] or b"0")
        count = len(rows) if is_whole else _page(reads.wanted, total)
        framed = lines.frame.whole if is_whole else lines.frame.beginning
        said = results[-1 if is_whole else number - (1 if total is None else 2)]
        answered = respond(_result(framed(rows), count, total, said))
        if is_whole or not answered.body:
            await pieces.aclose()
            return answered
    except BaseException:
        await pieces.aclose()
        raise
    first = answered.body
    assert isinstance(first, bytes)  # noqa: S101 - it was given to it
    return replace(answered, body=Chunks(first, pieces, lines.frame))


@dataclass(frozen=True, slots=True)
class Chunks:
    """Implements response.model.Chunks."""

    first: bytes
    pieces: AsyncGenerator[Piece, None]
    frame: Frame

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self.first
        async for piece in self.pieces:
            if piece.rows:
                yield self.frame.next(piece.rows)
        if self.frame.after:
            yield self.frame.after

    async def aclose(self) -> None:
        await self.pieces.aclose()


async def _beginning(
    pieces: AsyncGenerator[Piece, None], reads: Reading
) -> tuple[list[bytes], Results, bool]:
    """Rows, the results of the statements that are done, and whether that is all."""
    rows: list[bytes] = []
    size = 0
    async for piece in pieces:
        if not piece.rows:
            return rows, piece.results, True
        rows += piece.rows
        size += sum(map(len, piece.rows)) + len(reads.lines.frame.between) * len(piece.rows)
        if reads.held is not None and size > reads.held:
            return rows, piece.results, False
    raise AssertionError("rows without an end")


def _result(body: bytes, count: int | None, total: int | None, said: tuple[Row, ...]) -> Result:
    [(headers, status)] = said
    return Result(
        body,
        page_total=count or 0,
        is_counted=count is not None,
        table_total=total,
        response_headers=headers,
        response_status=status,
    )


def _page(wanted: Range, total: int | None) -> int | None:
    if total is None:
        return None
    rest = max(total - wanted.offset, 0)
    return rest if wanted.limit is None else min(rest, wanted.limit)
