"""A project's final state and its migrations go in, the migration that is missing comes out: found
by the engine, with its data steps, in the steps of online.py, proved as the file that is written.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from passeplat.config import Config
from passeplat.contract import Change, Contract, compare, read_contract
from passeplat.errors import SettingError
from passeplat.migrate.allowance import NotAllowed, hazards_in, mark, not_allowed
from passeplat.migrate.authorization import mark_authorizations
from passeplat.migrate.compare import differences
from passeplat.migrate.data import DataStep, When, pending_steps, steps_of
from passeplat.migrate.database import connected
from passeplat.migrate.engine import find_migration
from passeplat.migrate.faults import SqlFailed
from passeplat.migrate.files import MIGRATIONS, read_sources
from passeplat.migrate.fingerprint import NAMES_ROLES, word
from passeplat.migrate.model import Hazard, Migration, Phase, Snapshot, SqlFile, Step
from passeplat.migrate.online import online
from passeplat.migrate.prove import CannotChange, unreached
from passeplat.migrate.renames import questions, read_renames
from passeplat.migrate.scratch import Scratch, scratch_server
from passeplat.migrate.script import Header, name_of, render_script
from passeplat.migrate.state import database_of, replay

_STAMP = "%Y%m%dT%H%M%S"
_CREATE_ROLE = re.compile(r'create role (?:"(?:[^"]|"")*"|[^\s";]+)[^;$]*;', re.IGNORECASE)
_OF_ROLE = r"(?i:(\b(?:owner to|granted by) ))"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class Draft:
    migration: Migration  # without phases: nothing is missing
    changes: tuple[Change, ...]  # for the clients of the API
    proof: str
    questions: tuple[str, ...] = ()  # whether something was renamed that seems to go


async def make_draft(project: Path, config: Config, environ: Mapping[str, str]) -> Draft:
    """Raises CannotChange, SqlFailed, SettingError."""
    sources = read_sources(project / "db")
    steps, renames = pending_steps(sources), read_renames(sources)
    db = project / "db"
    async with scratch_server(environ) as scratch:
        before, old = await read_state(str(db / MIGRATIONS), scratch, config)
        after, new = await read_state(str(db), scratch, config)
        found = await find_migration(before, after, scratch, renames)
        migration = await complete(found, steps, before, after, scratch)
    changes = compare(old, new)
    migration = mark_changes(mark_authorizations(migration, before, after), changes)
    unclear = tuple(questions(renames, before, after))
    return Draft(migration, changes, _proof(scratch), unclear)


async def complete(
    found: Migration,
    steps: Iterable[DataStep],
    before: Snapshot,
    after: Snapshot,
    scratch: Scratch,
) -> Migration:
    """With its data steps, and online where that is proved to lead to the same. Raises
    CannotChange, SqlFailed."""
    whole = with_data(for_any_role(found, before.user), tuple(steps))
    better = online(whole, before)
    if better != whole and await _holds(better, before, after, scratch):
        return better
    if whole != found and not await _holds(whole, before, after, scratch):
        raise CannotChange(map(unreached, differences(before, after)))
    return whole


def with_data(found: Migration, steps: tuple[DataStep, ...]) -> Migration:
    """In the transaction of the changes: before the first, after the last."""
    if not steps:
        return found
    *labels, main = found.phases or (Phase(()),)
    all_steps = (*steps_of(steps, When.BEFORE), *main.steps, *steps_of(steps, When.AFTER))
    return replace(found, phases=(*labels, replace(main, steps=all_steps)))


def for_any_role(migration: Migration, maker: str) -> Migration:
    """Whoever applies it takes the place of the role that made it. The roles it makes belong to the
    server: another database there may have made them before."""
    name = word(maker)

    def free(step: Step) -> Step:
        sql = step.sql.strip()
        if _CREATE_ROLE.fullmatch(sql):
            body = f"begin\n  {sql}\nexception when duplicate_object then null;\nend"
            return replace(step, sql=f"do $role$ {body} $role$;")
        if step.identity.kind in NAMES_ROLES:
            return replace(step, sql=name.sub("CURRENT_USER", sql))
        return replace(step, sql=re.sub(rf"{_OF_ROLE}{name.pattern}", r"\1CURRENT_USER", sql))

    phases = (replace(each, steps=tuple(map(free, each.steps))) for each in migration.phases)
    return replace(migration, phases=tuple(phases))


def mark_changes(migration: Migration, changes: Iterable[Change]) -> Migration:
    """The steps by which a client is broken; all, if it cannot be told which."""
    broken = {change.relation for change in changes if change.is_breaking}
    if not broken:
        return migration

    def is_one(step: Step) -> bool:
        names = step.identity.name.replace("(", " ").split()
        return any(name.schema == step.identity.schema and name.name in names for name in broken)

    marked = mark(migration, Hazard.BREAKS_API, is_one)
    if Hazard.BREAKS_API in hazards_in(marked):
        return marked
    return mark(migration, Hazard.BREAKS_API, lambda _: True)


def write_draft(draft: Draft, project: Path, title: str, allowed: frozenset[Hazard]) -> Path:
    """The file it was written to. Raises NotAllowed, SettingError."""
    if not _NAME.fullmatch(title):
        raise SettingError(f"{title!r} is no name for a migration: take letters, digits and _")
    found = hazards_in(draft.migration)
    if missing := not_allowed(found, allowed):
        raise NotAllowed(missing, _breaking(draft.changes) if Hazard.BREAKS_API in missing else ())
    migration = draft.migration
    header = Header(migration.source, migration.target, found, found & allowed, draft.proof)
    folder = project / "db" / MIGRATIONS
    folder.mkdir(exist_ok=True)
    last = max(map(name_of, read_sources(project / "db").migrations), default="")
    path = folder / f"{stamp(datetime.now(UTC), last)}_{title}.sql"
    path.write_text(render_script(migration, path.stem, header), "utf-8")
    return path


def stamp(now: datetime, last: str) -> str:
    """Of the file that follows `last`, whatever the clock of who wrote that."""
    own = now.strftime(_STAMP)
    if own > last[: len(own)]:
        return own
    try:
        before = datetime.strptime(last[: len(own)], _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return own
    return (before + timedelta(seconds=1)).strftime(_STAMP)


async def _holds(migration: Migration, before: Snapshot, after: Snapshot, scratch: Scratch) -> bool:
    """Whether the file, as it is written and applied, leads to the target."""
    header = Header(migration.source, migration.target)
    file = SqlFile(f"db/{MIGRATIONS}/new.sql", render_script(migration, "new", header))
    url = await scratch.copy(before)
    try:
        await replay(url, (file,))
    except SqlFailed:
        if any(step.identity.kind == "DATA" for phase in migration.phases for step in phase.steps):
            raise
        return False
    result = await scratch.snapshot(url)
    return not differences(result, after) and result.roles.means(after.roles)


async def read_state(state: str, scratch: Scratch, config: Config) -> tuple[Snapshot, Contract]:
    """See state.py. Raises SettingError, SqlFailed, ConnectionFailed."""
    url = await database_of(state, scratch)
    async with connected(url) as connection:
        offered = await read_contract(connection, config)
    return await scratch.snapshot(url), offered


def _proof(scratch: Scratch) -> str:
    return (
        f"PostgreSQL {scratch.binaries.version}: the target is reached exactly, rows are kept,"
        " nothing is left to do"
    )


def _breaking(changes: Iterable[Change]) -> Iterable[str]:
    for change in changes:
        if change.is_breaking:
            yield f"{change.subject} {change.what} (for {', '.join(change.roles)})"
