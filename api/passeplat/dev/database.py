"""The files of `db/` go in, and the development database becomes what they say, its rows kept; an
Outcome comes out."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

from passeplat.dev.outcome import Applied, Broken, Outcome, Refused, Unchanged
from passeplat.dev.project import LOGIN, Home
from passeplat.dev.workshop import Workshop
from passeplat.errors import SettingError
from passeplat.migrate.compare import differences, same
from passeplat.migrate.database import Connection, connected
from passeplat.migrate.dump import dump_all
from passeplat.migrate.load import load, load_files
from passeplat.migrate.model import Loading, Roles, Snapshot, Sources, SqlFile
from passeplat.migrate.prove import CannotChange, apply_change, prove
from passeplat.migrate.toc import read_roles, take_snapshot
from passeplat.migrate.words import summarize
from passeplat.names import literal, quote
from passeplat.postgres.connect import open_connection
from passeplat.postgres.scratch import create_database, drop_database

_MARK = "Made by passeplat dev, which may change and drop it"
_LOCK = 0x646576  # "dev"
_BACKUPS = 5  # that are kept


class Development:
    def __init__(self, home: Home) -> None:
        self.home = home
        self.workshop = Workshop(home)
        self.order: tuple[SqlFile, ...] = ()  # in which the files loaded last time
        self._holder: Connection | None = None

    async def open(self) -> bool:
        """Whether the database has been filled before. Raises SettingError if it is not ours."""
        async with connected(self.home.server) as connection:
            found = await connection.fetchrow(_query("database"), self.home.name)
        if found is None:
            await create_database(self.home.server, self.home.name)
        await self._hold()
        await self.workshop.sweep()
        if found is not None and found["comment"] == _MARK:
            return True
        async with connected(self.home.url) as connection:
            contents = await connection.fetchval(_contents())
        if contents:
            raise SettingError(
                f"The database {self.home.name} holds {contents} and was not made by passeplat dev,"
                " which would change it: name an empty one"
            )
        return False

    async def reset(self, backups: Path) -> Path:
        """Dropped and made anew, empty. What it held is in the file that is returned."""
        saved = await self._back_up(backups)
        await self._release()
        await drop_database(self.home.server, self.home.name)
        await create_database(self.home.server, self.home.name)
        await self._hold()
        return saved

    async def fill(self, sources: Sources) -> Outcome:
        """The first time: the files, and the seed."""
        scratch = await self.workshop.take_empty()
        loading, _ = await self._load(scratch, sources)
        if loading.faults:
            self.workshop.discard((scratch,))
            return Broken(loading.faults, loading.waiting)
        async with connected(self.home.url) as connection:
            filling = await _fill(connection, sources, loading, self.home.name)
            if filling.faults:
                self.workshop.discard((scratch,))
                return Broken(filling.faults, filling.waiting)
        self.workshop.keep(scratch, await self._snapshot(self.workshop.url(scratch)))
        return Applied("loaded db/" + (" and its seed" if sources.seed else ""))

    async def update(self, sources: Sources) -> Outcome:
        """In place. What stands in the way is told, and nothing is changed."""
        scratch = await self.workshop.take_empty()
        target = self.workshop.url(scratch)
        (loading, roles), before = await asyncio.gather(
            self._load(scratch, sources), self._snapshot(self.home.url)
        )
        if loading.faults:
            self.workshop.discard((scratch,))
            return Broken(loading.faults, loading.waiting)
        after = await self._snapshot(target)
        found = differences(before, after)
        if not found:
            self._keep_or_discard(scratch, before, after)
            return Applied(summarize((), before, after, roles)) if roles else Unchanged()
        self.workshop.discard((scratch,))
        try:
            await self._change(before, after)
        except CannotChange as refusal:
            return Refused(refusal.obstacles)
        return Applied(summarize(found, before, after, roles))

    async def login(self) -> str:
        """The URL the server takes: as LOGIN where there is such a role, as in production."""
        if self.home.login is None:
            return self.home.url
        async with connected(self.home.server) as connection:
            there = await connection.fetchval(
                "select exists (select from pg_roles where rolname = $1 and rolcanlogin)", LOGIN
            )
        return self.home.login if there else self.home.url

    async def close(self) -> None:
        await self.workshop.close()
        await self._release()

    async def _change(self, before: Snapshot, after: Snapshot) -> None:
        copy = await self.workshop.take_copy(before)
        home = self.home
        try:
            url = self.workshop.url(copy)
            now = replace(before, roles=after.roles)  # the files' roles are the cluster's already
            change = await prove(url, now, after, home.binaries, home.environ)
            await apply_change(home.url, change)
        except BaseException:
            self.workshop.discard((copy,))
            raise
        self.workshop.keep(copy, change.result)

    async def _load(self, scratch: str, sources: Sources) -> tuple[Loading, tuple[str, ...]]:
        """And the roles that are different now: they belong to the cluster, so they are at once."""
        async with connected(self.workshop.url(scratch)) as connection:
            before = await read_roles(connection)
            loading = await load(connection, sources, self.order)
            changed = _changed(before, await read_roles(connection))
        if not loading.faults:
            self.order = loading.order
        return loading, changed

    def _keep_or_discard(self, scratch: str, before: Snapshot, after: Snapshot) -> None:
        if self.workshop.template is None and same(before, after):
            self.workshop.keep(scratch, after)
        else:
            self.workshop.discard((scratch,))

    async def _snapshot(self, url: str) -> Snapshot:
        return await take_snapshot(url, self.home.binaries, self.home.environ)

    async def _back_up(self, backups: Path) -> Path:
        dump = await dump_all(self.home.url, self.home.binaries, self.home.environ)
        return await asyncio.to_thread(_keep, dump, backups)

    async def _hold(self) -> None:
        """As long as we live: two at once would undo each other's work."""
        self._holder = await open_connection(self.home.url)
        if not await self._holder.fetchval("select pg_try_advisory_lock($1)", _LOCK):
            await self._release()
            raise SettingError("Another `passeplat dev` is at work on this database: stop it first")

    async def _release(self) -> None:
        if self._holder is not None and not self._holder.is_closed():
            await self._holder.close(timeout=1)
        self._holder = None


async def _fill(connection: Connection, sources: Sources, known: Loading, name: str) -> Loading:
    """All or nothing, the mark that it is ours included."""
    transaction = connection.transaction()
    await transaction.start()
    filling = await load(connection, sources, known.order)
    if not filling.faults and sources.seed is not None:
        filling = await load_files(connection, (sources.seed,))
    if filling.faults:
        await transaction.rollback()
    else:
        await connection.execute("reset session authorization; reset role")
        await connection.execute(f"comment on database {quote(name)} is {literal(_MARK)}")
        await transaction.commit()
    return filling


def _keep(dump: bytes, backups: Path) -> Path:
    """Readable by its owner only, as the rows it holds."""
    backups.mkdir(parents=True, exist_ok=True, mode=0o700)
    saved = backups / f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}.dump"
    saved.touch(mode=0o600)
    saved.write_bytes(dump)
    for old in sorted(backups.glob("*.dump"))[:-_BACKUPS]:
        old.unlink()
    return saved


def _changed(before: Roles, after: Roles) -> tuple[str, ...]:
    joined = {each.member for each in before.memberships ^ after.memberships}
    changed = (name for name, role in after.roles.items() if before.roles.get(name) != role)
    return tuple(sorted({*joined, *changed} & after.roles.keys()))


def _query(name: str) -> str:
    return (files("passeplat.dev") / "sql" / f"{name}.sql").read_text("utf-8")


def _contents() -> str:
    return (files("passeplat.migrate") / "sql" / "contents.sql").read_text("utf-8")
