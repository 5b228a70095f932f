"""The same at the pool itself, where a probe can go without a context: what it sees is the session
as the last batch left it, its role included. Every option of a batch takes part, and cancelling."""

import asyncio
from asyncio import CancelledError, Task
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Any, TypeAlias

import asyncpg
from tests.isolation.play import Report
from tests.isolation.soil import SOIL
from tests.isolation.world import User, World

from passeplat.errors import ConnectionLost, DatabaseError, PutMismatch
from passeplat.postgres.model import Batch, Connection, End, Query
from passeplat.postgres.pool import Limits, Pool

Connect: TypeAlias = Callable[[str], Awaitable[Connection]]

_CONTEXT = (
    "select set_config('role', $1, true), set_config('request.jwt.claims', $2, true),"
    " set_config('request.headers', $3, true), set_config('search_path', 'api', true)"
)
_WHO = Query("select api.claim('sub'), current_user::text, api.header('x-nonce')")
_PROBE = Query(
    "select coalesce(api.claim('sub'), ''), current_user::text, session_user::text,"
    " current_setting('search_path'), (api.probe() -> 'left')::text"
)
_BLOCKS: tuple[dict[str, Any], ...] = (
    {},
    {},
    {"prepare": False},
    {"isolation": "serializable"},
    {"end": End.ROLLBACK},
    {"verdict": lambda _: None},
)


def _refuse(_: object) -> None:
    raise PutMismatch


@dataclass(eq=False)
class Batches:
    world: World
    pool: Pool
    report: Report
    left: int

    async def play(self, clients: int) -> None:
        killer = asyncio.create_task(self._kill())
        await asyncio.gather(*(self._client(number) for number in range(clients)))
        killer.cancel()
        await asyncio.gather(killer, return_exceptions=True)
        await asyncio.gather(*(self._probe("last") for _ in range(32)))

    async def _client(self, number: int) -> None:
        random = Random(f"{self.report.seed} {number}")
        made = 0
        while self.left > 0 and len(self.report.complaints) < 20:
            self.left -= 1
            made += 1
            user = random.choice(self.world.users)
            nonce = f"client {number}, batch {made}"
            make = random.choices([self._ask, self._soil, self._probe], [4, 4, 3])[0]
            self.report.moves[make.__name__] += 1
            await (self._probe(nonce) if make == self._probe else make(random, user, nonce))

    async def _ask(self, random: Random, user: User, nonce: str) -> None:
        options = random.choice(_BLOCKS)
        batch = Batch(_context(user, nonce), (_WHO,), scope=user.role, **options)
        rows = await self._run(batch, random, may_leave=0.15)
        expected = (((user.name.encode(), user.role.encode(), nonce.encode()),),)
        if rows is not None and rows != expected:
            self._complain(nonce, f"{rows} and not {expected}")

    async def _soil(self, random: Random, user: User, nonce: str) -> None:
        other = random.choice(self.world.users)
        text = random.choice(SOIL).replace("{role}", other.role).replace("{user}", other.name)
        text = text.replace("{number}", str(random.randrange(10**9)))
        options = random.choice([*_BLOCKS, {"verdict": _refuse}])
        statement = Query("select api.run($1)", (text.encode(),))
        batch = Batch(_context(user, nonce), (statement,), scope=user.role, **options)
        await self._run(batch, random, may_leave=0.3)

    async def _probe(self, nonce: str) -> None:
        rows = await self._run(Batch(None, (_PROBE,)), Random(nonce), may_leave=0)
        if rows is None:
            return
        login = self.world.login.encode()
        [[row]] = rows
        if row[:3] != (b"", login, login) or b"public" not in (row[3] or b"") or row[4] != b"[]":
            self._complain(nonce, f"left behind: {row}")

    async def _run(self, batch: Batch, random: Random, may_leave: float) -> Any:
        task = asyncio.create_task(self.pool.run(batch))
        if random.random() < may_leave:
            await _leave(task, random.choice([0, 0.0005, 0.002, 0.02]))
            return None
        try:
            return await task
        except (DatabaseError, ConnectionLost, PutMismatch) as error:
            self.report.answers[type(error).__name__] += 1
            return None

    async def _kill(self) -> None:
        connection = await asyncpg.connect(self.world.database)
        try:
            while True:
                await asyncio.sleep(0.1)
                self.report.disturbances["kill"] += 1
                await connection.execute(
                    "select pg_terminate_backend(pid) from (select pid from pg_stat_activity"
                    f" where usename = '{self.world.login}' order by random() limit 1) as one"
                )
        finally:
            await connection.close()

    def _complain(self, nonce: str, wrong: str) -> None:
        self.report.complaints.append(f"seed {self.report.seed}, {nonce}: {wrong}")


def _context(user: User, nonce: str) -> Query:
    claims, headers = f'{{"sub": "{user.name}"}}', f'{{"x-nonce": "{nonce}"}}'
    return Query(_CONTEXT, (user.role.encode(), claims.encode(), headers.encode()))


async def _leave(task: "Task[Any]", after: float) -> None:
    await asyncio.sleep(after)
    task.cancel()
    with suppress(CancelledError, DatabaseError, ConnectionLost, PutMismatch):
        await task


def play_pool(world: World, connect: Connect, *, seed: int, batches: int) -> Report:
    """Complaints are of answers, and of what a probe found in a session."""
    report = Report(seed)

    async def run() -> None:
        pool = Pool(lambda: connect(world.uri), Limits(size=4))
        try:
            await Batches(world, pool, report, batches).play(clients=16)
        finally:
            await pool.close()

    asyncio.run(run())
    return report
