"""`and=`, `or=` and `order=`: trees of conditions, and the order of rows on every level."""

from collections.abc import Callable
from typing import Any

import pytest

Api = Callable[..., Any]

proves = pytest.mark.proves


def titles(answer: Any) -> str:
    """The initials of the titles, in the order of the rows."""
    assert answer.status == 200, answer.text
    return "".join(row["title"][0] for row in answer.json)


@proves("L-01")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("or=(id.eq.1,published.gt.2010)", "AD"),
        ("and=(id.gt.1,published.lt.2020)", "BC"),
        ("not.or=(id.eq.1,id.eq.2)", "CD"),
        ("not.and=(id.gt.1,id.lt.4)", "AD"),
        ("or=(id.eq.1,and(id.gt.2,id.lt.4))", "AC"),
        ("or=(id.eq.1,not.and(id.gte.1,id.lte.3))", "AD"),
        ("or=(id.not.gt.1,title.not.like.*r*)", "A"),
        ("or=( id.eq.1 , and( id.gt.2 , id.lt.4 ) )", "AC"),
        ("and=(or(id.eq.1,id.eq.2),or(id.eq.2,id.eq.3))", "B"),
        ("or=(price.is.null,in_print.is.false)", "BC"),
        ("or=(search.fts(english).winds,id.eq.4)", "AD"),
        ("or=(details->>weight.eq.80,details->box->>w.eq.12)", "AB"),
        ("or=(title.like(any).{A*,D*},id.eq.3)", "ACD"),
    ],
)
def test_conditions_combine(api: Api, query: str, expected: str) -> None:
    assert titles(api(f"GET /books?select=title&order=id&{query}")) == expected


@proves("L-02")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('or=(title.eq."Alpine Winds",id.eq.4)', "AD"),
        ("or=(tags.cs.{sea,cold},id.eq.1)", "AC"),
        ('or=(title.in.("Alpine Winds",Desert),id.eq.2)', "ABD"),
        ("or=(years.adj.[2000,2005),id.eq.4)", None),
        ('or=(years.adj."[2000,2005)",id.eq.4)', "ABD"),
    ],
)
def test_values_in_logic_are_quoted_or_arrays(api: Api, query: str, expected: str | None) -> None:
    answer = api(f"GET /books?select=title&order=id&{query}")
    if expected is None:
        assert answer.code == "PGRST100"
    else:
        assert titles(answer) == expected


@proves("L-03")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("books.or=(id.eq.2,published.gt.2015)", [[], [2], []]),
        ("books.not.and=(id.gt.0,id.lt.3)", [[], [3], []]),
        ("books.and=(id.gt.0,id.lt.3)", [[1], [2], []]),
    ],
)
def test_logic_may_be_about_an_embed(api: Api, query: str, expected: list[list[int]]) -> None:
    answer = api(f"GET /authors?select=books(id)&order=id&{query}")
    assert [[book["id"] for book in row["books"]] for row in answer.json] == expected


@proves("L-03")
def test_logic_may_be_about_an_embed_of_an_embed(api: Api) -> None:
    answer = api(
        "GET /countries?select=authors(books(id))&code=eq.jp&authors.books.or=(id.eq.3,id.eq.9)",
    )
    assert answer.json == [{"authors": [{"books": [{"id": 3}]}]}]


@proves("L-04")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("or=(authors.is.null,genres.is.null)", "D"),
        ("or=(authors.not.is.null,id.eq.4)", "ABCD"),
        ("or=(a.is.null,id.eq.1)", "AD"),
        ("and=(genres.not.is.null,or(id.eq.1,id.eq.4))", "A"),
    ],
)
def test_logic_may_ask_whether_an_embed_is_there(api: Api, query: str, expected: str) -> None:
    select = "select=title,authors(id),genres(id),a:authors(id)"
    assert titles(api(f"GET /books?{select}&order=id&{query}")) == expected


@proves("O-01")
@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("id.desc", "DCBA"),
        ("id.asc", "ABCD"),
        ("id", "ABCD"),
        ("price", "DABC"),
        ("price.desc", "CBAD"),
        ("price.nullsfirst", "CDAB"),
        ("price.desc.nullslast", "BADC"),
        ("author_id.nullsfirst,id.desc", "DACB"),
        (" author_id.desc.nullslast , id ", "BCAD"),
        ("in_print.asc.nullslast,title.desc", "BDAC"),
    ],
)
def test_rows_are_ordered(api: Api, order: str, expected: str) -> None:
    assert titles(api(f"GET /books?select=title&order={order}")) == expected


@proves("O-01", "PGRST100")
@pytest.mark.parametrize("order", ["id.nullslast.desc", "id.up", "id.desc.nulls", "id,"])
def test_an_order_has_its_own_order(api: Api, order: str) -> None:
    assert api(f"GET /books?order={order}").code == "PGRST100"


@proves("O-02")
@pytest.mark.parametrize(
    ("order", "expected"),
    [
        pytest.param("details->weight.desc.nullslast,id", "ABDC", id="JSON"),
        pytest.param("details->box->>h.asc.nullslast,id", "BACD", id="JSON text"),
        pytest.param("size->width.asc.nullslast,id", "BACD", id="composite"),
        pytest.param("tags->>0.desc.nullslast,id", "BCAD", id="array"),
        pytest.param("page_price.desc.nullslast", "ABDC", id="computed field"),
    ],
)
def test_fields_of_every_kind_can_be_ordered_by(api: Api, order: str, expected: str) -> None:
    assert titles(api(f"GET /books?select=title&order={order}")) == expected


@proves("O-03")
def test_each_embed_has_an_order_of_its_own(api: Api) -> None:
    answer = api(
        "GET /authors?select=id,books(id,genres(id))&order=id.desc&books.order=id.desc"
        "&books.genres.order=id.desc&id=eq.2"
    )
    assert answer.json[0]["books"] == [
        {"id": 3, "genres": [{"id": 2}, {"id": 1}]},
        {"id": 2, "genres": [{"id": 2}]},
    ]


@proves("O-04")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("select=title,authors(name)&order=authors(name).desc.nullslast,id", "BCAD"),
        ("select=title,...authors(born)&order=authors(born).nullsfirst,id", "DABC"),
        ("select=title,a:authors(name)&order=a(name).desc.nullslast,id.desc", "CBAD"),
        ("select=title,authors(shout)&order=authors(shout).desc.nullslast,id", "BCAD"),
    ],
)
def test_rows_are_ordered_by_what_they_belong_to(api: Api, query: str, expected: str) -> None:
    assert titles(api(f"GET /books?{query}")) == expected


@proves("O-04", "PGRST108")
def test_an_order_by_what_is_not_embedded_is_refused(api: Api) -> None:
    assert api("GET /books?select=id&order=authors(name)").code == "PGRST108"


@proves("O-04", "PGRST118")
def test_an_order_by_what_are_many_is_refused(api: Api) -> None:
    answer = api("GET /authors?select=id,books(id)&order=books(title)")
    assert (answer.status, answer.code) == (400, "PGRST118")
    assert answer.json["message"] == "A related order on 'books' is not possible"
    assert answer.json["details"] == (
        "'authors' and 'books' do not form a many-to-one or one-to-one relationship"
    )


@proves("O-05", "PGRST100")
def test_an_aggregate_is_nothing_to_order_by(api: Api) -> None:
    assert api("GET /books?select=author_id&order=pages.sum()").code == "PGRST100"
    assert api("GET /books?select=title&order=total").code == "42703"


@proves("O-06")
@pytest.mark.parametrize(
    ("line", "body"),
    [
        ("POST /codes?", [{"id": 8, "code": "p"}, {"id": 9, "code": "q"}]),
        ("PATCH /codes?id=gt.0&", {"uses": 3}),
        ("DELETE /codes?", None),
    ],
)
def test_what_a_write_returns_is_ordered(api: Api, line: str, body: Any) -> None:
    asked = f"{line}select=id&order=id."
    up = api(f"{asked}asc", body, prefer="return=representation").json
    down = api(f"{asked}desc", body, prefer="return=representation").json
    assert len(up) == 2
    assert up == sorted(up, key=lambda row: row["id"]) == down[::-1]
