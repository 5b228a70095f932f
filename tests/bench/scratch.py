"""An empty database for a measurement: on a server of its own, gone afterwards, or on the one that
PASSEPLAT_TEST_SERVER names."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager

from passeplat.postgres.scratch import (
    create_database,
    drop_database,
    ephemeral_cluster,
    scratch_name,
)


@contextmanager
def database() -> Iterator[str]:
    """Its URL, as superuser."""
    if given := os.environ.get("PASSEPLAT_TEST_SERVER"):
        with _scratch(given) as url:
            yield url
        return
    with ephemeral_cluster(os.environ) as cluster, _scratch(cluster.url()) as url:
        yield url


@contextmanager
def _scratch(server: str) -> Iterator[str]:
    name = scratch_name()
    url = asyncio.run(create_database(server, name))
    try:
        yield url
    finally:
        asyncio.run(drop_database(server, name))
