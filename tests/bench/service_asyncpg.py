"""A peer: FastAPI with asyncpg and SQL written by hand, without an ORM."""

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import asyncpg
import jwt
from fastapi import Body, Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse

COLUMNS = "id, name, data, done, price::float, owner_id, created_at::text"


async def prepare(connection: asyncpg.Connection) -> None:
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=json.dumps, decoder=json.loads
    )


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    url = os.environ["BENCH_URL"]
    async with asyncpg.create_pool(url, min_size=10, max_size=10, init=prepare) as pool:
        app.state.pool = pool
        yield


app = FastAPI(lifespan=lifespan)


async def connection(request: Request) -> AsyncIterator[asyncpg.Connection]:
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    try:
        claims = jwt.decode(token, os.environ["BENCH_SECRET"], algorithms=["HS256"])
    except jwt.PyJWTError as error:
        raise HTTPException(401) from error
    async with app.state.pool.acquire() as acquired, acquired.transaction():
        await acquired.execute(
            "select set_config('role', $1, true), set_config('request.jwt.claims', $2, true)",
            claims["role"],
            json.dumps(claims),
        )
        yield acquired


Connection = Annotated[asyncpg.Connection, Depends(connection)]


def rows(found: list[asyncpg.Record], **headers: str) -> JSONResponse:
    return JSONResponse([dict(row) for row in found], headers=headers)


@app.get("/items/with-comments")
async def items_with_comments(connection: Connection, after: int = 0) -> Response:
    found = await connection.fetch(
        """
        select item.id, item.name, done, jsonb_build_object('id', person.id, 'name', person.name)
            as owner, coalesce(comments, '[]') as comments
        from app.item join app.person on person.id = owner_id
        left join lateral (
            select jsonb_agg(jsonb_build_object('id', comment.id, 'body', body)) as comments
            from app.comment where item_id = item.id) as c on true
        where item.id > $1 order by item.id limit 20
        """,
        after,
    )
    return rows(found)


@app.get("/items/expensive")
async def expensive(connection: Connection, price: float) -> Response:
    where = "from app.item where not done and price > $1::float::numeric"
    total = await connection.fetchval(f"select count(*) {where}", price)
    found = await connection.fetch(
        f"select {COLUMNS} {where} order by item.price desc, id limit 20", price
    )
    return rows(found, **{"X-Total-Count": str(total)})


@app.get("/items/{key}")
async def item(connection: Connection, key: int) -> Response:
    found = await connection.fetchrow(f"select {COLUMNS} from app.item where id = $1", key)
    if found is None:
        raise HTTPException(404)
    return JSONResponse(dict(found))


@app.get("/items")
async def items(connection: Connection, after: int = 0) -> Response:
    query = f"select {COLUMNS} from app.item where id > $1 order by id limit 20"
    return rows(await connection.fetch(query, after))


@app.get("/total-price")
async def total_price(connection: Connection, owner: int) -> Response:
    return JSONResponse(await connection.fetchval("select v1.total_price($1)::float", owner))


@app.post("/events")
async def add_event(connection: Connection, event: Annotated[dict[str, Any], Body()]) -> Response:
    query = "insert into app.event (kind, payload) values ($1, $2) returning *"
    added = await connection.fetchrow(query, event["kind"], event["payload"])
    return JSONResponse(dict(added), 201)


@app.post("/events/bulk")
async def add_events(
    connection: Connection, events: Annotated[list[dict[str, Any]], Body()]
) -> Response:
    await connection.executemany(
        "insert into app.event (kind, payload) values ($1, $2)",
        [(event["kind"], event["payload"]) for event in events],
    )
    return Response(status_code=201)


@app.patch("/items/{key}")
async def set_price(
    connection: Connection, key: int, change: Annotated[dict[str, Any], Body()]
) -> Response:
    query = "update app.item set price = $2::float::numeric where id = $1"
    if await connection.execute(query, key, change["price"]) == "UPDATE 0":
        raise HTTPException(404)
    return Response(status_code=204)
