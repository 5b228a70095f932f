"""Schema caches made of rows, without a database."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from passeplat.config import Config
from passeplat.schema_cache.build import build
from passeplat.schema_cache.model import SchemaCache
from passeplat.schema_cache.rows import Catalogue, SchemaRow, TypeRow

EMPTY = Catalogue(
    schemas=[SchemaRow(name="api", description=None, grantees=[""])],
    relations=[],
    columns=[],
    types=[
        TypeRow(
            oid=23,
            modifier=-1,
            schema="pg_catalog",
            local_name="int4",
            is_domain=False,
            name="integer",
            nominal="integer",
            base="integer",
            max_length=None,
            labels=[],
            required=False,
            default=None,
            relation=0,
            relation_schema=None,
            relation_name=None,
        )
    ],
    composite_columns=[],
    constraints=[],
    view_columns=[],
    routines=[],
    row_functions=[],
    representations=[],
    media_aggregates=[],
    roles=[],
    settings=[],
    callable_names=[],
)


@pytest.fixture
def make() -> Callable[..., SchemaCache]:
    """A cache of rows: families not named are empty."""

    def make(**families: Any) -> SchemaCache:
        return build(replace(EMPTY, **families), Config(db_schemas=("api",)), version=1)

    return make
