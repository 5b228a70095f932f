"""The root: a DocumentPlan is answered with what PostgreSQL says the role may use."""

from asyncio import to_thread
from dataclasses import replace

from passeplat.claims import Claims
from passeplat.errors import SchemaCacheMissing
from passeplat.plan.model import DocumentPlan
from passeplat.postgres.model import Batch
from passeplat.query.document import asked, document_batch
from passeplat.response.model import Response
from passeplat.response.openapi import render_document
from passeplat.server.observe import Timings
from passeplat.server.run import run_batch
from passeplat.server.state import State


async def document(
    plan: DocumentPlan,
    claims: Claims,
    state: State,
    timings: Timings | None = None,
    queries: list[str] | None = None,
) -> Response:
    """`timings` is told how long the transaction and the rendering took, `queries` the SQL."""
    config, cache = state.config, state.schema_cache
    if cache is None:
        raise SchemaCacheMissing
    spent = timings or Timings()
    batch = document_batch(plan, claims, config, cache.role_settings.get(claims.role, ()))
    batch = replace(batch, isolation=cache.role_isolation.get(claims.role))
    if queries is not None:
        queries += _texts(batch)
    with spent.of("transaction"):
        rows = await run_batch(state.pool, config, batch)
    with spent.of("response"):
        answers = [answer or b"{}" for ((answer,),) in rows[-asked(plan) :]]
        # A big schema takes milliseconds: other requests go on being answered meanwhile.
        return await to_thread(render_document, plan, answers[0], cache, config, *answers[1:])


def _texts(batch: Batch) -> list[str]:
    first = () if batch.context is None else (batch.context,)
    return [query.sql for query in (*first, *batch.statements)]
