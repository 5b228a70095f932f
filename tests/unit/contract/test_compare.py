"""What a client can notice of a change of the API, and what not."""

from dataclasses import replace

import pytest

from passeplat.contract.compare import compare
from passeplat.contract.model import (
    ColumnOffer,
    Embed,
    Offer,
    RelationOffer,
    RoutineOffer,
)
from passeplat.names import QualifiedName
from passeplat.schema_cache.model import Parameter

TODOS, USERS = QualifiedName("v1", "todos"), QualifiedName("v1", "users")
SEARCH = QualifiedName("v1", "search")
COLUMN = ColumnOffer(
    type="text",
    is_nullable=True,
    labels=(),
    is_readable=True,
    is_insertable=True,
    is_required=False,
    is_updatable=True,
)
QUERY = Parameter("query", "text", "text", required=True, variadic=False)
LIMIT = Parameter("most", "integer", "integer", required=False, variadic=False)
ROUTINE = RoutineOffer((QUERY,), "setof v1.todos", (), is_read_only=True)

Findings = list[tuple[str, str, bool]]


def relation(**columns: ColumnOffer) -> RelationOffer:
    return RelationOffer(columns or {"title": COLUMN}, is_deletable=True, key=("id",))


def offered(**columns: ColumnOffer) -> Offer:
    return Offer({TODOS: relation(**columns)}, {}, {})


def called(*overloads: RoutineOffer) -> Offer:
    return Offer({}, {SEARCH: overloads}, {})


def found(before: Offer, after: Offer) -> Findings:
    changes = compare({"member": before}, {"member": after})
    return [(change.subject, change.what, change.is_breaking) for change in changes]


def test_what_stays_is_no_change() -> None:
    assert found(offered(), offered()) == []


def test_a_relation_that_is_gone_breaks_and_a_new_one_adds() -> None:
    assert found(offered(), Offer({}, {}, {})) == [("v1.todos", "is gone", True)]
    assert found(Offer({}, {}, {}), offered()) == [("v1.todos", "is new", False)]


@pytest.mark.parametrize(
    ("before", "after", "what", "is_breaking"),
    [
        ({}, {"type": "citext"}, "type: text → citext", True),
        ({"is_nullable": False}, {}, "may be null", True),
        ({}, {"is_nullable": False}, "may no longer be null", True),
        ({}, {"is_readable": False}, "can no longer be read", True),
        ({"is_insertable": False}, {}, "can be inserted now", False),
        ({}, {"is_updatable": False}, "can no longer be updated", True),
        ({}, {"is_required": True}, "inserts must give it", True),
        ({"is_required": True}, {}, "inserts need not give it", False),
        ({"labels": ("a", "b")}, {"labels": ("a",)}, "labels gone: b", True),
        ({"labels": ("a",)}, {"labels": ("a", "b")}, "labels added: b", False),
    ],
)
def test_a_column_that_changes(
    before: dict[str, object], after: dict[str, object], what: str, is_breaking: bool
) -> None:
    old, new = (replace(COLUMN, **each) for each in (before, after))  # type: ignore[arg-type]
    assert found(offered(title=old), offered(title=new)) == [("v1.todos.title", what, is_breaking)]


def test_who_only_reads_does_not_notice_that_a_null_is_refused() -> None:
    reader = replace(COLUMN, is_insertable=False, is_updatable=False)
    after = replace(reader, is_nullable=False)
    assert found(offered(title=reader), offered(title=after)) == [
        ("v1.todos.title", "may no longer be null", False)
    ]


def test_a_column_more_breaks_only_who_must_give_it() -> None:
    more = replace(COLUMN, is_required=True)
    assert found(offered(a=COLUMN), offered(a=COLUMN, b=COLUMN)) == [
        ("v1.todos.b", "is new", False)
    ]
    assert found(offered(a=COLUMN), offered(a=COLUMN, b=more)) == [
        ("v1.todos.b", "is new, and inserts must give it", True)
    ]


def test_a_view_that_hides_what_an_insert_must_give_breaks_inserts() -> None:
    after = Offer({TODOS: replace(relation(), hidden=("size",))}, {}, {})
    what = "inserts fail: the table must be given size, which is not shown"
    assert found(offered(), after) == [("v1.todos", what, True)]
    assert found(after, offered()) == [("v1.todos", "rows can be inserted now", False)]


@pytest.mark.parametrize(
    ("after", "change"),
    [
        (
            replace(ROUTINE, parameters=(QUERY, LIMIT)),
            ("v1.search(query text, most integer default)", "parameter most is new, and optional"),
        ),
        (replace(ROUTINE, columns=(("id", "uuid"),)), None),
    ],
)
def test_a_call_that_still_works_is_not_broken(
    after: RoutineOffer, change: tuple[str, str] | None
) -> None:
    expected = [(*change, False)] if change else []
    assert found(called(ROUTINE), called(after)) == expected


@pytest.mark.parametrize(
    ("after", "whats"),
    [
        (replace(ROUTINE, returns="v1.todos"), ["returns: setof v1.todos → v1.todos"]),
        (replace(ROUTINE, is_read_only=False), ["can no longer be called by GET"]),
        (
            replace(ROUTINE, parameters=(replace(QUERY, type="tsquery"),)),
            ["is gone", "is new"],
        ),
        (
            replace(ROUTINE, parameters=(QUERY, replace(LIMIT, required=True))),
            ["is new", "is gone"],
        ),
        (replace(ROUTINE, parameters=(replace(QUERY, name="words"),)), ["is gone", "is new"]),
    ],
)
def test_a_call_that_no_longer_works_is_broken(after: RoutineOffer, whats: list[str]) -> None:
    changes = found(called(ROUTINE), called(after))
    assert sorted(what for _, what, _ in changes) == sorted(whats)
    assert any(is_breaking for *_, is_breaking in changes)


def test_a_second_way_makes_an_embed_ambiguous() -> None:
    both = {TODOS: relation(), USERS: relation()}
    one, two = (Embed(TODOS, USERS, hint) for hint in ("assignee", "author"))
    before = Offer(both, {}, {one: "many-to-one"})
    after = Offer(both, {}, {one: "many-to-one", two: "many-to-one"})
    assert found(before, after) == [
        ("v1.todos → v1.users", "is ambiguous without a hint", True),
        ("v1.todos → v1.users!author", "can be embedded", False),
    ]
    assert ("v1.todos → v1.users!author", "can no longer be embedded", True) in found(after, before)


def test_equal_changes_of_several_roles_are_one() -> None:
    before = {"anonymous": offered(), "member": offered()}
    [change] = compare(before, {})
    assert change.roles == ("anonymous", "member")
