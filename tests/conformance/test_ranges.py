"""Limits, ranges and counts: which rows are returned, and what Content-Range and the status say."""

from collections.abc import Callable
from typing import Any

import pytest

Api = Callable[..., Any]
Serve = Callable[..., Api]

proves = pytest.mark.proves


def rows(answer: Any) -> list[int]:
    return [row["n"] for row in answer.json]


@proves("P-01")
@pytest.mark.parametrize(
    ("query", "expected"),
    [("limit=2", [1, 2]), ("offset=13", [14, 15]), ("limit=2&offset=3", [4, 5])],
)
def test_limit_and_offset_choose_rows(api: Api, query: str, expected: list[int]) -> None:
    assert rows(api(f"GET /numbers?order=n&{query}")) == expected


@proves("P-01")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("books.limit=1", [2]),
        ("books.offset=1", [3]),
        ("books.limit=1&books.offset=1", [3]),
        ("books.limit=0", []),
    ],
)
def test_an_embed_has_its_own_limit_and_offset(api: Api, query: str, expected: list[int]) -> None:
    answer = api(f"GET /authors?id=eq.2&select=books(id)&books.order=id&{query}")
    assert [book["id"] for book in answer.json[0]["books"]] == expected


@proves("P-02")
@pytest.mark.parametrize(
    ("range_", "query", "expected"),
    [
        ("0-1", "", [1, 2]),
        ("13-", "", [14, 15]),
        ("2-4", "limit=2&offset=3", [4, 5]),
        ("0-9", "limit=2&offset=1", [2, 3]),
        ("1-1", "offset=1", [2]),
    ],
)
def test_a_range_is_cut_with_limit_and_offset(
    api: Api, range_: str, query: str, expected: list[int]
) -> None:
    assert rows(api(f"GET /numbers?order=n&{query}", range=range_)) == expected
    assert rows(api(f"GET /numbers?order=n&{query}", range=range_, range_unit="items")) == expected


@proves("P-02", "PGRST103")
def test_a_range_beyond_the_limit_is_refused(api: Api) -> None:
    answer = api("GET /numbers?limit=2", range="2-4")
    assert (answer.status, answer.code) == (416, "PGRST103")


@proves("P-02")
@pytest.mark.parametrize("range_", ["x", "bytes=0-1", "-3", "0-1,3-4", "1"])
def test_a_malformed_range_is_ignored(api: Api, range_: str) -> None:
    answer = api("GET /numbers", range=range_)
    assert (answer.status, len(answer.json)) == (200, 15)


@proves("P-02")
def test_only_get_has_a_range(api: Api) -> None:
    answer = api("HEAD /numbers", range="0-1", prefer="count=exact")
    assert answer.header("Content-Range") == "0-14/15"
    answer = api("DELETE /numbers?n=lt.4", range="0-1", prefer="count=exact")
    assert answer.header("Content-Range") == "*/3"


@proves("P-03", "PGRST103")
def test_a_range_that_ends_before_it_begins_is_refused(api: Api) -> None:
    answer = api("GET /numbers", range="5-2")
    assert (answer.status, answer.code) == (416, "PGRST103")
    assert answer.json["details"] == (
        "The lower boundary must be lower than or equal to the upper boundary in the Range header."
    )


@proves("P-04")
def test_a_limit_of_zero_returns_no_rows(api: Api) -> None:
    answer = api("GET /numbers?limit=0")
    assert (answer.status, answer.json) == (200, [])
    assert answer.header("Content-Range") == "*/*"


@proves("P-05", "db-max-rows")
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("GET /numbers", 2, id="top level"),
        pytest.param("GET /numbers?limit=5", 2, id="over a larger limit"),
        pytest.param("GET /numbers?limit=1", 1, id="under a smaller limit"),
        pytest.param("GET /rpc/digits", 2, id="function"),
        pytest.param("POST /rpc/digits", 2, id="function by POST"),
    ],
)
def test_reads_have_at_most_so_many_rows(serve: Serve, line: str, expected: int) -> None:
    assert len(serve(db_max_rows="2")(line).json) == expected


@proves("P-05", "db-max-rows")
def test_each_embed_has_at_most_so_many_rows(serve: Serve) -> None:
    api = serve(db_max_rows="1")
    assert len(api("GET /authors?id=eq.2&select=books(id,genres(id))").json[0]["books"]) == 1
    assert api("GET /authors?id=eq.2&select=...books(ids:id)").json == [{"ids": [2]}]


@proves("P-05", "db-max-rows")
def test_writes_have_as_many_rows_as_they_want(serve: Serve) -> None:
    api = serve(db_max_rows="2")
    answer = api("PATCH /numbers?n=gt.10", {"n": None}, prefer="return=representation, tx=rollback")
    assert answer.code == "23502"
    answer = api("DELETE /numbers?n=gt.10", prefer="return=representation")
    assert len(answer.json) == 5


@proves("P-06", "H-02", "D2")
@pytest.mark.parametrize(
    ("query", "prefer", "expected"),
    [
        ("", "", "0-14/*"),
        ("limit=3&offset=2", "", "2-4/*"),
        ("n=gt.99", "", "*/*"),
        ("n=gt.99", "count=exact", "*/0"),
        ("limit=3", "count=exact", "0-2/15"),
        ("n=gt.5&limit=3&offset=1", "count=exact", "1-3/10"),
    ],
)
def test_content_range_says_which_rows_of_how_many(
    api: Api, query: str, prefer: str, expected: str
) -> None:
    answer = api(f"GET /numbers?{query}", prefer=prefer)
    assert answer.header("Content-Range") == expected
    assert answer.header("Range-Unit") is None


@proves("P-07")
@pytest.mark.parametrize(
    ("query", "prefer", "status"),
    [
        pytest.param("limit=3", "", 200, id="nothing counted"),
        pytest.param("limit=3", "count=exact", 206, id="a part"),
        pytest.param("", "count=exact", 200, id="all"),
        pytest.param("limit=99", "count=exact", 200, id="all within the limit"),
        pytest.param("offset=15", "count=exact", 206, id="just behind the end"),
        pytest.param("n=gt.99", "count=exact", 200, id="nothing there"),
    ],
)
def test_a_part_of_what_was_counted_is_a_206(
    api: Api, query: str, prefer: str, status: int
) -> None:
    assert api(f"GET /numbers?{query}", prefer=prefer).status == status
    assert api(f"HEAD /numbers?{query}", prefer=prefer).status == status


@proves("P-07", "PGRST103")
def test_an_offset_behind_what_was_counted_is_refused(api: Api) -> None:
    answer = api("GET /numbers?offset=16", prefer="count=exact")
    assert (answer.status, answer.code) == (416, "PGRST103")
    assert answer.json["details"] == "An offset of 16 was requested, but there are only 15 rows."
    assert answer.header("Content-Range") == "*/15"


@proves("P-07")
def test_an_offset_behind_the_end_is_fine_without_a_count(api: Api) -> None:
    answer = api("GET /numbers?offset=99")
    assert (answer.status, answer.json) == (200, [])


@proves("P-08", "PR-03")
@pytest.mark.parametrize(
    ("max_rows", "prefer", "query", "expected"),
    [
        pytest.param(None, "exact", "n=gt.5", "0-9/10", id="exact"),
        pytest.param("4", "exact", "n=gt.5", "0-3/10", id="exact over the limit"),
        pytest.param(None, "planned", "", "0-14/15", id="planned"),
        pytest.param("4", "planned", "", "0-3/15", id="planned over the limit"),
        pytest.param("20", "estimated", "n=gt.5", "0-9/10", id="estimated where exact is cheap"),
        pytest.param("4", "estimated", "", "0-3/15", id="estimated beyond"),
    ],
)
def test_the_total_is_counted_planned_or_estimated(
    serve: Serve, max_rows: str | None, prefer: str, query: str, expected: str
) -> None:
    answer = serve(db_max_rows=max_rows)(f"GET /numbers?{query}", prefer=f"count={prefer}")
    assert answer.header("Content-Range") == expected


@proves("P-08")
def test_an_estimate_is_never_less_than_what_was_counted(serve: Serve) -> None:
    """The function returns three rows, the planner thinks of a thousand."""
    api = serve(db_max_rows="2")
    answer = api("GET /rpc/setting_rows?n=3", prefer="count=estimated")
    assert answer.header("Content-Range") == "0-1/1000"


@proves("P-08")
def test_a_plan_may_guess_too_little(serve: Serve) -> None:
    """Of five rows counted up to the limit the planner expects one."""
    api = serve(db_max_rows="4")
    answer = api("GET /rpc/few_rows?n=9", prefer="count=estimated")
    assert answer.header("Content-Range") == "0-3/5"


@proves("P-08")
@pytest.mark.parametrize(
    "line", ["GET /rpc/digits", "POST /rpc/digits", "GET /rpc/books_by?author=2"]
)
def test_what_functions_return_is_counted_too(api: Api, line: str) -> None:
    answer = api(f"{line}{'&' if '?' in line else '?'}limit=1", prefer="count=exact")
    assert answer.status == 206
    assert answer.header("Content-Range") in {"0-0/3", "0-0/2"}


@proves("P-09")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("select=id,authors!inner(id)", "0-0/3"),
        ("select=id,authors!inner(id)&authors.id=eq.2", "0-0/2"),
        ("select=id,book_genres!inner(genres!inner(id))&book_genres.genres.id=eq.1", "0-0/2"),
        ("select=id,genres!inner(id)&genres.id=eq.2", "0-0/2"),
        ("select=id,authors(id)&authors=is.null", "0-0/1"),
        ("select=id,...authors!inner(name)&authors.id=eq.1", "0-0/1"),
    ],
)
def test_the_count_heeds_what_is_joined(api: Api, query: str, expected: str) -> None:
    answer = api(f"GET /books?{query}&limit=1&order=id", prefer="count=exact")
    assert answer.header("Content-Range") == expected


@proves("P-10", "W-06", "W-08", "W-09", "W-10")
@pytest.mark.parametrize(
    ("line", "body", "prefer", "expected"),
    [
        ("POST /shouts", {"word": "a"}, "", "*/*"),
        ("POST /shouts", [{"word": "a"}, {"word": "b"}], "count=exact", "*/2"),
        ("POST /shouts", [], "count=exact", "*/0"),
        ("DELETE /numbers?n=lt.4", None, "", "*/*"),
        ("DELETE /numbers?n=lt.4", None, "count=exact", "*/3"),
        ("DELETE /numbers?n=lt.4", None, "count=estimated", "*/3"),
        ("PATCH /codes?id=gt.0", {"uses": 1}, "", "0-1/*"),
        ("PATCH /codes?id=gt.0", {"uses": 1}, "count=exact", "0-1/2"),
        ("PATCH /codes?id=gt.0", {"uses": 1}, "count=planned", "0-1/*"),
        ("PATCH /codes?id=gt.9", {"uses": 1}, "", "*/*"),
        ("PATCH /codes?id=gt.9", {"uses": 1}, "count=exact", "*/0"),
        ("PUT /options?key=eq.k", {"key": "k"}, "", None),
    ],
)
def test_writes_say_how_many_rows_they_changed(
    api: Api, line: str, body: Any, prefer: str, expected: str | None
) -> None:
    assert api(line, body, prefer=prefer).header("Content-Range") == expected
