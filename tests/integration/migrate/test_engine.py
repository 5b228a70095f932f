"""The engine on a server of its own: hazards as observed, and roles, which are the server's."""

import os
from collections.abc import AsyncIterator

import asyncpg
import pytest

from passeplat.migrate.engine import find_migration
from passeplat.migrate.model import Effect, Hazard, Migration, Snapshot, Step
from passeplat.migrate.renames import Rename, questions
from passeplat.migrate.scratch import Scratch, scratch_server
from passeplat.names import QualifiedName

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def scratch() -> AsyncIterator[Scratch]:
    async with scratch_server(os.environ) as made:
        yield made


async def schema(scratch: Scratch, sql: str) -> Snapshot:
    url = await scratch.empty()
    connection = await asyncpg.connect(url)
    await connection.execute(sql)
    await connection.close()
    return await scratch.snapshot(url)


async def migration(scratch: Scratch, before: str, after: str) -> Migration:
    old, new = await schema(scratch, before), await schema(scratch, after)
    return await find_migration(old, new, scratch)


def steps(found: Migration) -> list[Step]:
    return [step for phase in found.phases for step in phase.steps]


BEFORE = "create table t (id integer, name text); create index on t (name);"


@pytest.mark.parametrize(
    ("after", "hazard"),
    [
        ("create table t (id integer); ", Hazard.DELETES_DATA),
        ("create table t (id bigint, name text); create index on t (name);", Hazard.REWRITES_TABLE),
        (
            "create table t (id integer, name text, more text); create index on t (name);",
            Hazard.ACQUIRES_ACCESS_EXCLUSIVE_LOCK,
        ),
        (
            "create table t (id integer, name text not null); create index on t (name);",
            Hazard.MAY_FAIL_ON_DATA,
        ),
        ("select 1", Hazard.DELETES_DATA),
    ],
)
async def test_a_hazard_is_told(scratch: Scratch, after: str, hazard: Hazard) -> None:
    found = steps(await migration(scratch, BEFORE, after))
    assert hazard in {each for step in found for each in step.hazards}


async def test_a_view_has_no_hazards(scratch: Scratch) -> None:
    [step] = steps(await migration(scratch, BEFORE, BEFORE + "create view v as select id from t;"))
    assert (step.hazards, step.effect) == (frozenset(), Effect.CREATES)


async def test_a_role_goes_after_what_it_owns_has_gone_to_another(scratch: Scratch) -> None:
    before = "create role one; create table t (id integer); alter table t owner to one;"
    after = "create role two; create table t (id integer); alter table t owner to two;"
    found = steps(await migration(scratch, before, after))
    assert found[-1].sql == 'drop role "one";'


async def test_the_same_needs_nothing(scratch: Scratch) -> None:
    assert (await migration(scratch, BEFORE, BEFORE)).phases == ()


async def test_a_renamed_table_keeps_its_rows_its_keys_and_its_sequence(scratch: Scratch) -> None:
    before = "create table tasks (id serial primary key, due date);"
    after = "create table todos (id serial primary key, due_on date);"
    old, new = await schema(scratch, before), await schema(scratch, after)
    name = QualifiedName("public", "todos")
    renames = (Rename("TABLE", name, "tasks"), Rename("TABLE", name, "due", "due_on"))
    found = steps(await find_migration(old, new, scratch, renames))
    assert [step.sql for step in found[:4]] == [
        'alter table "public"."tasks" rename to "todos";',
        'alter table "public"."todos" rename column "due" to "due_on";',
        "alter table public.todos rename constraint tasks_pkey to todos_pkey;",
        'alter sequence "public"."tasks_id_seq" rename to "todos_id_seq";',
    ]
    assert Hazard.DELETES_DATA not in {each for step in found for each in step.hazards}


async def test_what_may_have_been_renamed_is_asked_until_it_is_answered(scratch: Scratch) -> None:
    old = await schema(scratch, "create table t (due date);")
    new = await schema(scratch, "create table t (due_on date);")
    asked = list(questions((), old, new))
    answer = Rename("TABLE", QualifiedName("public", "t"), "due", "due_on")
    assert asked == [
        "Was column public.t.due_on called due before? Then write `-- @renamed from=due` above it"
    ]
    assert list(questions((answer,), old, new)) == []
