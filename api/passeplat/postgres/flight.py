"""What is sent up to one Sync and what comes back for it: a batch becomes bytes and steps, messages
become rows or an error. No input or output happens here.

Until its Sync the server treats the statements as one implicit transaction: no BEGIN, no COMMIT,
an error aborts the whole. A *block* has an explicit BEGIN, for what that cannot do: another
isolation level, a rollback, a verdict in between, or a pooler that must not give the session away
before it is reset.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

from passeplat.errors import ConnectionLost
from passeplat.postgres import session, wire
from passeplat.postgres.model import Batch, End, Query, Row
from passeplat.postgres.statements import Key, Statements

Bound: TypeAlias = tuple[Key, bytes]
"""A statement to prepare, and its values as they travel (wire.arguments)."""


class Step(NamedTuple):
    """One Bind/Execute, in the order of the answers."""

    key: Key | None = None  # the named statement behind it
    name: bytes = b""
    parsed: bool = False  # prepared by this flight, not earlier


_COMMAND = Step()
_CHECK = Step()  # a row would mean that the session cannot be cleaned

_RESET_NAMES = tuple(b"passeplat_reset_%d" % number for number in range(len(session.RESETS)))
_PARSE_RESETS = b"".join(
    wire.close(name) + wire.parse(name, sql)  # closed, for it may be known already
    for name, sql in zip(_RESET_NAMES, session.RESETS, strict=True)
)
_NAMED_RESETS = b"".join(part for name in _RESET_NAMES for part in wire.bind_execute(name))
_UNNAMED_RESETS = b"".join(map(wire.parse_execute, session.RESETS))
_CHECK_NAMES = wire.parse_execute(session.PREPARED_BY_SQL)


class Flight:
    """`landed` is called when it is over; nobody waits for a mere reset."""

    __slots__ = (
        "asked",
        "block",
        "bound",
        "data",
        "error",
        "landed",
        "lost",
        "results",
        "rows",
        "step",
        "steps",
        "streamed",
        "unclean",
        "wanted",
    )

    def __init__(
        self, landed: "Callable[[Flight], None] | None" = None, *, block: bool = False
    ) -> None:
        self.block = block
        self.landed = landed
        self.lost: ConnectionLost | None = None  # the connection went away before the answer
        self.data: list[bytes] = []
        self.steps: list[Step] = []
        self.wanted = range(0)  # the steps whose rows are the results
        self.streamed = -1  # the step whose rows leave as they come
        self.asked = 0  # how many steps come before those that reset the session
        self.step = 0  # the one being answered
        self.bound = False  # that one got past Parse and Bind
        self.rows: list[Row] = []
        self.results: list[tuple[Row, ...]] = []
        self.error: dict[str, str] | None = None
        self.unclean = False  # the reset failed, or met what it cannot reset

    def receive_row(self, buffer: bytes, start: int) -> None:
        if self.step in self.wanted:
            self.rows.append(wire.row(buffer, start))
        elif self.steps[self.step] is _CHECK:
            self.unclean = True

    def complete_step(self) -> None:
        if self.step in self.wanted:
            self.results.append(tuple(self.rows))
            self.rows = []
        self.step += 1
        self.bound = False

    def take_answer(self, buffer: bytes, start: int) -> int:
        """What is received at once if all went as it mostly does; where its answer ends then.
        0: nothing was received."""
        if self.step or self.bound or self.streamed >= 0:
            return 0
        taken = wire.take_answer(buffer, start, len(self.steps))
        if taken is None:
            return 0
        answers, end = taken
        for rows in answers:
            for row in rows:
                self.receive_row(buffer, row)
            self.complete_step()
        return end

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


def bound(batch: Batch) -> list[Bound]:
    """The statements of a batch that needs no block, its context first."""
    asked = [] if batch.context is None else [(batch.context, "")]
    asked += [(query, batch.scope) for query in batch.statements]
    return [
        ((query.sql, scope), wire.arguments(len(query.params), wire.packed(*query.params)))
        for query, scope in asked
    ]


def add_bound(flight: Flight, reads: Sequence[Bound], statements: Statements) -> None:
    """All but the first of them, the context, have results."""
    for key, arguments in reads:
        name = _add_prepared(flight, key, statements)
        flight.data.append(wire.bound(name, arguments))
    flight.asked = len(reads)
    flight.wanted = range(1, len(reads))


def add_batch(
    flight: Flight, batch: Batch, statements: Statements, streamed: int | None = None
) -> None:
    """The batch without the end of its transaction, which for a block is `add_end`'s. `streamed`:
    the number of the statement whose rows leave as they come."""
    if flight.block:
        _add_command(flight, session.begin(batch.isolation))
    if batch.context is not None:
        _add_query(flight, batch, batch.context, "", statements)
    first = len(flight.steps)
    for query in batch.statements:
        _add_query(flight, batch, query, batch.scope, statements)
    flight.wanted = range(first, len(flight.steps))
    if streamed is not None:
        flight.streamed = first + streamed
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
    name = _add_prepared(flight, (query.sql, scope), statements)
    flight.data += wire.bind_execute(name, query.params)


def _add_prepared(flight: Flight, key: Key, statements: Statements) -> bytes:
    """The name of a statement that is prepared now, if it was not before."""
    known = statements.find(key)
    name = known or statements.new_name()
    if known is None:
        flight.data.append(wire.parse(name, key[0]))
    flight.steps.append(Step(key, name, parsed=known is None))
    return name
