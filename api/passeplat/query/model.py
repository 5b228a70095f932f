"""SQL ready to run, and what comes of it."""

from dataclasses import dataclass

from passeplat.postgres.model import Query


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


@dataclass(frozen=True, slots=True)
class Result:
    """The one row of the main statement."""

    body: bytes
    page_total: int = 0  # rows in the body, or affected by a write
    table_total: int | None = None  # rows without limit and offset, where they were counted
    response_headers: bytes | None = None  # the GUC response.headers, JSON
    response_status: bytes | None = None  # the GUC response.status
    inserted: int | None = None  # rows an upsert inserted, the others were updated
    location: bytes | None = None  # JSON object of the primary key of the one row inserted
    planned_total: int | None = None  # what the planner expects, where that was asked
