"""Aggregates: off by default; where they are evaluated, and what they are grouped by."""

from collections.abc import Callable
from typing import Any

import pytest

Api = Callable[..., Any]
Serve = Callable[..., Api]

proves = pytest.mark.proves


@pytest.fixture
def on(serve: Serve) -> Api:
    return serve(db_aggregates_enabled="true")


@proves("A-01", "PGRST123", "db-aggregates-enabled")
@pytest.mark.parametrize(
    "select",
    [
        "pages.sum()",
        "pages.avg()",
        "pages.count()",
        "pages.max()",
        "pages.min()",
        "count()",
        "authors(id.max())",
        "...authors(id.max())",
    ],
)
def test_aggregates_are_off_by_default(api: Api, select: str) -> None:
    answer = api(f"GET /books?select={select}")
    assert (answer.status, answer.code) == (400, "PGRST123")
    assert answer.json["message"] == "Use of aggregate functions is not allowed"


@proves("A-01")
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param(
            "/books?select=author_id,pages.sum()&order=author_id",
            [
                {"author_id": 1, "sum": 120},
                {"author_id": 2, "sum": 540},
                {"author_id": None, "sum": 90},
            ],
            id="a column",
        ),
        pytest.param(
            "/books?select=in_print,count(),price.max()&order=in_print&in_print=not.is.null",
            [
                {"in_print": False, "count": 1, "max": 20.0},
                {"in_print": True, "count": 2, "max": 10.5},
            ],
            id="several aggregates",
        ),
        pytest.param(
            "/books?select=authors(name),pages.max()&author_id=not.is.null&order=author_id",
            None,
            id="what is not selected cannot be ordered by",
        ),
        pytest.param(
            "/books?select=authors(name),pages.max()&author_id=eq.2",
            [{"authors": {"name": "Bo Chen"}, "max": 340}],
            id="an embed",
        ),
    ],
)
def test_rows_are_grouped_by_what_else_is_selected(
    on: Api, path: str, expected: list[Any] | None
) -> None:
    answer = on(f"GET {path}")
    if expected is None:
        assert answer.code == "42803"
    else:
        assert answer.json == expected


@proves("A-02")
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param(
            "/authors?select=id,books(pages.sum())&id=lt.3&order=id",
            [{"id": 1, "books": [{"sum": 120}]}, {"id": 2, "books": [{"sum": 540}]}],
            id="inside an embed of many",
        ),
        pytest.param(
            "/authors?select=id,books(in_print,count())&id=eq.2&books.order=in_print",
            [{"id": 2, "books": [{"in_print": False, "count": 1}, {"in_print": None, "count": 1}]}],
            id="grouped inside the embed",
        ),
        pytest.param(
            "/books?select=...authors(name,country),pages.sum()&author_id=eq.2",
            [{"name": "Bo Chen", "country": "jp", "sum": 540}],
            id="grouped by a spread",
        ),
        pytest.param(
            "/books?select=author_id,...authors(born.max())&author_id=eq.2",
            [{"author_id": 2, "max": "1980-01-15"}],
            id="hoisted out of a spread",
        ),
        pytest.param(
            "/books?select=...authors(last:id.max()::text,n:count())",
            [{"last": "2", "n": 4}],
            id="hoisted with alias and cast",
        ),
        pytest.param(
            "/books?select=...authors(...countries(code.min()))",
            [{"min": "at"}],
            id="hoisted twice",
        ),
    ],
)
def test_embeds_aggregate_inside_and_spreads_outside(
    on: Api, path: str, expected: list[Any]
) -> None:
    assert on(f"GET {path}").json == expected


@proves("A-02", "PGRST127")
@pytest.mark.parametrize(
    "path", ["/authors?select=...books(pages.sum())", "/books?select=...genres(count())"]
)
def test_spreads_of_many_do_not_aggregate(on: Api, path: str) -> None:
    answer = on(f"GET {path}")
    assert (answer.status, answer.code) == (400, "PGRST127")
    assert answer.json["message"] == "Feature not implemented"
    assert answer.json["details"] == (
        "Aggregates are not implemented for one-to-many or many-to-many spreads."
    )


@proves("A-03")
@pytest.mark.parametrize(
    "query",
    [
        "select=pages.sum()&sum=gt.1",
        "select=pages.sum()&order=sum",
        "select=pages.sum(distinct)",
        "select=pages.median()",
        "pages.sum()=gt.1",
    ],
)
def test_there_is_no_having_distinct_or_order_of_aggregates(on: Api, query: str) -> None:
    assert on(f"GET /books?{query}").status == 400


@proves("A-03", "C-02")
def test_an_aggregate_sees_what_is_stored(on: Api) -> None:
    assert on("GET /paints?select=colour.max()").json == [{"max": 16711680}]


@proves("A-04")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("select=details->>weight::int.sum()", {"sum": 380}),
        ("select=details->box->w::int.max()", {"max": 12}),
        ("select=page_price.max()", {"max": 0.0875}),
        ("select=pages.sum()&published=gt.2000", {"sum": 630}),
        ("select=id.count()&author_id=eq.99", {"count": 0}),
    ],
)
def test_paths_computed_fields_and_filters_go_with_aggregates(
    on: Api, query: str, expected: Any
) -> None:
    assert on(f"GET /books?{query}").json == [expected]
