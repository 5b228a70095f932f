"""SQL ready to run, and what comes of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from passeplat.postgres.model import Query


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around the lines of a body."""

    before: bytes
    between: bytes
    after: bytes
    nothing: bytes  # a body without lines

    def whole(self, lines: Sequence[bytes]) -> bytes:
        return self.beginning(lines) + self.after if lines else self.nothing

    def beginning(self, lines: Sequence[bytes]) -> bytes:
        return self.before + self.between.join(lines)

    def next(self, lines: Sequence[bytes]) -> bytes:
        return self.between + self.between.join(lines)


@dataclass(frozen=True, slots=True)
class Lines:
    """The same read, a row of one column for each row of the answer."""

    rows: Query
    total: Query | None  # how many rows there are without limit and offset, if that is asked
    frame: Frame
    few: bool  # whatever the database holds; else the main statement stops after some rows


@dataclass(frozen=True, slots=True)
class Transaction:
    context: Query
    pre_request: Query | None
    main: Query
    columns: tuple[str, ...]  # of the main statement's one row, names of Result; () for EXPLAIN
    explain: Query | None  # `explain` of the counting query: its plan has the estimate
    scope: str  # role and search_path, see postgres.model.Batch
    isolation: str | None
    rollback: bool
    calls: bool  # whether a value of the client may reach dynamic SQL, see postgres.model.Batch
    lines: Lines | None = None  # where the answer can leave while it is made


@dataclass(frozen=True, slots=True)
class Result:
    """The one row of the main statement."""

    body: bytes
    page_total: int = 0  # rows in the body, or affected by a write
    is_counted: bool = True  # False: rows are still to come, page_total is not known yet
    table_total: int | None = None  # rows without limit and offset, where they were counted
    response_headers: bytes | None = None  # the GUC response.headers, JSON
    response_status: bytes | None = None  # the GUC response.status
    inserted: int | None = None  # rows an upsert inserted, the others were updated
    location: bytes | None = None  # JSON object of the primary key of the one row inserted
    planned_total: int | None = None  # what the planner expects, where that was asked
