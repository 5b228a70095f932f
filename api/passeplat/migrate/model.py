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
class CatalogueId:
    """Where PostgreSQL keeps something: the oids of a system table and of a row of it."""

    catalogue: int
    object: int


@dataclass(frozen=True, slots=True)
class Fact:
    """An entry of pg_dump's table of contents."""

    id: int
    identity: Identity
    owner: str
    create: str
    drop: str
    needs: tuple[int, ...]  # ids of the facts this one depends on
    catalogue_id: CatalogueId

    @property
    def kind(self) -> str:
        return self.identity.kind

    @property
    def relation(self) -> QualifiedName:
        """Of a table, view, sequence or type: its name."""
        return QualifiedName(self.identity.schema, self.identity.name)


@dataclass(frozen=True, slots=True)
class ColumnFact:
    """A column of a table, or an attribute of a composite type."""

    name: str
    type: str
    collation: str | None = None  # None: the type's own
    not_null: bool = False
    not_null_name: str | None = None  # of the constraint, if it is not PostgreSQL's choice
    not_null_no_inherit: bool = False
    not_null_valid: bool = True
    not_null_local: bool = True  # not only inherited
    expression: str | None = None  # of the default, or of what is generated
    identity: str = ""  # "a" always, "d" by default, "" no
    generated: str = ""  # "s" stored, "v" virtual, "" no
    is_local: bool = True  # not only inherited
    is_inherited: bool = False
    storage: str | None = None  # None: the type's own
    compression: str = ""
    statistics: int = -1
    options: tuple[str, ...] = ()  # "n_distinct=5"
    fdw_options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckFact:
    name: str
    definition: str  # "CHECK ((done = (status = 'done'))) NOT VALID"
    is_valid: bool = True
    is_local: bool = True
    is_inherited: bool = False


@dataclass(frozen=True, slots=True)
class TableFact:
    columns: Mapping[str, ColumnFact]
    checks: Mapping[str, CheckFact]
    kind: str = "r"  # r table, p partitioned, f foreign, c composite type
    persistence: str = "p"  # p permanent, u unlogged
    options: tuple[str, ...] = ()  # "fillfactor=70"
    replica_identity: str = "d"  # d default, f full, n nothing, i an index
    force_row_security: bool = False
    is_partition: bool = False
    parents: tuple[str, ...] = ()  # quoted names of those it inherits from
    partition_key: str | None = None
    of_type: str | None = None
    access_method: str | None = None
    tablespace: str | None = None
    server: str | None = None
    fdw_options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SequenceFact:
    type: str
    start: int
    increment: int
    minimum: int
    maximum: int
    cache: int
    cycle: bool
    persistence: str = "p"
    owner_schema: str | None = None
    owner_table: str | None = None
    owner_column: str | None = None
    is_identity: bool = False

    @property
    def owner(self) -> QualifiedName | None:
        """The table whose column it comes and goes with."""
        if self.owner_schema is None or self.owner_table is None:
            return None
        return QualifiedName(self.owner_schema, self.owner_table)


@dataclass(frozen=True, slots=True)
class DomainFact:
    type: str
    collation: str | None
    expression: str | None
    not_null: bool
    checks: tuple[tuple[str, str], ...]  # (name, definition)
    not_null_name: str | None


@dataclass(frozen=True, slots=True)
class RoleFact:
    name: str
    attributes: str  # "nosuperuser inherit … connection limit -1"
    settings: tuple[str, ...]  # "statement_timeout=5s"
    comment: str | None


@dataclass(frozen=True, slots=True)
class Membership:
    role: str
    member: str
    admin: bool
    inherit: bool
    set: bool
    grantor: str | None = None  # None: nobody in particular


@dataclass(frozen=True, slots=True)
class Roles:
    """They belong to the cluster, so pg_dump leaves them out."""

    roles: Mapping[str, RoleFact]
    memberships: frozenset[Membership]

    @property
    def members(self) -> Mapping[tuple[str, str], tuple[bool, bool, bool]]:
        """Whether admin, inherit and set by (role, member), whoever granted them."""
        found: dict[tuple[str, str], tuple[bool, bool, bool]] = {}
        for each in self.memberships:
            known = found.get((each.role, each.member), (False, False, False))
            admin, inherit, set_ = known
            found[each.role, each.member] = (
                admin or each.admin,
                inherit or each.inherit,
                set_ or each.set,
            )
        return found

    def means(self, other: "Roles") -> bool:
        return self.roles == other.roles and self.members == other.members


@dataclass(frozen=True, slots=True)
class Part:
    """A default (or generated column) or a check of a table, and what it uses."""

    uses: CatalogueId
    column: str | None
    check: str | None
    used_column: str | None  # of the same table, if it uses one


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """The schema of a database, as of one moment."""

    facts: Mapping[Identity, Fact]  # in the order of pg_dump, which creates them
    by_id: Mapping[int, Fact]
    by_catalogue_id: Mapping[CatalogueId, Fact]
    dependents: Mapping[int, tuple[Fact, ...]]
    tables: Mapping[QualifiedName, TableFact]  # composite types too, of which only columns count
    sequences: Mapping[QualifiedName, SequenceFact]
    domains: Mapping[QualifiedName, DomainFact]
    enums: Mapping[QualifiedName, tuple[str, ...]]
    readers: Mapping[tuple[QualifiedName, str], tuple[CatalogueId, ...]]  # of a column
    parts: Mapping[QualifiedName, tuple[Part, ...]]
    roles: Roles
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
    instead: tuple[str, ...] = ()  # tried in this order where `sql` cannot be run
    is_removal: bool = False  # done as well if there is nothing to remove


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


class Effect(Enum):
    """What becomes of the thing a step is about, by the whole migration."""

    CREATES = "creates"
    CHANGES = "changes"
    DESTROYS = "destroys"


@dataclass(frozen=True, slots=True)
class Step:
    """A statement of a migration, or several that belong together, and whose they are."""

    sql: str
    identity: Identity
    hazards: frozenset[Hazard] = frozenset()
    effect: Effect = Effect.CHANGES
    lock: str | None = None  # the strongest it takes on a table that was there, as observed


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
