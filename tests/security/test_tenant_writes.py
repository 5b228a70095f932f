"""A tenant cannot insert, update, delete, upsert or call its way into another's rows.

Over every exposed relation and function: see tenancy_writes.py. After the attack every row that
names the other tenant is where it was, and there are no more of them. What is tried, whose rows
they are can do: else being refused would prove nothing. And what is broken on purpose is found.
"""

from collections.abc import Callable, Iterable, Iterator

import pytest
from tests.security import tenancy_writes as writes
from tests.security.tenancy import Ask, Row, samples, values_of
from tests.security.tenancy_reads import calls
from tests.security.tenancy_writes import Victim, rows_of_both
from tests.serving import ADA, BEA, GLOBEX, Claims, Serve, execute, load_example, serving

from passeplat.names import QualifiedName
from passeplat.schema_cache.model import Table, Volatility

Attack = Callable[[Victim, Table], Iterable[Ask]]

STRANGERS: dict[str, Claims | None] = {
    "nobody": None,
    "neighbour": {**ADA, "organization_id": GLOBEX},
}


@pytest.fixture
def victim(serve: Serve, example: str) -> Victim:
    return Victim(serve(example, db_tx_end="commit-allow-override"))


@pytest.fixture(scope="module")
def intact(clone_for_session: Callable[[Callable[[str], None]], str]) -> Iterator[Victim]:
    """Shared by whom can do nothing and by who only tries: see Victim.outcomes."""
    with serving(clone_for_session(load_example), db_tx_end="commit-allow-override") as served:
        yield Victim(served)


# Attacks: what is asked of one relation


def aimed(victim: Victim, table: Table) -> Iterable[Ask]:
    for row in samples(victim.served, table, BEA):
        yield from writes.aimed(table, row)


def unaimed(victim: Victim, table: Table) -> Iterable[Ask]:
    for row in samples(victim.served, table, ADA):
        yield from writes.unaimed(table, row)


def moving(victim: Victim, table: Table) -> Iterable[Ask]:
    for own, other in rows_of_both(victim, table):
        part = victim.changeable(table, other)
        bodies = victim.mixtures(table, {name: own[name] for name in part}, other)
        yield from writes.moving(table, own, bodies if part else [other])


def staying(victim: Victim, table: Table) -> Iterable[Ask]:
    """As moving, but to what is there already."""
    for own in samples(victim.served, table, ADA):
        part = victim.changeable(table, samples(victim.served, table, BEA)[0])
        yield from writes.moving(table, own, [{name: own[name] for name in part} or own])


def upserting(victim: Victim, table: Table) -> Iterable[Ask]:
    [(own, other), *_] = rows_of_both(victim, table)
    part = victim.insertable(table, other) or other
    mine, theirs = ({name: row[name] for name in part} for row in (own, other))
    yield from writes.upserting(table, victim.unique_keys, theirs)
    for row in victim.mixtures(table, mine, theirs) + victim.mixtures(table, theirs, mine):
        yield from writes.upserting(table, (), row)


def updating_by_upsert(victim: Victim, table: Table) -> Iterable[Ask]:
    """Of what is the other's own."""
    for other in samples(victim.served, table, BEA):
        part = victim.insertable(table, other) or other
        yield from writes.upserting(table, victim.unique_keys, part)


ATTACKS: dict[str, Attack] = {
    "aimed": aimed,
    "unaimed": unaimed,
    "moving": moving,
    "upserting": upserting,
}
OWNERS: dict[str, tuple[Claims, Attack]] = {
    "aimed": (BEA, aimed),
    "unaimed": (ADA, unaimed),
    "moving": (ADA, staying),
    "upserting": (BEA, updating_by_upsert),
}


def of_all(victim: Victim, attack: Callable[[Victim, Table], Iterable[Ask]]) -> list[Ask]:
    found = {table.name: list(attack(victim, table)) for table in victim.relations}
    assert all(found.values())
    return [each for asked in found.values() for each in asked]


def insertions(victim: Victim, table: Table, own: Row, other: Row) -> Iterable[Ask]:
    yield from writes.inserting(table, [own, other])
    for row in victim.mixtures(table, own, other):
        yield from writes.inserting_as_json(table, [row])


def putting_back(victim: Victim, table: Table) -> Iterable[Ask]:
    """What was the other's."""
    yield from writes.inserting(table, [victim.take_out(BEA)[table]])


def changing_calls(victim: Victim) -> list[Ask]:
    values = values_of(victim.served, victim.relations)
    return [
        each
        for overloads in victim.cache.routines.values()
        for routine in overloads
        if routine.volatility is Volatility.VOLATILE
        for each in calls(routine, values)
    ]


# Each hole, and the attack that must find it; in an order in which none hides another.
HOLES: list[tuple[str, Attack, str]] = [
    (
        "alter table app.comments drop constraint comments_organization_id_todo_id_fkey",
        moving,
        "comments",
    ),
    ("alter policy own_organization on app.labels with check (true)", putting_back, "labels"),
    ("alter view v1.invitations set (security_invoker = false)", unaimed, "invitations"),
    ("create policy blindly on app.labels for update using (true)", unaimed, "labels"),
    ("create policy everybody on app.projects using (true)", aimed, "projects"),
]
FUNCTION_WITH_A_HOLE = """
create function v1.rename_user(id uuid, name text) returns void
  language sql volatile security definer
begin atomic
  update app.users set name = rename_user.name where users.id = rename_user.id;
end;
grant execute on function v1.rename_user(uuid, text) to member;
"""


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_tenant_changes_no_row_of_another(victim: Victim, attack: str) -> None:
    asked = of_all(victim, ATTACKS[attack])
    assert victim.harm(ADA, asked) == []


@pytest.mark.parametrize("attack", OWNERS)
def test_whose_rows_they_are_can_do_the_same(intact: Victim, attack: str) -> None:
    who, does = OWNERS[attack]
    idle = intact.pointless(who, of_all(intact, does))
    assert [each for each in idle if "An organization needs an owner" not in each] == []


def test_a_tenant_inserts_no_row_of_another(victim: Victim) -> None:
    others, own = victim.take_out(BEA), victim.take_out(ADA)
    asked = [
        each for table, row in others.items() for each in insertions(victim, table, own[table], row)
    ]
    assert victim.harm(ADA, asked) == []


def test_whose_rows_they_are_can_insert_them(victim: Victim) -> None:
    for who in (ADA, BEA):
        rows = victim.take_out(who)
        asked = [each for table in rows for each in writes.inserting(table, [rows[table]])]
        assert victim.pointless(who, asked) == []


def test_no_function_changes_what_is_another_tenants(victim: Victim) -> None:
    assert victim.harm(ADA, changing_calls(victim)) == []


def test_whose_rows_they_are_can_change_them_by_functions(intact: Victim) -> None:
    idle = intact.pointless(BEA, changing_calls(intact))
    assert {each.partition(":")[0] for each in idle} == {
        "POST /v1/rpc/accept_invitation",  # takes a token that no row tells
        "POST /v2/rpc/accept_invitation",
    }


@pytest.mark.parametrize("who", STRANGERS)
def test_a_stranger_changes_nothing(intact: Victim, who: str) -> None:
    asked = [*of_all(intact, aimed), *changing_calls(intact)]
    assert intact.harm(STRANGERS[who], asked) == []


@pytest.mark.parametrize("who", STRANGERS)
def test_a_stranger_inserts_nothing(victim: Victim, who: str) -> None:
    rows = victim.take_out(BEA)
    asked = [each for table in rows for each in writes.inserting_as_json(table, [rows[table]])]
    assert victim.harm(STRANGERS[who], asked) == []


def test_holes_made_on_purpose_are_found(victim: Victim) -> None:
    for sql, attack, relation in HOLES:
        execute(victim.served.database, sql)
        table = victim.cache.tables[QualifiedName("v1", relation)]
        assert victim.harm(ADA, attack(victim, table)) != [], sql


def test_a_hole_made_on_purpose_in_a_function_is_found(serve: Serve, example: str) -> None:
    execute(example, FUNCTION_WITH_A_HOLE)
    victim = Victim(serve(example, db_tx_end="commit-allow-override"))
    assert victim.harm(ADA, changing_calls(victim)) != []
