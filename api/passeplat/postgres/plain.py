"""The plain connection: a batch in, its rows out, with nothing but asyncpg's public interface.

Slower (a dozen round trips), for when asyncpg is not built the way pipeline.py needs it. The
session is reset in a message of its own, so a pooler in between is refused: it would give the
session to somebody else first.

Parameters are text whatever their type, which asyncpg has no public way to send: it encodes values
by type, custom codecs are refused for arrays, ranges and domains, and codecs by OID are private.
So a statement is prepared by SQL and executed with its parameters as quoted literals: PostgreSQL
reads such a literal with the input function of the parameter's type, exactly as it reads a text
parameter, for any type there is or will be.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg

from passeplat.errors import ConnectionLost, DatabaseError, SettingError
from passeplat.names import literal
from passeplat.postgres import session
from passeplat.postgres.connect import open_connection
from passeplat.postgres.model import Batch, End, Piece, Query, Results, Row

_ROWS = 1000  # fetched at once of a statement that is streamed

_RESET = "; ".join((*session.RESETS, "deallocate all"))
_EXPLAIN = re.compile(r"explain\s*(?:\([^)]*\))?\s*", re.IGNORECASE)

# What asyncpg raises when the backend was killed; the second is a defect of its own.
_LOST = (asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)

_LETTERS = {
    "severity": "S",
    "severity_en": "V",
    "sqlstate": "C",
    "message": "M",
    "detail": "D",
    "hint": "H",
    "position": "P",
    "internal_position": "p",
    "internal_query": "q",
    "context": "W",
    "schema_name": "s",
    "table_name": "t",
    "column_name": "c",
    "data_type_name": "d",
    "constraint_name": "n",
    "server_source_filename": "F",
    "server_source_line": "L",
    "server_source_function": "R",
}


async def connect(uri: str) -> "Plain":
    """Raises errors.ConnectionFailed, errors.SettingError."""
    opened = await open_connection(uri)
    try:
        await _prepare(opened)
    except BaseException:
        opened.terminate()
        raise
    return Plain(opened)


async def _prepare(opened: asyncpg.Connection) -> None:
    """A pooler answers with a process id of its own invention."""
    try:
        backend = await opened.fetchval("select pg_catalog.pg_backend_pid()")
        await opened.set_type_codec(
            "jsonb", schema="pg_catalog", encoder=bytes, decoder=bytes, format="binary"
        )
    except (asyncpg.PostgresError, *_LOST) as error:
        raise ConnectionLost(str(error)) from error
    if backend != opened.get_server_pid():
        raise SettingError(
            f"A connection pooler cannot be used with asyncpg {asyncpg.__version__}:"
            " connect to PostgreSQL itself, or install the version passeplat asks for"
        )


class Plain:
    """Implements model.Connection."""

    def __init__(self, opened: asyncpg.Connection) -> None:
        self._opened = opened
        self._running = False
        self._waiting: list[Callable[[], None]] = []
        self._cleaning: asyncio.Task[None] | None = None
        opened.add_termination_listener(self._terminated)

    async def run(self, batch: Batch) -> Results:
        async with self._busy():
            return await self._transact(batch)

    async def stream(self, batch: Batch, number: int) -> AsyncGenerator[Piece, None]:
        """PostgreSQL keeps what EXECUTE gives, in a file where it is much, before the first row."""
        async with self._busy():
            await self._begin(batch)
            results: list[tuple[Row, ...]] = []
            for at, query in enumerate(batch.statements):
                if at != number:
                    results.append(await self._query(f"passeplat_{at}", query))
                    continue
                cursor = await self._cursor(f"passeplat_{at}", query)
                while rows := await cursor.fetch(_ROWS):
                    yield Piece([_to_bytes(row[0]) or b"" for row in rows], tuple(results))
                results.append(())
            await self._end(batch)
        yield Piece((), tuple(results))

    async def feed(self, batch: Batch, more: AsyncIterator[Query]) -> Results:
        async with self._busy():
            await self._begin(batch)
            results: list[tuple[Row, ...]] = []
            async for query in _after(batch.statements, more):
                results.append(await self._query(f"passeplat_{len(results)}", query))
            await self._end(batch)
        return tuple(results)

    @asynccontextmanager
    async def _busy(self) -> AsyncIterator[None]:
        """Waits for a clean session, and cleans it afterwards."""
        while self._running and not self.is_closed():
            called = asyncio.Event()
            self.when_idle(called.set)
            await called.wait()
        if self.is_closed():
            raise ConnectionLost
        self._running = True
        try:
            yield
        except asyncpg.PostgresError as error:
            raise self._translate(error) from error
        except _LOST as error:
            self._opened.terminate()
            raise ConnectionLost(str(error)) from error
        finally:
            self._cleaning = asyncio.create_task(self._clean())

    def when_idle(self, callback: Callable[[], None]) -> None:
        if self._running and not self.is_closed():
            self._waiting.append(callback)
        else:
            callback()

    async def close(self) -> None:
        if self._running:
            self._opened.terminate()
        elif not self.is_closed():
            await self._opened.close()

    def is_closed(self) -> bool:
        return self._opened.is_closed()

    async def _transact(self, batch: Batch) -> Results:
        await self._begin(batch)
        named = [(f"passeplat_{number}", query) for number, query in enumerate(batch.statements)]
        results = tuple([await self._query(name, query) for name, query in named])
        await self._end(batch, results)
        return results

    async def _begin(self, batch: Batch) -> None:
        await self._opened.execute(session.begin(batch.isolation))
        if batch.context is not None:
            await self._query("passeplat", batch.context)

    async def _end(self, batch: Batch, results: Results = ()) -> None:
        if batch.end is End.ROLLBACK:
            await self._opened.execute(session.CHECK_DEFERRED)
        if batch.verdict is not None:
            batch.verdict(results)
        await self._opened.execute(batch.end.value)

    async def _query(self, name: str, query: Query) -> tuple[Row, ...]:
        executed = await self._prepared(name, query)
        rows = await self._opened.fetch(executed)
        return tuple(tuple(map(_to_bytes, row)) for row in rows)

    async def _cursor(self, name: str, query: Query) -> Any:
        statement = await self._opened.prepare(await self._prepared(name, query))
        return await statement.cursor()

    async def _prepared(self, name: str, query: Query) -> str:
        """The statement that executes it."""
        prepare = f"prepare {name} as "
        explain = _EXPLAIN.match(query.sql)  # what is prepared cannot itself be an EXPLAIN
        prefix = explain[0] if explain else ""
        try:
            await self._opened.execute(prepare + query.sql.removeprefix(prefix))
        except asyncpg.PostgresError as error:
            raise self._translate(error, moved=len(prefix) - len(prepare)) from error
        values = ", ".join(map(_literal, query.params))
        return f"{prefix}execute {name}" + (f"({values})" if values else "")

    async def _clean(self) -> None:
        """Ends what is left of the transaction and resets the session, or, whatever the reason,
        ends the session."""
        clean = False
        with suppress(Exception):  # a backend that was killed also makes asyncpg fail by itself
            async with asyncio.timeout(session.GIVE_UP):
                if self._opened.is_in_transaction():
                    await self._opened.execute("rollback")
                await self._opened.execute(_RESET)
                clean = True
        if not clean:
            self._opened.terminate()
        self._running = False
        self._call_waiting()

    def _terminated(self, _: object) -> None:
        self._call_waiting()

    def _call_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        for callback in waiting:
            callback()

    def _translate(self, error: asyncpg.PostgresError, moved: int = 0) -> Exception:
        """`moved`: by how much a position in what was sent differs from one in the statement."""
        ended = getattr(error, "severity_en", None) in {"FATAL", "PANIC"}
        if ended or self.is_closed() or isinstance(error, asyncpg.ConnectionDoesNotExistError):
            return ConnectionLost(str(error))
        given = ((letter, getattr(error, name, None)) for name, letter in _LETTERS.items())
        fields = {letter: str(value) for letter, value in given if value is not None}
        if moved and "P" in fields:
            fields["P"] = str(int(fields["P"]) + moved)
        return DatabaseError({"M": str(error), **fields})


async def _after(first: Iterable[Query], more: AsyncIterator[Query]) -> AsyncIterator[Query]:
    for query in first:
        yield query
    async for query in more:
        yield query


def _literal(param: bytes | None) -> str:
    """Raises DatabaseError for what is no text, as the server does."""
    if param is None:
        return "null"
    end = param.find(b"\0")
    try:
        text = param.decode()
    except UnicodeDecodeError as error:
        end = error.start
        text = ""
    if end >= 0:
        message = f'invalid byte sequence for encoding "UTF8": 0x{param[end]:02x}'
        raise DatabaseError({"S": "ERROR", "C": "22021", "M": message})
    return literal(text)


def _to_bytes(value: object) -> bytes | None:
    match value:
        case None | bytes():
            return value
        case _:
            return str(value).encode()
