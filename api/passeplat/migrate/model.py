"""Values of the SQL side: files and their faults, facts about a schema, what is to be done."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from passeplat.names import QualifiedName


@dataclass(frozen=True, slots=True)
class SqlFile:
    path: str  # as messages show it: "db/v1/todos.sql"
    text: str


@dataclass(frozen=True, slots=True)
class Sources:
    """A project's `db/`."""

    roles: SqlFile | None
    units: tuple[SqlFile, ...]  # the final state, in no particular order
    seed: SqlFile | None
    migrations: tuple[SqlFile, ...]  # in the order of their names


@dataclass(frozen=True, slots=True)
class Statement:
    text: str  # without the blanks and comments before it
    start: int  # its first character's offset in the file


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a file does not load, and where. Lines and columns count from 1."""

    path: str
    line: int
    column: int | None  # None: PostgreSQL names no place within the statement
    excerpt: str  # that line of the file
    message: str
    sqlstate: str
    detail: str | None = None
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Loading:
    """What came of loading files."""

    order: tuple[SqlFile, ...]  # those that loaded, in an order in which they do
    faults: tuple[Fault, ...] = ()  # root causes
    waiting: tuple[str, ...] = ()  # paths of files that only miss what faulty files would create


@dataclass(frozen=True, slots=True, order=True)
class Identity:
    """Who a fact is about, in pg_dump's words: ("VIEW", "v1", "todos")."""

    kind: str
    schema: str  # "" for what is in no schema
    name: str  # ("TRIGGER", "app", "todos touch"), ("ACL", "v1", "FUNCTION search(text)")
    owner: str = ""  # of default privileges, which every role has its own of


@dataclass(frozen=True, slots=True)
class Fact:
    """An entry of pg_dump's table of contents."""

    id: int
    identity: Identity
    owner: str
    create: str
    drop: str
    needs: tuple[int, ...]  # ids of the facts this one depends on

    @property
    def kind(self) -> str:
        return self.identity.kind

    @property
    def relation(self) -> QualifiedName:
        """Of a table, view, sequence or type: its name."""
        return QualifiedName(self.identity.schema, self.identity.name)


@dataclass(frozen=True, slots=True)
class ColumnFact:
    """A column of a table, as `alter table` must know it."""

    name: str
    type: str
    collation: str | None  # None: the type's own
    not_null: bool
    not_null_name: str | None  # of the constraint, if it is not PostgreSQL's choice
    expression: str | None  # of the default, or of what is generated
    identity: str  # "a" always, "d" by default, "" no
    generated: str  # "s" stored, "v" virtual, "" no
    is_local: bool  # not only inherited


@dataclass(frozen=True, slots=True)
class TableFact:
    columns: Mapping[str, ColumnFact]
    checks: Mapping[str, str]  # valid ones by name: "CHECK ((done = (status = 'done')))"
    force_row_security: bool


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """The schema of a database, as of one moment."""

    facts: Mapping[Identity, Fact]  # in the order of pg_dump, which creates them
    by_id: Mapping[int, Fact]
    dependents: Mapping[int, tuple[Fact, ...]]
    tables: Mapping[QualifiedName, TableFact]
    enums: Mapping[QualifiedName, tuple[str, ...]]
    user: str  # who looked, and owns what is made without a word of owners
    archive: bytes  # what pg_restore makes the schema of


@dataclass(frozen=True, slots=True)
class Difference:
    """A fact that two snapshots do not share, in their normal form; None on the side without."""

    identity: Identity
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Action:
    """A statement of a change, or several that belong together, and whose they are."""

    sql: str
    identity: Identity


@dataclass(frozen=True, slots=True, order=True)
class Loss:
    """What is gone afterwards: a table, or a column of one."""

    table: QualifiedName
    column: str | None = None


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What cannot be changed in place, in words."""

    subject: str
    reason: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """What should make one schema another. `labels` must be committed before `actions` use them."""

    labels: tuple[Action, ...] = ()
    actions: tuple[Action, ...] = ()
    losses: tuple[Loss, ...] = ()
    obstacles: tuple[Obstacle, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """A proposal that was proved: its actions, in this order, made a copy equal to the target."""

    labels: tuple[Action, ...]
    actions: tuple[Action, ...]
    losses: tuple[Loss, ...]
    result: Snapshot


class Hazard(Enum):
    """What a reader of a migration must know before it runs, and CI must be told to allow."""

    DELETES_DATA = "DELETES_DATA"
    ACQUIRES_ACCESS_EXCLUSIVE_LOCK = "ACQUIRES_ACCESS_EXCLUSIVE_LOCK"  # as observed
    REWRITES_TABLE = "REWRITES_TABLE"  # as observed
    MAY_FAIL_ON_DATA = "MAY_FAIL_ON_DATA"
    AUTHZ_UPDATE = "AUTHZ_UPDATE"
    BREAKS_API = "BREAKS_API"


@dataclass(frozen=True, slots=True)
class Step:
    """A statement of a migration, or several that belong together, and whose they are."""

    sql: str
    identity: Identity
    hazards: frozenset[Hazard] = frozenset()


@dataclass(frozen=True, slots=True)
class Phase:
    """Steps that are committed together; or, without a transaction, each by itself."""

    steps: tuple[Step, ...]
    transactional: bool = True


@dataclass(frozen=True, slots=True)
class Migration:
    """What was proved to lead from the one schema to the other: phases, in this order. `source`
    and `target` are the fingerprints of the two (see fingerprint.py)."""

    phases: tuple[Phase, ...]
    source: str
    target: str
