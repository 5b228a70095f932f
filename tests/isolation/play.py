"""The run: clients make their moves at once, others disturb them, every answer is checked."""

import asyncio
import re
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from random import Random

import asyncpg
import httpx
from tests.isolation.client import Answer, Client, Request
from tests.isolation.moves import Move, Player, count, embed, probe, read, read_one
from tests.isolation.world import World
from tests.serving import Served

EXCUSED = {"PGRST000", "PGRST001", "PGRST002", "PGRST003", "57P01"}
CANCELLED = "canceling statement due to user request"

_SESSION = (
    "select pid from pg_stat_activity where usename = $1 and pid <> pg_backend_pid()"
    " order by random() limit 1"
)
_RACES = (  # what becomes of the plans and the schema cache meanwhile
    "notify pgrst, 'reload schema'",
    "notify pgrst, 'reload config'",
    "analyze api.notes",
    "alter table api.notes add column extra int; alter table api.notes drop column extra",
    "alter policy own on api.writes to public",
    (
        "create or replace function api.claim(name text) returns text language sql stable as $$"
        " select nullif(current_setting('request.jwt.claims', true), '')::json ->> name $$"
    ),
)


@dataclass
class Report:
    seed: int
    moves: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    disturbances: Counter[str] = field(default_factory=Counter)
    complaints: list[str] = field(default_factory=list)
    shared: int = 0  # reads that had a connection together with others

    def complain(self, player: Player, move: Move, wrong: str) -> None:
        told = f"seed {self.seed}, client {player.number}, move {player.made}: {move}\n  {wrong}"
        self.complaints.append(told)

    @property
    def excused(self) -> int:
        return self.answers["excused"]


@dataclass(eq=False)
class Game:
    world: World
    served: Served
    report: Report
    left: int  # how many requests
    written: list = field(default_factory=list)

    async def play(self, clients: int, pause: float) -> None:
        """`pause`: seconds from one disturbance to the next."""
        await self._warm_up()
        tasks = [asyncio.create_task(self._client(number)) for number in range(clients)]
        disturber = asyncio.create_task(self._disturb(pause))
        await asyncio.gather(*tasks)
        disturber.cancel()
        await asyncio.gather(disturber, return_exceptions=True)
        await self._probe_all()

    async def _warm_up(self) -> None:
        """One read after another, so that the server learns which of them are short."""
        player = Player(0, Random(self.report.seed), self.world.users)
        client = Client(self.served.port)
        for make in (read, read_one, count, embed) * 10:
            move = player.make(make)
            [answer] = await client.ask(move.request)
            self._check(player, move, answer)
        client.leave()

    async def _client(self, number: int) -> None:
        random = Random(f"{self.report.seed} {number}")
        player = Player(number, random, self.world.users, self.written)
        client = Client(self.served.port)
        while self.left > 0 and len(self.report.complaints) < 20:
            several = [player.next() for _ in range(random.choice([1] * 12 + [2, 3]))]
            self.left -= len(several)
            await self._turn(player, client, several)
        client.leave()

    async def _turn(self, player: Player, client: Client, moves: list[Move]) -> None:
        self.report.moves.update(move.name for move in moves)
        waited = [move for move in moves if move.manner == "wait"]
        try:
            if waited:
                answers = await client.ask(*(move.request for move in waited))
                for move, answer in zip(waited, answers, strict=True):
                    self._check(player, move, answer)
            for move in moves:
                if move.manner != "wait":
                    await _depart(client, move, player.random)
        except (OSError, EOFError, TimeoutError, ValueError) as error:
            client.leave()
            self.report.complain(player, moves[0], f"{type(error).__name__}: {error}")

    def _check(self, player: Player, move: Move, answer: Answer) -> None:
        cancelled = answer.code == "57014" and CANCELLED in answer.message
        bodiless = move.request.method == "HEAD" and answer.status in (500, 503)
        if (answer.status in (503, 504) and answer.code in EXCUSED) or cancelled or bodiless:
            self.report.answers["excused"] += 1
            return
        self.report.answers[str(answer.status)] += 1
        if (wrong := move.check(answer)) is not None:
            self.report.complain(player, move, wrong)

    async def _disturb(self, pause: float) -> None:
        random = Random(f"{self.report.seed} disturbances")
        connection = await asyncpg.connect(self.world.database)
        try:
            while True:
                await asyncio.sleep(pause * random.uniform(0.2, 1.8))
                await self._disturbance(connection, random)
        finally:
            await connection.close()

    async def _disturbance(self, connection: asyncpg.Connection, random: Random) -> None:
        kind = random.choice(["kill", "kill", "cancel", "cancel", "race", "signal"])
        match kind:
            case "kill" | "cancel":
                name = {"kill": "pg_terminate_backend", "cancel": "pg_cancel_backend"}[kind]
                await connection.execute(
                    f"select {name}(pid) from ({_SESSION}) as session".replace(
                        "$1", f"'{self.world.login}'"
                    )
                )
            case "race":
                await connection.execute(random.choice(_RACES))
            case _:
                self.served.process.send_signal(random.choice([signal.SIGUSR1, signal.SIGUSR2]))
        self.report.disturbances[kind] += 1

    async def _probe_all(self) -> None:
        """Every session, for they are all asked at once."""
        await asyncio.sleep(0.5)
        await asyncio.gather(*(self._probe(number) for number in range(24)))

    async def _probe(self, number: int) -> None:
        player = Player(-number, Random(number), self.world.users)
        client = Client(self.served.port)
        for _ in range(4):
            user = player.random.choice(self.world.users)
            move = probe(player, user, "last")
            headers = {"Authorization": f"Bearer {user.token}", "x-nonce": "last"}
            request = Request(
                "POST", move.request.target, headers | dict(move.request.headers), b"{}"
            )
            [answer] = await client.ask(request)
            self._check(player, move, answer)
        client.leave()


async def _depart(client: Client, move: Move, random: Random) -> None:
    raw = move.request.raw()
    match move.manner:
        case "half":
            await client.send(raw[: random.randrange(1, len(raw))])
        case "leave":
            await client.send(raw)
            await asyncio.sleep(random.choice([0, 0.001, 0.01, 0.12, 0.25]))
        case _:
            await client.send(raw)
            await client.read_some()
    client.leave()


def play(  # noqa: PLR0913 - a run has these parts
    world: World, served: Served, *, seed: int, requests: int, clients: int = 32, pause: float = 0.2
) -> Report:
    """Complaints are of answers, and of what is left in the database afterwards."""
    report = Report(seed)
    game = Game(world, served, report, requests)
    asyncio.run(game.play(clients, pause))
    report.shared = _shared_reads(served)
    report.complaints += [f"seed {seed}: half written: {each}" for each in world.halves()]
    if not _settles(world):
        report.complaints.append(f"seed {seed}: a session is busy or holds a lock for good")
    return report


def _shared_reads(served: Served) -> int:
    metrics = httpx.get(f"{served.admin}/metrics").text
    found = re.search(r"^passeplat_shared_reads_total (\d+)", metrics, re.MULTILINE)
    return int(found[1]) if found else 0


def _settles(world: World) -> bool:
    """A reload may still be under way; nothing else may."""
    for _ in range(100):
        if world.locks() == world.busy() == 0:
            return True
        time.sleep(0.1)
    return False
