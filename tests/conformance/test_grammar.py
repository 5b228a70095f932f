"""The query string: how it is decoded, which keys are reserved, what names and values look like."""

from collections.abc import Callable
from typing import Any

import pytest

Api = Callable[..., Any]

proves = pytest.mark.proves


def ids(answer: Any) -> list[int]:
    assert answer.status == 200, answer.text
    return [row["id"] for row in answer.json]


@proves("G-01")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("value=eq.a+b", [10], id="a plus is a space"),
        pytest.param("value=eq.a%20b", [10], id="percent-encoded"),
        pytest.param("value=eq.a%2Bb", [11], id="an encoded plus is a plus"),
        pytest.param("id=eq.1&flag", [1], id="without a value it is ignored"),
        pytest.param("id=eq.1&select", [1], id="a reserved word without a value too"),
    ],
)
def test_the_query_string_is_decoded(api: Api, query: str, expected: list[int]) -> None:
    assert ids(api(f"GET /texts?{query}")) == expected


@proves("G-01")
def test_names_may_be_percent_encoded_unicode(api: Api) -> None:
    answer = api("GET /%C3%9Cn%C3%AF%20c%C3%B6de?select=%69d&spaced%20out=eq.one")
    assert answer.json == [{"id": 1}]


@proves("G-02")
def test_other_keys_are_filters(api: Api) -> None:
    assert ids(api("GET /authors?select=id&name=eq.Bo%20Chen&limit=5")) == [2]


@proves("G-02")
def test_reserved_keys_belong_to_the_embed_they_follow(api: Api) -> None:
    answer = api(
        "GET /authors?id=eq.2&select=books(id)&books.order=id.desc&books.limit=1&books.offset=0"
        "&books.or=(id.eq.2,id.eq.3)"
    )
    assert answer.json == [{"books": [{"id": 3}]}]


@proves("G-03")
def test_the_first_select_counts(api: Api) -> None:
    assert api("GET /authors?id=eq.1&select=id&select=name").json == [{"id": 1}]


@proves("G-03")
def test_the_first_columns_counts(api: Api) -> None:
    answer = api(
        "POST /drafts?columns=title&columns=words&select=title,words",
        {"title": "t", "words": 9},
        prefer="return=representation",
    )
    assert answer.json == [{"title": "t", "words": 7}]


@proves("G-03")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("n=gt.3&n=lt.6", [4, 5], id="of one column"),
        pytest.param("n=gt.13&or=(n.eq.1,n.eq.14)", [14], id="with logic"),
        pytest.param("or=(n.eq.1,n.eq.2)&or=(n.eq.2,n.eq.3)", [2], id="two or"),
        pytest.param("and=(n.gt.1,n.lt.4)&and=(n.gt.2)", [3], id="two and"),
    ],
)
def test_filters_all_hold(api: Api, query: str, expected: list[int]) -> None:
    assert [row["n"] for row in api(f"GET /numbers?{query}&order=n").json] == expected


ODD = "/Ünï cöde"


@proves("G-04")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("spaced out", "one", id="inner space"),
        pytest.param("  spaced out ", "one", id="outer spaces are trimmed"),
        pytest.param("hy-phen", "six", id="hyphen"),
        pytest.param('"dot.ted"', "three", id="quoted dot"),
        pytest.param('"ar->row"', "four", id="quoted arrow"),
        pytest.param(r'"quo\"ted"', "two", id="escaped quote"),
        pytest.param(r'"back\\slash"', "five", id="escaped backslash"),
    ],
)
def test_a_name_is_quoted_where_it_must_be(api: Api, name: str, value: str) -> None:
    assert api(f"GET {ODD}?select=id&{name}=eq.{value}").json == [{"id": 1}]
    assert api(f"GET {ODD}?select=x:{name}").json == [{"x": value}]
    assert api(f"GET {ODD}?select=id&order={name}").json == [{"id": 1}]


@proves("G-05")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("details->box->>w=eq.10", [2]),
        ("details->weight=gt.100", [1]),
        ("details->langs->>0=eq.de", [1]),
        ("details->langs->>-1=eq.fr", [1]),
        ('details->>"sub title"=eq.Föhn', [1]),
        ("details->>sub title=eq.Föhn", [1]),
    ],
)
def test_a_key_may_end_in_a_json_path(api: Api, query: str, expected: list[int]) -> None:
    assert ids(api(f"GET /books?select=id&{query}")) == expected


@proves("G-05")
def test_a_key_may_lead_through_embeds(api: Api) -> None:
    answer = api(
        "GET /countries?code=eq.at&select=authors(books(id))&authors.books.details->box->>w=eq.12"
    )
    assert answer.json == [{"authors": [{"books": [{"id": 1}]}]}]


@proves("G-06")
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a,b", [1]),
        ("a.b", [2]),
        ("(x)", [3]),
        ('say "hi"', [4]),
        ("back\\slash", [5]),
        ("{brace}", [6]),
        ("st*r", [7]),
        ("", [8]),
        ("null", [9]),
        ("100%25", [12]),
        ("x:y", [14]),
    ],
)
def test_the_value_of_a_filter_is_the_rest_as_it_stands(
    api: Api, value: str, expected: list[int]
) -> None:
    assert ids(api(f"GET /texts?select=id&value=eq.{value}")) == expected


@proves("G-06", "F-11")
@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ('"a,b"', [1]),
        ('"a,b",a.b', [1, 2]),
        ('"(x)"', [3]),
        (r'"say \"hi\""', [4]),
        (r'"back\\slash"', [5]),
        ("{brace}", [6]),
        ('""', [8]),
        ("null", [9]),
        ("x:y,a b", [10, 14]),
    ],
)
def test_reserved_characters_are_quoted_in_lists(
    api: Api, values: str, expected: list[int]
) -> None:
    assert ids(api(f"GET /texts?select=id&value=in.({values})&order=id")) == expected


@proves("G-06", "L-02")
@pytest.mark.parametrize(
    ("value", "expected"),
    [('"a,b"', [1]), ('"a.b"', [2]), ('"(x)"', [3]), (r'"say \"hi\""', [4]), ('""', [8])],
)
def test_reserved_characters_are_quoted_in_logic(api: Api, value: str, expected: list[int]) -> None:
    assert ids(api(f"GET /texts?select=id&or=(value.eq.{value},id.eq.0)")) == expected


@proves("G-07")
@pytest.mark.parametrize("query", ["limit=x", "limit=", "limit=1.5", "offset=x", "offset=-3"])
def test_what_is_no_integer_does_not_limit(api: Api, query: str) -> None:
    assert len(api(f"GET /numbers?{query}").json) == 15


@proves("G-07", "P-03", "PGRST103")
@pytest.mark.parametrize("query", ["limit=-1", "select=id,books(id)&books.limit=-1"])
def test_a_negative_limit_is_refused(api: Api, query: str) -> None:
    answer = api(f"GET /authors?{query}")
    assert (answer.status, answer.code) == (416, "PGRST103")
    assert answer.json["message"] == "Requested range not satisfiable"
    assert answer.json["details"] == "Limit should be greater than or equal to zero."


@proves("G-08", "PGRST100")
@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("select=id)", '"failed to parse select parameter (id))" (line 1, column 3)'),
        ("id=nope.1", '"failed to parse filter (nope.1)" (line 1, column 1)'),
        ("order=id.up", '"failed to parse order (id.up)" (line 1, column 4)'),
        ("or=(id.eq.1", '"failed to parse logic tree ((id.eq.1)" (line 1, column 11)'),
        ("columns=a,,b", '"failed to parse columns parameter (a,,b)" (line 1, column 3)'),
    ],
)
def test_what_cannot_be_parsed_is_said_with_its_place(api: Api, query: str, message: str) -> None:
    answer = api(f"GET /authors?{query}")
    assert (answer.status, answer.code) == (400, "PGRST100")
    assert answer.json["message"] == message
    assert answer.json["details"].startswith("unexpected ")
    assert answer.json["hint"] is None


@proves("G-09", "H-03")
@pytest.mark.parametrize(
    ("query", "canonical"),
    [
        ("", ""),
        ("?select=id,name&id=eq.1", "?id=eq.1&select=id%2Cname"),
        ("?name=eq.a+b&id=gt.0", "?id=gt.0&name=eq.a%20b"),
        ("?id=gt.0&id=lt.9", "?id=gt.0&id=lt.9"),
    ],
)
def test_the_location_of_the_content_is_the_sorted_query(
    api: Api, query: str, canonical: str
) -> None:
    answer = api(f"GET /authors{query}")
    assert answer.header("Content-Location") == f"/authors{canonical}"
