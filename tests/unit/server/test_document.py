"""The root: one transaction as the role of the token, and a document of what it answers."""

import asyncio
from dataclasses import dataclass, field
from typing import cast

import orjson
import pytest

from passeplat.claims import Claims, new_verifier
from passeplat.config import Config
from passeplat.errors import SchemaCacheMissing
from passeplat.plan.model import DocumentPlan
from passeplat.postgres.model import Batch, Row
from passeplat.postgres.pool import Pool
from passeplat.request.model import (
    Action,
    ApiRequest,
    MediaType,
    Preferences,
    QueryString,
    Range,
)
from passeplat.response.model import Response
from passeplat.schema_cache.model import SchemaCache
from passeplat.server.document import document
from passeplat.server.observe import Timings
from passeplat.server.state import Loads, State

PLAN = DocumentPlan(
    ApiRequest(
        action=Action.ROOT,
        method="GET",
        path="/",
        target="",
        schema="api",
        profile=None,
        query=QueryString(),
        range=Range(),
        preferences=Preferences(),
        accept=(MediaType("*/*"),),
        content_type=MediaType("application/json"),
        body=None,
    )
)
CACHE = SchemaCache(
    version=1,
    tables={},
    relationships={},
    routines={},
    representations={},
    media_handlers={},
    role_settings={"reader": (("statement_timeout", "5s"),)},
    role_isolation={},
    schema_descriptions={"api": "Library"},
)


@dataclass
class FixedPool:
    """Answers every batch with no privileges, and keeps it."""

    batches: list[Batch] = field(default_factory=list)

    async def acquire(self) -> "FixedPool":
        return self

    def release(self, connection: "FixedPool") -> None:
        assert connection is self

    async def run(self, batch: Batch) -> tuple[tuple[Row, ...], ...]:
        self.batches.append(batch)
        return ((b"",),), ((b'{"relations": null, "routines": null}',),)


def ask(pool: FixedPool, cache: SchemaCache | None, timings: Timings | None = None) -> Response:
    state = State(Config(), new_verifier(Config()), cast("Pool", pool), cache, Loads())
    return asyncio.run(document(PLAN, Claims("reader", b"{}"), state, timings))


def test_the_document_is_of_the_schema_asked_for() -> None:
    body = ask(FixedPool(), CACHE).body
    assert isinstance(body, bytes)
    assert orjson.loads(body)["info"]["title"] == "Library"


def test_the_database_is_asked_as_the_role_with_its_settings() -> None:
    pool = FixedPool()
    ask(pool, CACHE)
    [batch] = pool.batches
    assert batch.context is not None
    assert {b"reader", b"5s"} <= set(batch.context.params)


def test_it_is_told_how_long_transaction_and_rendering_took() -> None:
    timings = Timings()
    ask(FixedPool(), CACHE, timings)
    assert set(timings.milliseconds) == {"transaction", "response"}


def test_without_a_schema_cache_there_is_no_document() -> None:
    with pytest.raises(SchemaCacheMissing):
        ask(FixedPool(), None)
