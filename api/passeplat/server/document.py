"""The root: a DocumentPlan is answered with what PostgreSQL says the role may use."""

from asyncio import to_thread

from passeplat.claims import Claims
from passeplat.errors import SchemaCacheMissing
from passeplat.plan.model import DocumentPlan
from passeplat.query.document import asked, document_batch
from passeplat.response.model import Response
from passeplat.response.openapi import render_document
from passeplat.server.observe import Timings
from passeplat.server.state import State


async def document(
    plan: DocumentPlan, claims: Claims, state: State, timings: Timings | None = None
) -> Response:
    """`timings` is told how long the transaction and the rendering took."""
    config, cache = state.config, state.schema_cache
    if cache is None:
        raise SchemaCacheMissing
    spent = timings or Timings()
    batch = document_batch(plan, claims, config, cache.role_settings.get(claims.role, ()))
    with spent.of("transaction"):
        rows = await state.pool.run(batch)
    with spent.of("response"):
        answers = [answer or b"{}" for ((answer,),) in rows[-asked(plan) :]]
        # A big schema takes milliseconds: other requests go on being answered meanwhile.
        return await to_thread(render_document, plan, answers[0], cache, config, *answers[1:])
