"""Long bodies: rows that are inserted in pieces, in one transaction, and never held together."""

from asyncio import to_thread
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

from passeplat.errors import InvalidBody
from passeplat.plan.model import InsertPlan, Plan
from passeplat.postgres.model import Query, Row
from passeplat.query.build import main_query
from passeplat.query.model import Result, Transaction
from passeplat.request.body import NOT_UNIFORM, parse_body
from passeplat.request.model import Action, Body, JsonBody
from passeplat.server.run import result_of


def is_fed(plan: object) -> bool:
    """Whether what it does to some rows and then to others is what it does to all of them, and the
    answer does not hold them."""
    return (
        isinstance(plan, Plan)
        and plan.request.action is Action.INSERT
        and isinstance(plan.change, InsertPlan)
        and bool(plan.change.columns)
        and not plan.wants_body
        and not plan.representation.singular
        and plan.representation.explain is None
    )


async def statements(plan: Plan, pieces: AsyncIterator[bytes]) -> AsyncIterator[Query]:
    """An insert for each piece, a body by itself. Raises InvalidBody, and what `pieces` raises."""
    async for piece in pieces:
        body = await to_thread(_read, plan, piece)
        assert isinstance(plan.change, InsertPlan)  # noqa: S101 - `is_fed` said so
        yield main_query(replace(plan, change=replace(plan.change, body=body)), cut=False)


def _read(plan: Plan, piece: bytes) -> Body:
    request, first = plan.request, plan.request.body
    body = parse_body(request.action, request.content_type, request.query.columns, piece)
    assert body is not None  # noqa: S101 - an insert has one
    if not isinstance(body, JsonBody) or not isinstance(first, JsonBody) or not body.keys:
        return body
    if body.keys != first.keys and set(body.keys) != set(first.keys):
        raise InvalidBody(NOT_UNIFORM)
    return body


def sum_of(transaction: Transaction, results: Sequence[tuple[Row, ...]]) -> Result:
    """Of the inserts, one after the other."""
    before = () if transaction.pre_request is None else results[:1]
    parts = [result_of(transaction, (*before, rows)) for rows in results[len(before) :]]
    total = sum(part.page_total for part in parts)
    # what SQL counts and says, it counts and says for the whole transaction
    return replace(parts[-1], page_total=total, location=parts[0].location if total == 1 else None)
