"""The floor: a workload's own statements as a script of pgbench, one pipelined transaction each."""

import re
from urllib.parse import urlsplit

import asyncpg
from workloads import SECRET, TENANT, Workload, token

from passeplat.claims import new_verifier, verify
from passeplat.config import Config
from passeplat.names import literal
from passeplat.plan.model import Plan
from passeplat.plan.resolve import resolve
from passeplat.postgres.model import Query
from passeplat.query.build import build
from passeplat.request.parse import parse
from passeplat.schema_cache.introspect import introspect
from passeplat.schema_cache.model import SchemaCache

CONFIG = Config(db_schemas=("v1",), jwt_secret=SECRET)


async def schema_cache(url: str) -> SchemaCache:
    connection = await asyncpg.connect(url)
    try:
        return await introspect(connection, CONFIG, 1)
    finally:
        await connection.close()


def script(workload: Workload, cache: SchemaCache) -> str:
    """The key of a row is random, as it is over HTTP; everything else is the first variant's."""
    request = workload.ours(0)
    claims = verify(new_verifier(CONFIG), f"Bearer {token(request.role)}", 0)
    url = urlsplit(request.path)
    headers = [(b"host", b"127.0.0.1")]
    if request.prefer is not None:
        headers.append((b"prefer", request.prefer.encode()))
    asked = parse(
        request.method,
        url.path.encode(),
        url.query.encode(),
        headers,
        (request.body or "").encode(),
        CONFIG,
    )
    plan = resolve(asked, cache, CONFIG, request.role)
    assert isinstance(plan, Plan)
    transaction = build(plan, claims, CONFIG)
    return "\n".join(
        (
            f"\\set key random(0, 9999) * 10 + {TENANT}",
            "\\startpipeline",
            _with_values(transaction.context, key=None),
            _with_values(transaction.main, key=_key(request.path)),
            "\\endpipeline",
            "",
        )
    )


def _key(path: str) -> bytes | None:
    found = re.search(r"[?&]id=\w+\.(\d+)", path)
    return found[1].encode() if found else None


def _with_values(query: Query, key: bytes | None) -> str:
    """Values as literals, but for the key."""

    def value(found: re.Match[str]) -> str:
        given = query.params[int(found[1]) - 1]
        if given is None:
            return "null"
        return ":key" if given == key else literal(given.decode())

    return re.sub(r"\$(\d+)", value, query.sql.replace("\n", " ")) + ";"
