"""What makes a session clean after a request: the statements both kinds of connection send.

Functions, policies and views may write session state that outlives their transaction:
`set_config(…, false)`, `SET ROLE`, temporary tables, `LISTEN`, session advisory locks, cursors
WITH HOLD, `lastval()`, prepared names. Nothing tells cheaply whether one did: no catalogue lists
changed settings, a read-only transaction may do all of it, and a STABLE label is a promise nobody
keeps. So the state is reset after every request, not on suspicion.

When: in a transaction of its own right after the request's. Inside the request's transaction it
would run before deferred triggers, take away their role and release locks before the commit;
at the head of the next one it would leave locks held by an idle connection, and that transaction
would begin under dirty defaults (`default_transaction_read_only`). The statements travel in the
same write as the request and their answer is awaited by the connection, not by the request, so
they cost PostgreSQL time but no latency. Behind a transaction pooler, where the session after a
transaction is somebody else's, they stay within the same Sync: COMMIT, then these.

Cost of a point read with role, claims and row security, one client, PostgreSQL 18 (15 is alike;
quiet machine, µs a request until the session is clean again): without 40 · named 61 · unnamed 87
· as one simple query 73. Hence named, prepared once a connection.

Prepared names need care of their own. Somebody who gets SQL into dynamic SQL can deallocate one
of our statements and prepare another under its name, and read what the next request binds to it.
`PREPARED_BY_SQL` finds such names. It must not be a named statement (it could be replaced as
well), so it is parsed each time, and its cost grows with the statements the session holds: 30 µs
for few, 50 with 30 of them, 110 with 100. Therefore it runs where a value of the client can reach
dynamic SQL at all (`Batch.calls`): a read of tables and views runs what the owner of the database
wrote, with values bound as values, and so does a write that meets no trigger, rule or function of
his (server/sharing.py asks the catalogue). A session with such a name is closed.

What cannot be reset: state that procedural languages keep in their interpreter (PL/Perl's
`%_SHARED`, PL/Python's `GD`) and named dblink connections. `DISCARD ALL` leaves them as well.
"""

RESETS = (
    "reset session authorization",
    "reset role",  # before the others: they need no privilege, but shall not run as anybody else
    "reset all",
    "close all",
    "unlisten *",
    "discard temp",
    "discard sequences",
    "select pg_catalog.pg_advisory_unlock_all()",
)
"""What DISCARD ALL does, but for plans and prepared statements. `reset` restores what the login
role's own settings say, not the server's defaults."""

PREPARED_BY_SQL = "select from_sql from pg_catalog.pg_prepared_statement() where from_sql"

ISOLATION_LEVELS = frozenset(
    {"read uncommitted", "read committed", "repeatable read", "serializable"}
)

CHECK_DEFERRED = "set constraints all immediate"
"""Before a rollback: deferred constraints are reported as the commit would have."""

PATIENCE = (
    0.1  # seconds an abandoned statement may take to end by itself; spares most cancellations
)
GIVE_UP = 5.0  # seconds an abandoned statement may resist cancellation; then the session is dropped


def begin(isolation: str | None) -> str:
    if isolation is None:
        return "begin"
    if isolation.lower() not in ISOLATION_LEVELS:
        raise ValueError(f"{isolation!r} is not an isolation level")
    return f"begin isolation level {isolation}"
