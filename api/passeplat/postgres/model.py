"""What a connection is asked and what it gives back: values shared by every implementation."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol, TypeAlias

Row: TypeAlias = tuple[bytes | None, ...]
"""One row as it came from the server: each column the bytes of its value, NULL as None."""

Results: TypeAlias = tuple[tuple[Row, ...], ...]
"""The rows of each of some statements."""

Verdict: TypeAlias = Callable[[Results], None]


@dataclass(frozen=True, slots=True)
class Query:
    """One statement. Its result columns must be `text`, `json`, `xml` or `bytea`: their bytes pass
    through as they are. Those of `jsonb` begin with a 1, the version of its binary form."""

    sql: str
    params: tuple[bytes | None, ...] = ()  # text format; the types are left to PostgreSQL


class End(Enum):
    COMMIT = "commit"
    ROLLBACK = "rollback"


@dataclass(frozen=True, slots=True)
class Batch:
    """Statements that run in one transaction, in one network round trip where possible.

    `context` sets role and settings; statements after it run as that role. `scope` names who the
    prepared plans belong to (role and search_path): equal text under another scope is prepared
    under another name, because PostgreSQL re-plans a statement with row security whenever the
    role changes.
    """

    context: Query | None
    statements: tuple[Query, ...]
    scope: str = ""
    isolation: str | None = None  # "repeatable read", "serializable"; None: the server's default
    end: End = End.COMMIT
    prepare: bool = True  # False: unnamed statements only, for transaction poolers
    # Looks at the rows of every statement (context excluded) before the transaction ends; raising
    # rolls it back. Costs a second round trip, so only for plans that need a verdict.
    verdict: Verdict | None = None
    # Whether a value of the client may reach dynamic SQL: it is an argument of a function, or
    # meets a trigger. Only plans that read tables and views may say False (see session.py).
    calls: bool = True


@dataclass(frozen=True, slots=True)
class Piece:
    """Some rows of the one statement of a batch that is streamed."""

    rows: Sequence[bytes]  # the one column of each, which is not NULL
    results: Results  # of the statements that are done, the streamed one empty


class Connection(Protocol):
    """A session that runs one batch after another, each in a clean session (see session.py)."""

    async def run(self, batch: Batch) -> Results:
        """The rows of each of `batch.statements`. Raises errors.DatabaseError with the SQLSTATE,
        errors.ConnectionLost if the connection went away. Usable again after a DatabaseError."""
        ...

    def stream(self, batch: Batch, number: int) -> AsyncGenerator[Piece, None]:
        """The rows of the statement `number` as they come; who takes them slowly slows the server
        down, so that nothing piles up. The last piece comes after the commit and has no rows: what
        came before it is valid only then. A batch with a verdict cannot be streamed.

        Raises what `run` raises, also after some pieces. To be closed if it is not read to the end,
        before the connection is used again."""
        ...

    async def feed(self, batch: Batch, more: AsyncIterator[Query]) -> Results:
        """As `run`, but after `batch.statements` those that `more` gives, in the same transaction;
        each runs while the next is awaited. What `more` raises rolls all of it back. A batch with
        a verdict cannot be fed."""
        ...

    def when_idle(self, callback: Callable[[], None]) -> None:
        """Calls back once nothing is under way and the session is clean, or the connection is
        closed: at once if that is so already. After `run` it takes a moment, after a cancelled
        `run` longer."""
        ...

    async def close(self) -> None: ...

    def is_closed(self) -> bool: ...
