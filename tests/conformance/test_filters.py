"""`column=operator.value`: every operator, its negation and quantifiers, on every kind of field."""

from collections.abc import Callable
from typing import Any

import pytest

Api = Callable[..., Any]

proves = pytest.mark.proves


def keep(api: Api, query: str) -> list[int]:
    """The ids of the books that a filter keeps."""
    answer = api(f"GET /books?select=id&order=id&{query}")
    assert answer.status == 200, answer.text
    return [row["id"] for row in answer.json]


OPERATORS = [
    ("F-01", "published=eq.2005", [2]),
    ("F-02", "published=neq.2005", [1, 3, 4]),
    ("F-03", "published=gt.2005", [3, 4]),
    ("F-04", "published=gte.2005", [2, 3, 4]),
    ("F-05", "published=lt.2005", [1]),
    ("F-06", "published=lte.2005", [1, 2]),
    ("F-07", "title=like.*Harbour*", [2, 3]),
    ("F-07", "title=like.%25Harbour", [3]),
    ("F-07", "title=like.*harbour*", []),
    ("F-08", "title=ilike.*harbour*", [2, 3]),
    ("F-09", "title=match.^[AB]", [1, 2]),
    ("F-09", "title=match.^[ab]", []),
    ("F-10", "title=imatch.^[ab]", [1, 2]),
    ("F-11", "id=in.(1,3)", [1, 3]),
    ("F-11", "id=in.()", []),
    ("F-11", 'title=in.("Alpine Winds",Desert)', [1, 4]),
    ("F-11", "id=not.in.(1,3)", [2, 4]),
    ("F-12", "price=is.null", [3]),
    ("F-12", "price=is.not_null", [1, 2, 4]),
    ("F-12", "in_print=is.true", [1, 4]),
    ("F-12", "in_print=is.false", [2]),
    ("F-12", "in_print=is.unknown", [3]),
    ("F-12", "in_print=is.TRUE", [1, 4]),
    ("F-12", "price=is.NULL", [3]),
    ("F-12", "price=is.Not_Null", [1, 2, 4]),
    ("F-13", "author_id=isdistinct.2", [1, 4]),
    ("F-13", "author_id=not.isdistinct.2", [2, 3]),
    ("F-14", "search=fts.harbours", [2, 3]),
    ("F-14", "search=fts.harbour %26 cold", [3]),
    ("F-14", "search=fts(english).harbours", [2, 3]),
    ("F-15", "search=plfts.cold harbour", [3]),
    ("F-16", "search=phfts(english).cold harbours", [3]),
    ("F-16", "search=phfts.harbour cold", []),
    ("F-17", 'search=wfts.harbour -"cold harbour"', [2]),
    ("F-18", "tags=cs.{sea}", [2, 3]),
    ("F-18", "tags=cd.{sea,wind}", [2, 4]),
    ("F-18", 'details=cs.{"weight": 80}', [2]),
    ("F-18", 'details=cd.{"weight": null, "x": 1}', [4]),
    ("F-18", "years=cs.[1991,1992]", [1]),
    ("F-19", "tags=ov.{alps,cold}", [1, 3]),
    ("F-19", "years=ov.[1995,2006]", [1, 2]),
    ("F-20", "years=sl.[2005,2006]", [1]),
    ("F-20", "years=sr.[1990,2000]", [2, 3]),
    ("F-20", "years=nxr.[2000,2010)", [1, 2]),
    ("F-20", "years=nxl.[2005,2010)", [2, 3]),
    ("F-20", "years=adj.[2000,2005)", [1, 2]),
    ("F-21", "title=like(any).{Alpine*,Desert}", [1, 4]),
    ("F-21", "title=ilike(all).{*HARBOUR*,c*}", [3]),
    ("F-21", "id=eq(any).{1,4}", [1, 4]),
    ("F-21", "published=gt(all).{2000,2006}", [3, 4]),
    ("F-21", "published=gte(any).{2005,2020}", [2, 3, 4]),
    ("F-21", "published=lt(any).{1995,2006}", [1, 2]),
    ("F-21", "published=lte(all).{2005,2006}", [1, 2]),
    ("F-21", "title=match(any).{^A,^D}", [1, 4]),
    ("F-21", "title=imatch(all).{cold,bour}", [3]),
    ("F-21", "id=not.eq(any).{1,4}", [2, 3]),
]


@proves(
    "F-01",
    "F-02",
    "F-03",
    "F-04",
    "F-05",
    "F-06",
    "F-07",
    "F-08",
    "F-09",
    "F-10",
    "F-11",
    "F-12",
    "F-13",
    "F-14",
    "F-15",
    "F-16",
    "F-17",
    "F-18",
    "F-19",
    "F-20",
    "F-21",
)
@pytest.mark.parametrize(
    ("query", "expected"),
    [pytest.param(query, expected, id=f"{line} {query}") for line, query, expected in OPERATORS],
)
def test_an_operator_keeps_the_rows_it_says(api: Api, query: str, expected: list[int]) -> None:
    assert keep(api, query) == expected


@proves("F-01", "F-03", "F-07", "F-12", "F-14", "F-18")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param(f"{column}=not.{rest}", kept, id=f"{line} {rest}")
        for line, column, rest, kept in [
            ("F-01", "published", "eq.2005", [1, 3, 4]),
            ("F-03", "published", "gt.2005", [1, 2]),
            ("F-07", "title", "like.*Harbour*", [1, 4]),
            ("F-12", "price", "is.null", [1, 2, 4]),
            ("F-14", "search", "fts.harbour", [1, 4]),
            ("F-18", "tags", "cs.{sea}", [1, 4]),
        ]
    ],
)
def test_any_operator_can_be_negated(api: Api, query: str, expected: list[int]) -> None:
    assert keep(api, query) == expected


@proves("F-02", "F-21", "PGRST100")
@pytest.mark.parametrize(
    "filter_",
    ["neq(any).{1}", "eq(some).{1}", "in(any).(1)", "is(any).null", "is.nope", "cs(all).{1}"],
)
def test_not_every_operator_has_quantifiers(api: Api, filter_: str) -> None:
    assert api(f"GET /books?id={filter_}").code == "PGRST100"


@proves("F-22")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("title=fts(english).harbour", [2, 3], id="text"),
        pytest.param("title=fts(simple).harbour", [3], id="in the language given"),
        pytest.param("isbn=plfts(simple).111", [1], id="varchar"),
        pytest.param("details=fts(simple).en", [2], id="jsonb"),
        pytest.param("details->langs->>0=fts(simple).en", [2], id="JSON path"),
        pytest.param("search_domain=fts.harbour", [2], id="domain over tsvector, as it is"),
    ],
)
def test_what_is_no_tsvector_becomes_one(api: Api, query: str, expected: list[int]) -> None:
    assert keep(api, query) == expected


@proves("F-22")
def test_an_unknown_language_is_an_error_of_postgresql(api: Api) -> None:
    assert api("GET /books?title=fts(klingon).x").status == 400


@proves("F-23", "E-10")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("select=id,authors(id)&authors=is.null", [4]),
        ("select=id,authors(id)&authors=not.is.null", [1, 2, 3]),
        ("select=id,genres(id)&genres=is.null", [4]),
        ("select=id,readers!readers_favourite(id)&readers=not.is.null", [1, 2]),
        ("select=id,a:authors(id)&a=is.null", [4]),
        ("select=id,authors(id)&authors=is.not_null", [1, 2, 3]),
    ],
)
def test_an_embed_can_be_required_or_forbidden(api: Api, query: str, expected: list[int]) -> None:
    answer = api(f"GET /books?{query}&order=id", accept="application/json")
    assert [row["id"] for row in answer.json] == expected


@proves("F-23", "PGRST120")
@pytest.mark.parametrize("operation", ["eq.1", "gt.1", "is.true", "in.(1)"])
def test_nothing_else_can_be_asked_of_an_embed(api: Api, operation: str) -> None:
    answer = api(f"GET /books?select=id,authors(id)&authors={operation}")
    assert (answer.status, answer.code) == (400, "PGRST120")
    assert answer.json["message"] == "Bad operator on the 'authors' embedded resource"
    assert answer.json["details"] == (
        "Only is null or not is null filters are allowed on embedded resources"
    )


@proves("F-23", "PGRST108")
@pytest.mark.parametrize("query", ["authors.id=eq.1", "authors.order=id", "authors.limit=1"])
def test_what_is_not_embedded_cannot_be_filtered(api: Api, query: str) -> None:
    answer = api(f"GET /books?select=id&{query}")
    assert (answer.status, answer.code) == (400, "PGRST108")
    assert answer.json["message"] == "'authors' is not an embedded resource in this request"
    assert answer.json["hint"] == (
        "Verify that 'authors' is included in the 'select' query parameter."
    )


@proves("F-24", "PGRST100")
def test_a_column_is_not_cast_in_a_filter(api: Api) -> None:
    assert api("GET /books?id::text=eq.1").code == "PGRST100"


@proves("F-24")
def test_a_value_is_read_as_the_type_of_its_column(api: Api) -> None:
    answer = api("GET /books?id=eq.one")
    assert (answer.status, answer.code) == (400, "22P02")


@proves("F-25")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("details->>weight=eq.80", [2], id="JSON as text"),
        pytest.param("details->weight=gt.100", [1], id="JSON as JSON"),
        pytest.param("details->box->w=in.(10,12)", [1, 2], id="JSON in a list"),
        pytest.param("size->width=eq.12", [1], id="composite"),
        pytest.param("tags->>0=eq.sea", [2, 3], id="array"),
        pytest.param("page_price=gt.0.06", [1], id="computed field"),
    ],
)
def test_fields_of_every_kind_can_be_filtered_by(api: Api, query: str, expected: list[int]) -> None:
    assert keep(api, query) == expected


@proves("F-25", "C-02")
def test_the_value_of_a_domain_is_cast_from_text(api: Api) -> None:
    assert api("GET /paints?select=id&colour=eq.%23ff0000").json == [{"id": 1}]
    assert api("GET /paints?select=id&colour=in.(%23ff0000,%230000ff)&order=id").json == [
        {"id": 1},
        {"id": 2},
    ]


@proves("F-26")
def test_a_value_that_is_no_filter_is_an_argument(api: Api) -> None:
    assert [row["id"] for row in api("GET /rpc/books_by?author=2&id=gt.2").json] == [3]


@proves("F-26")
def test_a_value_that_is_a_filter_is_no_argument(api: Api) -> None:
    assert api("GET /rpc/books_by?author=eq.2").code == "PGRST202"


@proves("F-27")
@pytest.mark.parametrize("path", ["/books?", "/book_titles?", "/rpc/books_by?author=2&"])
def test_columns_that_are_not_selected_can_be_filtered_by(api: Api, path: str) -> None:
    assert api(f"GET {path}select=title&author_id=eq.2&id=eq.3").json == [{"title": "Cold Harbour"}]
