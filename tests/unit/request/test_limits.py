"""What asks for too much is refused at once."""

import time

import pytest

from passeplat.errors import ApiError, QueryStringError
from passeplat.request.limits import MAX_DEPTH, MAX_ITEMS, MAX_PARAMETERS
from passeplat.request.model import In
from passeplat.request.query_string import parse_query_string

AT_ONCE = 0.5  # seconds of CPU: ten times what is promised, for slow machines


def refused(query: str) -> ApiError:
    start = time.process_time()
    with pytest.raises(QueryStringError) as caught:
        parse_query_string(query.encode())
    assert time.process_time() - start < AT_ONCE
    return caught.value


def nested(before: str, inside: str, depth: int) -> str:
    return before * depth + inside + ")" * depth


def test_embeds_nest_as_deep_as_the_limit() -> None:
    assert parse_query_string(("select=" + nested("a(", "b", MAX_DEPTH)).encode()).select


def test_logic_nests_as_deep_as_the_limit() -> None:
    inside = nested("and(", "a.eq.1", MAX_DEPTH - 1)
    assert parse_query_string(f"or=({inside})".encode()).conditions


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 100_000])
@pytest.mark.parametrize("key", ["select", "or"])
def test_deeper_is_refused(key: str, depth: int) -> None:
    value = nested("a(", "b", depth) if key == "select" else f"({nested('and(', 'a.eq.1', depth)})"
    assert "too deeply" in refused(f"{key}={value}").message


@pytest.mark.parametrize(
    "query",
    [
        "a" + "->a" * (MAX_DEPTH + 1) + "=eq.1",
        "a." * (MAX_DEPTH + 1) + "a=eq.1",
        "a." * (MAX_DEPTH + 1) + "limit=1",
        '"a".' * (MAX_DEPTH + 1) + "a=eq.1",
        "order=a" + "->a" * (MAX_DEPTH + 1),
    ],
)
def test_paths_have_an_end(query: str) -> None:
    assert "too deeply" in refused(query).message


@pytest.mark.parametrize(
    "query",
    [
        "&".join(["a=eq.1"] * (MAX_PARAMETERS + 1)),
        "select=" + ",".join(["a"] * (MAX_ITEMS + 1)),
        "select=" + ",".join(["a(b)"] * (MAX_ITEMS + 1)),
        "order=" + ",".join(["a"] * (MAX_ITEMS + 1)),
        "or=(" + ",".join(["a.eq.1"] * (MAX_ITEMS + 1)) + ")",
        "or=(" + ",".join(["a.eq.1"] * 150_000) + ")",
    ],
)
def test_lists_have_an_end(query: str) -> None:
    assert "too many" in refused(query).message


@pytest.mark.parametrize(
    "query",
    [
        "select=" + "(" * 100_000,
        "select=" + ")" * 100_000,
        "or=" + "(" * 100_000,
        "or=(" + "not." * 100_000,
        "or=(" + "a" * 1_000_000,
        "select=" + "a" * 1_000_000 + "!",
        "select=" + "a-" * 500_000,
        "select=" + '"' * 1_000_001,
        "select=" + "a->" * 300_000,
        "select=" + " " * 1_000_000 + "(",
        "select=" + "a:" * 500_000,
        "select=" + "a!" * 500_000,
        "order=" + "a." * 500_000,
        "a=in.(" + '"' * 1_000_001,
        'a=in.("' + "\\" * 1_000_000,
        "a=in.(" + "1," * 500_000,
        "a=" + "not." * 300_000,
        "a." * 400_000 + "=eq.1",
        "columns=" + "a," * 500_000,
        "select=" + "a(b)," * 190 + "!",
        "select=" + "a!b!c(d!e!f(" * 80,
    ],
)
def test_nonsense_is_refused_at_once(query: str) -> None:
    refused(query)


def test_a_list_of_values_may_be_long() -> None:
    values = ",".join(map(str, range(100_000)))
    ((_, condition),) = parse_query_string(f"id=in.({values})".encode()).conditions
    assert isinstance(getattr(condition, "operation", None), In)
