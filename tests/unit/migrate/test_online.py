"""What others would have to wait for is done so that they need not."""

import pytest

from passeplat.migrate.data import KIND
from passeplat.migrate.model import (
    CatalogueId,
    Fact,
    Identity,
    Migration,
    Phase,
    Roles,
    Snapshot,
    Step,
    TableFact,
)
from passeplat.migrate.online import online
from passeplat.names import QualifiedName

OLD_INDEX = Fact(
    1,
    Identity("INDEX", "app", "old"),
    "postgres",
    "CREATE INDEX old ON app.todos USING btree (x);",
    "DROP INDEX app.old;",
    (),
    CatalogueId(0, 0),
)
BEFORE = Snapshot(
    facts={OLD_INDEX.identity: OLD_INDEX},
    by_id={},
    by_catalogue_id={},
    dependents={},
    tables={
        QualifiedName("app", "todos"): TableFact({}, {}),
        QualifiedName("app", "parts"): TableFact({}, {}, kind="p"),
        QualifiedName("app", "part"): TableFact({}, {}, is_partition=True),
    },
    sequences={},
    domains={},
    enums={},
    readers={},
    parts={},
    roles=Roles({}, frozenset()),
    user="postgres",
    archive=b"",
)
TODOS = Identity("TABLE", "app", "todos")

Phases = list[tuple[bool, list[str]]]


def rewritten(*statements: str | Step) -> Phases:
    steps = tuple(each if isinstance(each, Step) else Step(each, TODOS) for each in statements)
    found = online(Migration((Phase(steps),), "a", "b"), BEFORE)
    return [(p.transactional, [step.sql for step in p.steps]) for p in found.phases]


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE INDEX i ON app.new USING btree (x);",
        "CREATE INDEX i ON app.parts USING btree (x);",
        "CREATE INDEX i ON app.part USING btree (x);",
        "ALTER TABLE ONLY app.todos\n    ADD CONSTRAINT k UNIQUE (a, b WITHOUT OVERLAPS);",
        "CREATE INDEX i ON app.todos USING btree (x);\n\nALTER TABLE app.todos CLUSTER ON i;",
        'alter table "app"."todos" add column "x" integer not null;',
        'alter table "app"."todos" add column "x" integer;',
        'alter table "app"."new" alter column "x" set not null;',
        'alter table "app"."todos" add constraint "c" CHECK ((x > 0)) NOT VALID;',
    ],
)
def test_where_nobody_waits_or_it_cannot_be_helped_nothing_changes(sql: str) -> None:
    assert rewritten(sql) == [(True, [sql])]


def test_an_index_is_made_concurrently_after_the_rest() -> None:
    assert rewritten(
        "CREATE UNIQUE INDEX i ON app.todos USING btree (x);", "create view v as select 1;"
    ) == [
        (True, ["create view v as select 1;"]),
        (False, ["create unique index concurrently i on app.todos USING btree (x);"]),
    ]


def test_an_index_is_dropped_concurrently() -> None:
    assert rewritten("DROP INDEX app.old;") == [(False, ["drop index concurrently app.old;"])]


def test_an_index_is_swapped_for_the_one_that_replaces_it() -> None:
    found = rewritten("DROP INDEX app.old;", "CREATE INDEX old ON app.todos USING btree (y);")
    assert found == [
        (False, ['create index concurrently "old__new" on app.todos USING btree (y);']),
        (True, ['drop index "app"."old";\nalter index "app"."old__new" rename to "old";']),
    ]


def test_a_comment_comes_after_the_index_it_is_about() -> None:
    comment = Step("COMMENT ON INDEX app.i IS 'x';", Identity("COMMENT", "app", "INDEX i"))
    found = rewritten("CREATE INDEX i ON app.todos USING btree (x);", comment)
    assert [transactional for transactional, _ in found] == [False, True]


@pytest.mark.parametrize("what", ["FOREIGN KEY (x) REFERENCES app.others(id)", "CHECK ((x > 0))"])
def test_a_constraint_is_validated_later(what: str) -> None:
    assert rewritten(f"ALTER TABLE ONLY app.todos\n    ADD CONSTRAINT c {what};") == [
        (True, [f"ALTER TABLE ONLY app.todos\n    ADD CONSTRAINT c {what} not valid;"]),
        (True, ["alter table app.todos validate constraint c;"]),
    ]


@pytest.mark.parametrize("kind", ["UNIQUE", "PRIMARY KEY"])
def test_a_key_takes_over_an_index_that_is_made_concurrently(kind: str) -> None:
    key = Identity("CONSTRAINT", "app", "todos k")
    assert rewritten(
        Step(f"ALTER TABLE ONLY app.todos\n    ADD CONSTRAINT k {kind} (a, b);", key)
    ) == [
        (False, ["create unique index concurrently k on app.todos (a, b);"]),
        (True, [f"alter table app.todos add constraint k {kind} using index k;"]),
    ]


def test_not_null_is_believed_of_a_check() -> None:
    table, name = 'alter table "app"."todos"', '"todos_x_is_not_null"'
    assert rewritten(f'{table} alter column "x" set not null;') == [
        (True, [f'{table} add constraint {name} check ("x" is not null) not valid;']),
        (True, [f"{table} validate constraint {name};"]),
        (True, [f'{table} alter column "x" set not null;\n{table} drop constraint {name};']),
    ]


def test_a_column_that_a_data_step_fills_is_filled_before_it_must_be() -> None:
    mark = "-- @after 0123456789ab db/x.sql"
    data = Step(f"{mark}\nupdate app.todos set x = 1;", Identity(KIND, "", "x"))
    table, name = 'alter table "app"."todos"', '"todos_x_is_not_null"'
    found = rewritten(f'{table} add column "x" integer not null;', data)
    assert [statement.partition("\n")[0] for _, texts in found for statement in texts] == [
        f'{table} add column "x" integer;',
        f'{table} add constraint {name} check ("x" is not null) not valid;',
        mark,
        f"{table} validate constraint {name};",
        f'{table} alter column "x" set not null;',
    ]
