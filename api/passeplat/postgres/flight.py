"""What is sent up to one Sync and what comes back for it: a batch becomes bytes and steps, messages
become rows or an error. No input or output happens here.

Until its Sync the server treats the statements as one implicit transaction: no BEGIN, no COMMIT,
an error aborts the whole. A *block* has an explicit BEGIN, for what that cannot do: another
isolation level, a rollback, a verdict in between, or a pooler that must not give the session away
before it is reset.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from passeplat.errors import ConnectionLost
from passeplat.postgres import session, wire
from passeplat.postgres.model import Batch, End, Query, Row
from passeplat.postgres.statements import Key, Statements


@dataclass(slots=True, eq=False)
class Step:
    """One Bind/Execute, in the order of the answers."""

    wanted: bool = False  # its rows are part of the result
    streamed: bool = False  # its rows leave as they come
    key: Key | None = None  # the named statement behind it
    name: bytes = b""
    parsed: bool = False  # prepared by this flight, not earlier
    empty: bool = False  # a row would mean that the session cannot be cleaned


_COMMAND = Step()
_CHECK = Step(empty=True)

_RESET_NAMES = tuple(b"passeplat_reset_%d" % number for number in range(len(session.RESETS)))
_PARSE_RESETS = b"".join(
    wire.close(name) + wire.parse(name, sql)  # closed, for it may be known already
    for name, sql in zip(_RESET_NAMES, session.RESETS, strict=True)
)
_NAMED_RESETS = b"".join(part for name in _RESET_NAMES for part in wire.bind_execute(name))
_UNNAMED_RESETS = b"".join(map(wire.parse_execute, session.RESETS))
_CHECK_NAMES = wire.parse_execute(session.PREPARED_BY_SQL)


@dataclass(slots=True, eq=False)
class Flight:
    block: bool = False
    landed: "Callable[[Flight], None] | None" = None  # nobody waits for a mere reset
    lost: ConnectionLost | None = None  # the connection went away before the answer
    data: list[bytes] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    asked: int = 0  # how many steps come before those that reset the session
    step: int = 0  # the one being answered
    bound: bool = False  # that one got past Parse and Bind
    rows: list[Row] = field(default_factory=list)
    results: list[tuple[Row, ...]] = field(default_factory=list)
    error: dict[str, str] | None = None
    unclean: bool = False  # the reset failed, or met what it cannot reset

    def receive_row(self, buffer: bytes, start: int) -> None:
        step = self.steps[self.step]
        if step.wanted:
            self.rows.append(wire.row(buffer, start))
        elif step.empty:
            self.unclean = True

    def complete_step(self) -> None:
        if self.steps[self.step].wanted:
            self.results.append(tuple(self.rows))
            self.rows = []
        self.step += 1
        self.bound = False

    def fail(self, fields: dict[str, str]) -> None:
        """The server skips the rest up to the Sync. An error after the last step is one of the
        commit: of the request, unless resets ran in between."""
        if self.step < self.asked or self.asked == len(self.steps):
            self.error = fields
        else:
            self.unclean = True

    def stale_step(self) -> Step | None:
        """The step whose prepared statement no longer fits the database, so that preparing it
        anew may help. It failed before it ran, and with it the whole transaction.

        26000: somebody deallocated it. 0A000 (another result type) and class 42 (gone, another
        type) of one that was fine when it was prepared: the database has changed since.
        """
        if self.error is None or self.bound or self.step >= self.asked:
            return None
        step = self.steps[self.step]
        code = self.error.get("C", "")
        changed = code in {"26000", "0A000"} or code.startswith("42")
        return step if changed and step.key is not None and not step.parsed else None


def needs_block(batch: Batch) -> bool:
    return (
        batch.isolation is not None
        or batch.end is End.ROLLBACK
        or batch.verdict is not None
        or not batch.prepare
    )


def add_batch(
    flight: Flight, batch: Batch, statements: Statements, streamed: int | None = None
) -> None:
    """The batch without the end of its transaction, which for a block is `add_end`'s. `streamed`:
    the number of the statement whose rows leave as they come."""
    if flight.block:
        _add_command(flight, session.begin(batch.isolation))
    if batch.context is not None:
        _add_query(flight, batch, batch.context, "", statements)
    for number, query in enumerate(batch.statements):
        _add_query(flight, batch, query, batch.scope, statements)
        flight.steps[-1].wanted = True
        flight.steps[-1].streamed = number == streamed
    if batch.end is End.ROLLBACK:
        _add_command(flight, session.CHECK_DEFERRED)
    flight.asked = len(flight.steps)


def add_end(flight: Flight, end: End) -> None:
    _add_command(flight, end.value)
    flight.asked = len(flight.steps)


def add_resets(flight: Flight, *, named: bool, first: bool, check: bool) -> None:
    """What cleans the session: named once they are prepared, which is done the `first` time."""
    if first:
        flight.data.append(_PARSE_RESETS)
    flight.data.append(_NAMED_RESETS if named else _UNNAMED_RESETS)
    flight.steps += [_COMMAND] * len(session.RESETS)
    if check:
        flight.data.append(_CHECK_NAMES)
        flight.steps.append(_CHECK)


def _add_command(flight: Flight, sql: str) -> None:
    flight.data.append(wire.parse_execute(sql))
    flight.steps.append(_COMMAND)


def _add_query(
    flight: Flight, batch: Batch, query: Query, scope: str, statements: Statements
) -> None:
    if not batch.prepare:
        flight.data += (wire.parse(b"", query.sql), *wire.bind_execute(b"", query.params))
        flight.steps.append(Step())
        return
    key = (query.sql, scope)
    name = statements.find(key)
    step = Step(key=key, name=name or statements.new_name(), parsed=name is None)
    if step.parsed:
        flight.data.append(wire.parse(step.name, query.sql))
    flight.data += wire.bind_execute(step.name, query.params)
    flight.steps.append(step)
