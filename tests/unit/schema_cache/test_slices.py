"""Many values a few at a time: the same values, and none is kept."""

import gc
from collections.abc import Callable

from passeplat.names import QualifiedName
from passeplat.schema_cache.introspect import all_kept
from passeplat.schema_cache.model import SchemaCache
from passeplat.schema_cache.rows import ColumnRow, ConstraintRow, RelationRow
from passeplat.schema_cache.slices import FEW, converted, freed, parts


def test_values_are_converted_in_order_and_let_go() -> None:
    values = list(range(2 * FEW + 1))
    assert converted(values, str) == list(map(str, range(2 * FEW + 1)))
    assert values == []


def test_lists_are_emptied_in_small_steps() -> None:
    lists = [list(range(3 * FEW)), [], list(range(5))]
    sizes = [sum(map(len, lists)) for _ in freed(lists)]
    assert sizes == [2 * FEW + 5, FEW + 5, 5, 0]


def test_the_many_relationships_of_one_table_are_freed_in_steps_too(
    make: Callable[..., SchemaCache],
) -> None:
    numbers = range(1, 2 * FEW)
    cache = make(
        relations=[RelationRow(n, "api", f"r{n}", False, 28, False, None, [""]) for n in numbers],
        columns=[ColumnRow(n, 1, "id", 23, -1, False, False, None, None, None) for n in numbers],
        constraints=[ConstraintRow(n, f"fk_{n}", "f", [1], 1, [1]) for n in numbers],
    )
    held = {id(each) for part in parts(cache) for each in part}
    ways = cache.relationships[QualifiedName("api", "r1"), "api"]
    assert held >= {id(each) for each in ways}
    assert held >= {id(each) for each in ways.named.values()}


def test_what_is_kept_is_not_looked_through_afterwards() -> None:
    with all_kept():
        kept = [[[]] for _ in range(100_000)]
    before = gc.get_stats()[2]["collections"]
    more = [[[]] for _ in range(3_000)]
    assert gc.get_stats()[2]["collections"] == before
    assert len(kept) + len(more) == 103_000
