"""Many values a few at a time: the same values, and none is kept."""

from passeplat.schema_cache.slices import FEW, converted, freed


def test_values_are_converted_in_order_and_let_go() -> None:
    values = list(range(2 * FEW + 1))
    assert converted(values, str) == list(map(str, range(2 * FEW + 1)))
    assert values == []


def test_lists_are_emptied_in_small_steps() -> None:
    lists = [list(range(3 * FEW)), [], list(range(5))]
    sizes = [sum(map(len, lists)) for _ in freed(lists)]
    assert sizes == [2 * FEW + 5, FEW + 5, 5, 0]
