"""A tenant cannot read, count, embed, order or call its way into another's rows.

Over every exposed relation and function, in every way there is: see tenancy.py. What is asked is
also asked by the other tenant, whose rows they are: else getting nothing would prove nothing. And
what is broken on purpose is found: else finding nothing would prove nothing.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import pytest
from tests.security import tenancy_reads as reads
from tests.security.tenancy import UUID, Ask, Tenants, ask, forget_other, put
from tests.serving import (
    ADA,
    ANNA,
    BEA,
    GLOBEX,
    NORA,
    OUTSIDER,
    Claims,
    execute,
    load_example,
    serving,
)

from passeplat.names import QualifiedName
from passeplat.schema_cache.model import Table, Volatility

Build = Callable[[str], None]
Family = Callable[[Tenants, Table], Iterable[Ask]]

SHOWING: dict[str, Family] = {
    "whole": reads.whole,
    "by value": reads.by_value,
    "ordered": reads.ordered,
    "embeds": reads.embeds,
    "embeds by value": reads.embeds_by_value,
}
FAMILIES = SHOWING | {"beyond": reads.beyond, "embeds of embeds": reads.embeds_of_embeds}

NO_ORGANIZATIONS = (
    *("", " ", "null", None, 0, True, [], {}, [GLOBEX], {"id": GLOBEX}, f"{{{GLOBEX}}}", "%"),
    *(f"{GLOBEX} ", f"{GLOBEX}\n", f"{GLOBEX}\0", GLOBEX.replace("-", ""), f"{GLOBEX}' or true --"),
)
NO_USERS = ("", None, 1, [BEA["sub"]], {"id": BEA["sub"]}, f"{BEA['sub']}\n", "*", ADA["sub"])

# None of them is a user of the other tenant's, whatever they say.
STRANGERS: dict[str, Claims | None] = {
    "nobody": None,
    "anonymous": {**BEA, "role": "anonymous"},
    "no claims": {"role": "member"},
    "no organization": NORA,
    "outsider": OUTSIDER,
    "neighbour": {**ADA, "organization_id": GLOBEX},
    "no user": {"role": "member", "organization_id": GLOBEX},
    "user without organization": {"role": "member", "sub": BEA["sub"]},
    **{f"organization {json.dumps(v)}": {**BEA, "organization_id": v} for v in NO_ORGANIZATIONS},
    **{f"user {json.dumps(value)}": {**BEA, "sub": value} for value in NO_USERS},
}

# Holes, and where they are to be found.
HOLES = """
alter view v1.labels set (security_invoker = false);

create policy everybody on app.projects for select using (true);

alter table app.invitations disable row level security;

create materialized view v2.kept as select * from app.labels;
grant select on v2.kept to member;

create view v2.everything as select * from app.comments;
grant select on v2.everything to member;

create function v1.neighbours(v1.organizations) returns setof v1.organizations
  language sql stable security definer rows 10
  return (select organizations from v1.organizations where organizations.id <> ($1).id);
grant execute on function v1.neighbours(v1.organizations) to member;

create function v1.popularity(v1.todo_labels) returns bigint
  language sql stable security definer
  return (select count(*) from app.todo_labels);
grant execute on function v1.popularity(v1.todo_labels) to member;

create function v1.comments_on(todo_id uuid) returns bigint
  language sql stable security definer
  return (select count(*) from app.comments where comments.todo_id = comments_on.todo_id);
grant execute on function v1.comments_on(uuid) to member;

create function v2.is_taken(name text) returns boolean
  language sql stable security definer
  return exists (select from app.users where users.name = is_taken.name);
grant execute on function v2.is_taken(text) to member;
"""
SEEN = [
    ("whole", "v1", "labels"),
    ("by value", "v1", "projects"),
    ("ordered", "v2", "projects"),
    ("whole", "v2", "invitations"),
    ("beyond", "v2", "everything"),
    ("whole", "v2", "kept"),
    ("embeds", "v1", "organizations"),
    ("ordered", "v1", "todo_labels"),
]


@pytest.fixture(scope="module")
def tenants(clone_for_session: Callable[[Build], str]) -> Iterator[Tenants]:
    with two_servers(clone_for_session, load_example) as found:
        yield found


@pytest.fixture(scope="module")
def holed(clone_for_session: Callable[[Build], str]) -> Iterator[Tenants]:
    with two_servers(clone_for_session, load_with_holes) as found:
        yield found


@contextmanager
def two_servers(clone: Callable[[Build], str], build: Build) -> Iterator[Tenants]:
    alone = clone(build)
    forget_other(alone)
    with serving(clone(build)) as both, serving(alone) as other:
        yield Tenants(both, other)


def load_with_holes(database: str) -> None:
    load_example(database)
    execute(database, HOLES)


def questions(tenants: Tenants, family: str) -> list[Ask]:
    """Of every relation; there are some of each."""
    found = {table.name: list(FAMILIES[family](tenants, table)) for table in tenants.relations}
    assert all(found.values())
    return list(dict.fromkeys(each for asked in found.values() for each in asked))


def calls(tenants: Tenants) -> dict[QualifiedName, list[Ask]]:
    """Of every function that only reads."""
    return {
        name: [each for routine in overloads for each in reads.calls(routine, tenants.values)]
        for name, overloads in tenants.cache.routines.items()
        if any(each.volatility is not Volatility.VOLATILE for each in overloads)
    }


@pytest.mark.parametrize("family", FAMILIES)
def test_a_tenant_gets_the_answers_it_would_get_alone(tenants: Tenants, family: str) -> None:
    assert tenants.leaks(ADA, questions(tenants, family)) == []


def test_a_mere_member_gets_the_answers_of_its_organization_alone(tenants: Tenants) -> None:
    assert tenants.leaks(ANNA, questions(tenants, "whole")) == []


@pytest.mark.parametrize("family", SHOWING)
def test_whose_rows_they_are_sees_them_by_the_same_questions(tenants: Tenants, family: str) -> None:
    assert tenants.pointless(questions(tenants, family)) == []


def test_every_relation_to_which_a_foreign_key_leads_was_embedded(tenants: Tenants) -> None:
    named = {(name, to.foreign_table) for name, found in tenants.spelled.items() for to, _ in found}
    related = tenants.cache.relationships.items()
    assert named == {
        (name, each.foreign_table)
        for (name, schema), found in related
        for each in found
        if schema == name.schema
    }


@pytest.mark.parametrize("who", [ADA, ANNA], ids=["owner", "member"])
def test_a_function_answers_a_tenant_as_if_it_were_alone(tenants: Tenants, who: Claims) -> None:
    asked = [each for several in calls(tenants).values() for each in several]
    assert tenants.leaks(who, asked) == []


def test_every_function_that_reads_tells_a_tenant_something_of_its_own(tenants: Tenants) -> None:
    silent = {
        name
        for name, asked in calls(tenants).items()
        if not any(answer.has_rows for answer in put(tenants.both, BEA, asked))
    }
    assert calls(tenants)
    assert silent == set()


@pytest.mark.parametrize("who", STRANGERS)
def test_a_stranger_sees_nobody_else(tenants: Tenants, who: str) -> None:
    claims = STRANGERS[who]
    asked = [ask("GET", table.name) for table in tenants.relations]
    seen = {name for got in put(tenants.both, claims, asked) for name in UUID.findall(got.body)}
    assert seen <= {str((claims or {}).get("sub"))}


@pytest.mark.parametrize("who", ["nobody", "anonymous", "no claims", "outsider", "neighbour"])
def test_a_function_tells_a_stranger_nothing(tenants: Tenants, who: str) -> None:
    asked = [each for several in calls(tenants).values() for each in several]
    assert tenants.leaks(STRANGERS[who], asked) == []


@pytest.mark.parametrize(("family", "schema", "relation"), SEEN)
def test_a_hole_made_on_purpose_is_found(
    holed: Tenants, family: str, schema: str, relation: str
) -> None:
    table = holed.cache.tables[QualifiedName(schema, relation)]
    assert holed.leaks(ADA, FAMILIES[family](holed, table)) != []


@pytest.mark.parametrize(("schema", "name"), [("v1", "comments_on"), ("v2", "is_taken")])
def test_a_hole_made_on_purpose_in_a_function_is_found(
    holed: Tenants, schema: str, name: str
) -> None:
    assert holed.leaks(ADA, calls(holed)[QualifiedName(schema, name)]) != []
