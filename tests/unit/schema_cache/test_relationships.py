"""What holds of the relationships of any tables, keys and views."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from passeplat.names import QualifiedName
from passeplat.plan.relationship import find_relationship
from passeplat.request.model import Embed
from passeplat.schema_cache.model import (
    AnyRelationship,
    Cardinality,
    Relationship,
    SchemaCache,
    Ways,
)
from passeplat.schema_cache.rows import (
    ColumnRow,
    ConstraintRow,
    RelationRow,
    RowFunctionRow,
    ViewColumnRow,
)

Make = Callable[..., SchemaCache]

NUMBERS = (1, 2, 4)  # of the columns of every relation: one was dropped
tables = st.integers(1, 3)  # their oids
views = st.integers(11, 13)
some_columns = st.lists(st.sampled_from(NUMBERS), min_size=1, max_size=2, unique=True)


def relations(oids: Iterable[int]) -> dict[str, Any]:
    """The rows of relations whose oids are tables below 10, and views above."""
    those = sorted(set(oids))
    return {
        "relations": [
            RelationRow(oid, "api", f"r{oid}", oid > 10, 28, False, None, [""]) for oid in those
        ],
        "columns": [
            ColumnRow(oid, number, f"c{number}", 23, -1, False, False, None, None, None)
            for oid in those
            for number in NUMBERS
        ],
    }


@st.composite
def constraints(draw: st.DrawFn) -> list[ConstraintRow]:
    """Any keys, and often a junction: table 1 with two foreign keys in its primary key."""
    keys = [
        ConstraintRow(draw(tables), f"key_{kind}", kind, draw(some_columns), 0, None)
        for kind in draw(st.lists(st.sampled_from("pu"), max_size=3))
    ]
    foreign = []
    for number in range(draw(st.integers(0, 3))):
        columns = draw(some_columns)
        targets = draw(st.permutations(NUMBERS))[: len(columns)]
        foreign.append(
            ConstraintRow(draw(tables), f"fk_{number}", "f", columns, draw(tables), targets)
        )
    junction = [
        ConstraintRow(1, "pk", "p", list(NUMBERS), 0, None),
        *(ConstraintRow(1, f"to_{at}", "f", [at], draw(tables), [1]) for at in NUMBERS[:2]),
    ]
    return keys + foreign + (junction if draw(st.booleans()) else [])


view_columns = st.lists(
    st.builds(
        ViewColumnRow,
        view=views,
        column=st.sampled_from(NUMBERS),
        relation=tables | views,
        relation_column=st.sampled_from(NUMBERS),
    ),
    max_size=9,
)


def listed(cache: SchemaCache) -> list[Relationship]:
    return [
        found
        for those in cache.relationships.values()
        for found in those
        if isinstance(found, Relationship)
    ]


def turned(found: Relationship) -> object:
    """What identifies the relationship seen from the other end."""
    inverse = {Cardinality.ONE_TO_MANY: Cardinality.MANY_TO_ONE}
    inverse |= {many: one for one, many in inverse.items()}
    cardinality = inverse.get(found.cardinality, found.cardinality)
    pairs = tuple((there, here) for here, there in found.columns)
    is_parent = not found.is_parent and cardinality is Cardinality.ONE_TO_ONE
    middle = found.junction and (
        found.junction.table,
        found.junction.target_constraint,
        found.junction.source_constraint,
        found.junction.target_columns,
        found.junction.source_columns,
    )
    ends = (found.foreign_table, found.foreign_table_is_view, found.table, found.table_is_view)
    return *ends, cardinality, is_parent, found.constraint, pairs, middle


def itself(found: Relationship) -> object:
    middle = found.junction and (
        found.junction.table,
        found.junction.source_constraint,
        found.junction.target_constraint,
        found.junction.source_columns,
        found.junction.target_columns,
    )
    ends = (found.table, found.table_is_view, found.foreign_table, found.foreign_table_is_view)
    return *ends, found.cardinality, found.is_parent, found.constraint, found.columns, middle


any_schema = given(constraints=constraints(), view_columns=view_columns)
quiet = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@quiet
@any_schema
def test_every_relationship_can_be_gone_back(
    make: Make, constraints: list[ConstraintRow], view_columns: list[ViewColumnRow]
) -> None:
    cache = make(
        **relations([1, 2, 3, 11, 12, 13]), constraints=constraints, view_columns=view_columns
    )
    found = listed(cache)
    assert {turned(one) for one in found} == {itself(one) for one in found}


@quiet
@any_schema
def test_no_relationship_is_listed_twice(
    make: Make, constraints: list[ConstraintRow], view_columns: list[ViewColumnRow]
) -> None:
    cache = make(
        **relations([1, 2, 3, 11, 12, 13]), constraints=constraints, view_columns=view_columns
    )
    found = listed(cache)
    assert len({itself(one) for one in found}) == len(found)


@quiet
@any_schema
def test_relationships_name_columns_their_relations_have(
    make: Make, constraints: list[ConstraintRow], view_columns: list[ViewColumnRow]
) -> None:
    cache = make(
        **relations([1, 2, 3, 11, 12, 13]), constraints=constraints, view_columns=view_columns
    )
    for found in listed(cache):
        for here, there in found.columns:
            assert here in cache.tables[found.table].columns
            assert there in cache.tables[found.foreign_table].columns


def test_the_relationships_of_a_relation_are_made_once(make: Make) -> None:
    key = ConstraintRow(1, "fk", "f", [1], 2, [1])
    cache = make(**relations([1, 2]), constraints=[key])
    place = (QualifiedName("api", "r1"), "api")
    assert cache.relationships[place] is cache.relationships[place]


def test_a_computed_relationship_of_an_inherited_row_does_not_count(make: Make) -> None:
    row = RowFunctionRow("api", "f", "api", "r1", True, "api", "r2", False)
    assert not make(**relations([1, 2]), row_functions=[row]).relationships


@quiet
@any_schema
def test_what_is_found_by_a_name_is_what_has_it(
    make: Make, constraints: list[ConstraintRow], view_columns: list[ViewColumnRow]
) -> None:
    cache = make(
        **relations([1, 2, 3, 11, 12, 13]), constraints=constraints, view_columns=view_columns
    )
    for ways in cache.relationships.values():
        names = {name for each in ways for name in each.names}
        assert ways.named == {
            name: tuple(each for each in ways if name in each.names) for name in names
        }


class Unread(Ways):
    def __iter__(self) -> Iterator[AnyRelationship]:
        raise AssertionError("looked through")


def test_an_embed_is_found_without_a_look_at_the_others(make: Make) -> None:
    columns = [ConstraintRow(2, f"fk_{at}", "f", [at], 1, [1]) for at in NUMBERS[1:]]
    cache = make(**relations([1, 2]), constraints=columns)
    hub, *_ = cache.tables
    ways = cache.relationships[hub, "api"]
    unread = Unread(ways)
    unread.named = ways.named
    known = replace(cache, relationships={(hub, "api"): unread})
    found = find_relationship(hub, Embed("fk_2", ()), "api", known, "anybody")
    assert isinstance(found, Relationship)
    assert found.constraint == "fk_2"
