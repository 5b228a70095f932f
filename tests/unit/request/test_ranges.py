"""How `limit`, `offset` and the `Range` header come together."""

import pytest

from passeplat.errors import InvalidRange
from passeplat.request.model import Range
from passeplat.request.ranges import LARGEST, requested_range


def top(offset: int = 0, limit: int | None = None) -> tuple[tuple[tuple[str, ...], Range], ...]:
    return (((), Range(offset, limit)),)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("0-9", Range(0, 10)),
        ("10-19", Range(10, 10)),
        ("5-5", Range(5, 1)),
        ("10-", Range(10)),
        ("0-", Range()),
        (None, Range()),
        ("", Range()),
        ("ten-twenty", Range()),
        ("items=0-9", Range()),
        ("-5", Range()),
        ("0-9,20-29", Range()),
        ("0 - 9", Range()),
        ("0-99999999999999999999", Range(0, LARGEST)),
        ("99999999999999999999-", Range(LARGEST)),
    ],
)
def test_a_get_may_ask_for_a_range(header: str | None, expected: Range) -> None:
    assert requested_range((), "GET", header) == expected


@pytest.mark.parametrize("method", ["HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"])
def test_only_a_get_may_ask_for_a_range(method: str) -> None:
    assert requested_range(top(5, 10), method, "0-1") == Range(5, 10)


@pytest.mark.parametrize(
    ("offset", "limit", "header", "expected"),
    [
        (0, 3, "0-1", Range(0, 2)),
        (0, 3, "2-9", Range(2, 1)),
        (5, 10, "0-", Range(5, 10)),
        (5, None, "0-9", Range(5, 5)),
        (5, 10, "7-100", Range(7, 8)),
        (0, 0, "3-1", Range(0, 0)),
    ],
)
def test_a_range_is_cut_with_limit_and_offset(
    offset: int, limit: int | None, header: str, expected: Range
) -> None:
    assert requested_range(top(offset, limit), "GET", header) == expected


def test_a_range_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(InvalidRange) as caught:
        requested_range((), "GET", "5-4")
    assert caught.value.details == (
        "The lower boundary must be lower than or equal to the upper boundary in the Range header."
    )


@pytest.mark.parametrize("path", [(), ("tasks",)])
def test_a_negative_limit_is_refused(path: tuple[str, ...]) -> None:
    with pytest.raises(InvalidRange) as caught:
        requested_range(((path, Range(0, -1)),), "GET", None)
    assert caught.value.details == "Limit should be greater than or equal to zero."


def test_a_range_outside_of_limit_and_offset_is_refused() -> None:
    with pytest.raises(InvalidRange):
        requested_range(top(20, 5), "GET", "0-9")


def test_the_ranges_of_embeds_are_not_the_top_levels() -> None:
    assert requested_range(((("tasks",), Range(1, 2)),), "GET", None) == Range()
