"""Hints: what they say, and what they keep to themselves."""

from collections.abc import Callable

import pytest

from passeplat.names import QualifiedName
from passeplat.schema_cache.model import SchemaCache
from passeplat.schema_cache.rows import (
    ColumnRow,
    ConstraintRow,
    RelationRow,
    RoleRow,
    RoutineRow,
    SchemaRow,
)
from passeplat.schema_cache.suggest import embed_hint, routine_hint, table_hint

Make = Callable[..., SchemaCache]

ROLES = [
    RoleRow("web", False, True, ["readers"], []),
    RoleRow("readers", False, False, ["more_readers"], []),
    RoleRow("more_readers", False, False, ["readers"], []),
    RoleRow("stranger", False, True, [], []),
    RoleRow("admin", True, True, [], []),
]


def relation(oid: int, name: str, grantee: str = "web") -> RelationRow:
    return RelationRow(oid, "api", name, False, 28, False, None, [grantee])


def function(name: str, *parameters: str, grantee: str = "web") -> RoutineRow:
    return RoutineRow(
        "api",
        name,
        [23] * len(parameters),
        None,
        list(parameters),
        None,
        0,
        23,
        False,
        "v",
        None,
        None,
        [grantee],
    )


def hint(cache: SchemaCache, name: str = "item", role: str = "web") -> str | None:
    return table_hint(cache, "api", name, role)


def test_a_table_with_a_similar_name_is_named(make: Make) -> None:
    cache = make(relations=[relation(1, "items")], roles=ROLES)
    assert hint(cache) == "Perhaps you meant the table 'api.items'"


def test_a_table_with_another_name_is_not(make: Make) -> None:
    assert hint(make(relations=[relation(1, "users")], roles=ROLES)) is None


def test_among_very_many_tables_none_is_named(make: Make) -> None:
    tables = [relation(oid, f"items_{oid}") for oid in range(500)]
    assert hint(make(relations=tables, roles=ROLES), "items_1x") is None


@pytest.mark.parametrize("grantee", ["", "web", "readers", "more_readers"])
def test_what_a_role_everyone_or_a_role_it_inherits_is_granted_may_be_named(
    make: Make, grantee: str
) -> None:
    cache = make(relations=[relation(1, "items", grantee)], roles=ROLES)
    assert hint(cache) is not None


@pytest.mark.parametrize(("role", "is_named"), [("stranger", False), ("admin", True)])
def test_what_is_granted_to_others_is_named_to_superusers_alone(
    make: Make, role: str, is_named: bool
) -> None:
    cache = make(relations=[relation(1, "items")], roles=ROLES)
    assert (hint(cache, role=role) is not None) is is_named


def test_an_unknown_role_is_told_nothing(make: Make) -> None:
    cache = make(relations=[relation(1, "items", grantee="")], roles=ROLES)
    assert hint(cache, role="nobody") is None


def test_without_usage_of_the_schema_nothing_is_named(make: Make) -> None:
    cache = make(
        schemas=[SchemaRow("api", None, ["stranger"])],
        relations=[relation(1, "items")],
        roles=ROLES,
    )
    assert hint(cache) is None


def test_a_grant_on_a_column_is_enough(make: Make) -> None:
    column = ColumnRow(1, 1, "id", 23, -1, False, False, None, None, ["stranger"])
    cache = make(relations=[relation(1, "items")], columns=[column], roles=ROLES)
    assert hint(cache, role="stranger") is not None


def related(make: Make, grantee: str = "web") -> SchemaCache:
    """Table `orders` references `customers`."""
    columns = [ColumnRow(oid, 1, "id", 23, -1, False, False, None, None, None) for oid in (1, 2, 3)]
    return make(
        relations=[relation(1, "orders"), relation(2, "customers", grantee), relation(3, "custom")],
        columns=columns,
        constraints=[ConstraintRow(1, "fk", "f", [1], 2, [1])],
        roles=ROLES,
    )


def embed(cache: SchemaCache, target: str) -> str | None:
    return embed_hint(cache, QualifiedName("api", "orders"), "api", target, "web")


def test_a_relation_with_a_similar_name_that_is_related_is_named(make: Make) -> None:
    expected = "Perhaps you meant 'customers' instead of 'costumers'."
    assert embed(related(make), "costumers") == expected


def test_a_relation_that_is_not_related_is_not_named(make: Make) -> None:
    assert embed(related(make), "custom_") == "Perhaps you meant 'customers' instead of 'custom_'."


def test_a_related_relation_that_may_not_be_used_is_not_named(make: Make) -> None:
    assert embed(related(make, grantee="stranger"), "costumers") is None


@pytest.mark.parametrize("target", ["customers", "Customers"])
def test_a_target_that_is_related_gets_no_hint(make: Make, target: str) -> None:
    assert embed(related(make), target) is None


def test_a_relation_without_relationships_gives_no_hint(make: Make) -> None:
    cache = make(relations=[relation(1, "orders"), relation(2, "customers")], roles=ROLES)
    assert embed(cache, "costumers") is None


def call(cache: SchemaCache, name: str, *arguments: str) -> str | None:
    return routine_hint(cache, "api", name, arguments, "web")


def test_the_overload_with_the_most_similar_arguments_is_named(make: Make) -> None:
    cache = make(routines=[function("add", "a", "b"), function("add", "left_side")], roles=ROLES)
    assert call(cache, "add", "a", "b", "c") == (
        "Perhaps you meant to call the function api.add(a, b)"
    )


def test_overloads_with_quite_other_arguments_are_not(make: Make) -> None:
    cache = make(routines=[function("add", "left", "right")], roles=ROLES)
    assert call(cache, "add", "x") is None


def test_a_function_with_a_similar_name_is_named_without_arguments(make: Make) -> None:
    cache = make(routines=[function("add_them", "a", "b")], roles=ROLES)
    assert call(cache, "add_then", "x") == "Perhaps you meant to call the function api.add_them"


def test_overloads_that_may_not_be_called_are_not_named(make: Make) -> None:
    hidden = function("add", "a", "b", grantee="stranger")
    cache = make(routines=[hidden, function("add", "first")], roles=ROLES)
    assert call(cache, "add", "a", "c") is None


def test_a_function_that_may_not_be_called_is_not_named(make: Make) -> None:
    cache = make(routines=[function("add_them", grantee="stranger")], roles=ROLES)
    assert call(cache, "add_then") is None


def test_a_function_of_another_schema_is_not_named(make: Make) -> None:
    cache = make(routines=[function("add_them")._replace(schema="v2")], roles=ROLES)
    assert call(cache, "add_then") is None
