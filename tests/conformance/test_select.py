"""`select=`: columns, aliases, casts, paths into JSON, and the shapes of embeds."""

from collections.abc import Callable
from typing import Any

import pytest

Api = Callable[..., Any]
Serve = Callable[..., Api]

proves = pytest.mark.proves


def first(answer: Any) -> Any:
    assert answer.status == 200, answer.text
    return answer.json[0]


@proves("S-01")
@pytest.mark.parametrize("query", ["", "?select=*", "?select="])
def test_everything_is_selected_by_default(api: Api, query: str) -> None:
    assert list(first(api(f"GET /authors{query}"))) == ["id", "name", "born", "country"]


@proves("S-01")
@pytest.mark.parametrize(
    ("select", "names"),
    [
        ("name,id", ["name", "id"]),
        ("  name , \tid ", ["name", "id"]),
        ("*,twice:id", ["id", "name", "born", "country", "twice"]),
    ],
)
def test_what_is_listed_is_selected_in_its_order(api: Api, select: str, names: list[str]) -> None:
    assert list(first(api(f"GET /authors?select={select}"))) == names


@proves("S-02")
@pytest.mark.parametrize(
    ("select", "expected"),
    [
        ("a:id", {"a": 1}),
        ("price::text", {"price": "10.50"}),
        ("a:price::int", {"a": 11}),
        ("published::text", {"published": "1990"}),
        ("price::double precision", {"price": 10.5}),
        ('"a b":id', {"a b": 1}),
        ("in_print::int", {"in_print": 1}),
    ],
)
def test_a_column_may_be_renamed_and_cast(api: Api, select: str, expected: Any) -> None:
    assert first(api(f"GET /books?id=eq.1&select={select}")) == expected


@proves("S-02")
@pytest.mark.parametrize("cast", ['"int4"', "numeric(8,2)", "int[]", "text;drop"])
def test_a_cast_is_to_one_plain_type(api: Api, cast: str) -> None:
    assert api(f"GET /books?select=id::{cast}").code == "PGRST100"


@proves("S-02")
def test_an_unknown_type_is_an_error_of_postgresql(api: Api) -> None:
    answer = api("GET /books?select=id::nope")
    assert (answer.status, answer.code) == (400, "42704")


@proves("S-03")
@pytest.mark.parametrize(
    ("select", "expected"),
    [
        ("details->box", {"box": {"w": 12, "h": 20}}),
        ("details->box->w", {"w": 12}),
        ("details->box->>w", {"w": "12"}),
        ("details->langs->0", {"langs": "de"}),
        ("details->langs->>-1", {"langs": "fr"}),
        ("a:details->langs->>0", {"a": "de"}),
        ("details->weight::text", {"weight": "300"}),
        ('details->>"sub title"', {"sub title": "Föhn"}),
        ("details->>sub title", {"sub title": "Föhn"}),
        ("notes->a->1", {"a": 20}),
        ("notes->b", {"b": 1}),
    ],
)
def test_a_path_leads_into_json(api: Api, select: str, expected: Any) -> None:
    assert first(api(f"GET /books?id=eq.1&select={select}")) == expected


@proves("S-03", "F-25")
@pytest.mark.parametrize(
    ("select", "expected"),
    [
        ("size->width", {"width": 12}),
        ("size->>height", {"height": "20"}),
        ("tags->0", {"tags": "alps"}),
        ("tags->>-1", {"tags": "wind"}),
    ],
)
def test_a_path_leads_into_composites_and_arrays(api: Api, select: str, expected: Any) -> None:
    assert first(api(f"GET /books?id=eq.1&select={select}")) == expected


@proves("S-03")
def test_json_keeps_its_own_text(api: Api) -> None:
    assert '{"b": 1, "a": [10, 20]}' in api("GET /books?id=eq.1&select=notes").text


@proves("S-05")
def test_count_without_parentheses_still_counts(api: Api) -> None:
    assert api("GET /genres?select=count", accept="application/json").json == [{"count": 3}]


@proves("S-05")
@pytest.mark.parametrize("name", ["json_agg", "to_jsonb", "pg_typeof", "max", "upper", "text"])
def test_no_other_function_is_reached_by_its_name(api: Api, name: str) -> None:
    for query in (f"select={name}", f"{name}=is.null", f"order={name}"):
        answer = api(f"GET /authors?{query}")
        assert (answer.status, answer.code) == (400, "42703")
        assert answer.json["message"] == f"column authors.{name} does not exist"


@proves("S-06", "E-01")
@pytest.mark.parametrize(
    ("select", "expected"),
    [
        ("authors(name)", {"authors": {"name": "Ada Brandt"}}),
        ("by:authors(name)", {"by": {"name": "Ada Brandt"}}),
        ("authors!author_id(name)", {"authors": {"name": "Ada Brandt"}}),
        ("authors!inner(name)", {"authors": {"name": "Ada Brandt"}}),
        ("authors!left(name)", {"authors": {"name": "Ada Brandt"}}),
        ("authors!author_id!inner(name)", {"authors": {"name": "Ada Brandt"}}),
        ("authors!inner!author_id(name)", {"authors": {"name": "Ada Brandt"}}),
        ("authors ( name )", {"authors": {"name": "Ada Brandt"}}),
    ],
)
def test_an_embed_may_have_alias_hint_and_join(api: Api, select: str, expected: Any) -> None:
    assert first(api(f"GET /books?id=eq.1&select={select}")) == expected


@proves("S-07")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("select=id,authors()", [1, 2, 3, 4], id="not shown"),
        pytest.param("select=id,authors()&authors=not.is.null", [1, 2, 3], id="to filter by"),
        pytest.param("select=id,authors!inner()&authors.id=eq.2", [2, 3], id="to join by"),
        pytest.param("select=id,authors(countries())", [1, 2, 3, 4], id="nested"),
    ],
)
def test_an_empty_embed_is_not_shown_but_can_be_filtered_by(
    api: Api, query: str, expected: list[int]
) -> None:
    assert api(f"GET /books?{query}&order=id").json == [{"id": id_} for id_ in expected]


@proves("S-08")
def test_a_spread_embed_lifts_its_columns(api: Api) -> None:
    assert first(api("GET /books?id=eq.1&select=id,...authors(name,b:born)")) == {
        "id": 1,
        "name": "Ada Brandt",
        "b": "1950-05-01",
    }


@proves("S-08", "PGRST100")
def test_a_spread_embed_has_no_alias(api: Api) -> None:
    assert api("GET /books?select=a:...authors(name)").code == "PGRST100"


@proves("S-09")
@pytest.mark.parametrize(
    ("line", "body"),
    [
        ("POST /options", {"key": "k", "value": "v"}),
        ("PATCH /options?key=eq.colour", {"value": "v"}),
        ("PUT /options?key=eq.k", {"key": "k", "value": "v"}),
        ("DELETE /options?key=eq.colour", None),
    ],
)
def test_select_shapes_what_a_write_returns(api: Api, line: str, body: Any) -> None:
    asked = f"{line}{'&' if '?' in line else '?'}select=what:key"
    assert list(api(asked, body, prefer="return=representation").json[0]) == ["what"]
    assert api(asked, body).body == b""


@proves("S-04", "A-01")
@pytest.mark.parametrize(
    ("select", "expected"),
    [
        ("pages.sum()", {"sum": 750}),
        ("pages.avg()", {"avg": 187.5}),
        ("pages.avg()::int", {"avg": 188}),
        ("pages.max()", {"max": 340}),
        ("pages.min()", {"min": 90}),
        ("price.count()", {"count": 3}),
        ("count()", {"count": 4}),
        ("n:count()", {"n": 4}),
        ("count()::text", {"count": "4"}),
        ("pages::text.max()", {"max": "90"}),
        ("total:price::int.sum()::text", {"total": "36"}),
    ],
)
def test_aggregates_take_casts_before_and_after(serve: Serve, select: str, expected: Any) -> None:
    api = serve(db_aggregates_enabled="true")
    assert api(f"GET /books?select={select}").json == [expected]
