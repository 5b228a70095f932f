"""A peer: FastAPI with SQLAlchemy's asynchronous ORM, as its documentation teaches to write it."""

import json
import os
from collections.abc import AsyncIterator
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

import jwt
from fastapi import Depends, FastAPI, HTTPException, Query, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict
from sqlalchemy import BigInteger, ForeignKey, Identity, func, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, selectinload
from sqlalchemy.schema import FetchedValue

engine = create_async_engine(os.environ["BENCH_SQLALCHEMY_URL"], pool_size=10, max_overflow=0)
new_session = async_sessionmaker(engine, expire_on_commit=False)
app = FastAPI()
bearer = HTTPBearer()


class Base(DeclarativeBase):
    __table_args__ = {"schema": "app"}  # noqa: RUF012
    type_annotation_map = {int: BigInteger, dict[str, Any]: JSONB}  # noqa: RUF012


class Person(Base):
    __tablename__ = "person"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Comment(Base):
    __tablename__ = "comment"
    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("app.item.id"))
    body: Mapped[str]


class Item(Base):
    __tablename__ = "item"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    data: Mapped[dict[str, Any]]
    done: Mapped[bool]
    price: Mapped[Decimal]
    owner_id: Mapped[int] = mapped_column(ForeignKey("app.person.id"))
    created_at: Mapped[datetime]
    owner: Mapped[Person] = relationship()
    comments: Mapped[list[Comment]] = relationship()


class Event(Base):
    __tablename__ = "event"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    tenant_id: Mapped[int] = mapped_column(server_default=FetchedValue())
    kind: Mapped[str]
    payload: Mapped[dict[str, Any]]


class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class ItemOut(Out):
    id: int
    name: str
    data: dict[str, Any]
    done: bool
    price: Decimal
    owner_id: int
    created_at: datetime


class PersonOut(Out):
    id: int
    name: str


class CommentOut(Out):
    id: int
    body: str


class ItemWithComments(Out):
    id: int
    name: str
    done: bool
    owner: PersonOut
    comments: list[CommentOut]


class EventIn(BaseModel):
    kind: str
    payload: dict[str, Any]


class EventOut(Out):
    id: int
    tenant_id: int
    kind: str
    payload: dict[str, Any]


class PriceIn(BaseModel):
    price: Decimal


def claims(credentials: Annotated[HTTPAuthorizationCredentials, Depends(bearer)]) -> dict[str, Any]:
    try:
        return jwt.decode(credentials.credentials, os.environ["BENCH_SECRET"], algorithms=["HS256"])
    except jwt.PyJWTError as error:
        raise HTTPException(401) from error


async def session(user: Annotated[dict[str, Any], Depends(claims)]) -> AsyncIterator[AsyncSession]:
    become = text(
        "select set_config('role', :role, true), set_config('request.jwt.claims', :claims, true)"
    )
    async with new_session() as opened, opened.begin():
        await opened.execute(become, {"role": user["role"], "claims": json.dumps(user)})
        yield opened


Session = Annotated[AsyncSession, Depends(session)]


@app.get("/items/with-comments")
async def items_with_comments(session: Session, after: int = 0) -> list[ItemWithComments]:
    query = (
        select(Item)
        .options(selectinload(Item.owner), selectinload(Item.comments))
        .where(Item.id > after)
        .order_by(Item.id)
        .limit(20)
    )
    return [ItemWithComments.model_validate(item) for item in await session.scalars(query)]


@app.get("/items/expensive")
async def expensive(
    session: Session, response: Response, price: Annotated[Decimal, Query()]
) -> list[ItemOut]:
    wanted = select(Item).where(Item.done.is_(False), Item.price > price)
    total = await session.scalar(select(func.count()).select_from(wanted.subquery()))
    response.headers["X-Total-Count"] = str(total)
    query = wanted.order_by(Item.price.desc(), Item.id).limit(20)
    return [ItemOut.model_validate(item) for item in await session.scalars(query)]


@app.get("/items/{key}")
async def item(session: Session, key: int) -> ItemOut:
    found = await session.get(Item, key)
    if found is None:
        raise HTTPException(404)
    return ItemOut.model_validate(found)


@app.get("/items")
async def items(session: Session, after: int = 0) -> list[ItemOut]:
    query = select(Item).where(Item.id > after).order_by(Item.id).limit(20)
    return [ItemOut.model_validate(item) for item in await session.scalars(query)]


@app.get("/total-price")
async def total_price(session: Session, owner: int) -> Decimal | None:
    return await session.scalar(select(func.v1.total_price(owner)))


@app.post("/events", status_code=201)
async def add_event(session: Session, event: EventIn) -> EventOut:
    added = Event(**event.model_dump())
    session.add(added)
    await session.flush()
    await session.refresh(added)
    return EventOut.model_validate(added)


@app.post("/events/bulk", status_code=201)
async def add_events(session: Session, events: list[EventIn]) -> None:
    session.add_all(Event(**event.model_dump()) for event in events)


@app.patch("/items/{key}", status_code=204)
async def set_price(session: Session, key: int, change: PriceIn) -> None:
    found = await session.get(Item, key)
    if found is None:
        raise HTTPException(404)
    found.price = change.price
