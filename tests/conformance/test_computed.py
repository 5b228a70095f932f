"""Computed fields, and domains that are shown otherwise than they are stored."""

from collections.abc import Callable
from typing import Any

import pytest

Api = Callable[..., Any]
Serve = Callable[..., Api]

proves = pytest.mark.proves
FULL = "return=representation"


@proves("C-01")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("select=shout", "ADA BRANDT"),
        ("select=loud:shout", "ADA BRANDT"),
        ("select=initial", "A"),
        ("select=shout::char", "A"),
    ],
)
def test_a_function_of_a_row_is_a_field(api: Api, query: str, expected: str) -> None:
    [row] = api(f"GET /authors?id=eq.1&{query}").json
    assert list(row.values()) == [expected]


@proves("C-01")
def test_a_computed_field_is_not_among_all(api: Api) -> None:
    assert "shout" not in api("GET /authors?id=eq.1").json[0]


@proves("C-01", "F-25", "O-02")
def test_a_computed_field_is_filtered_and_ordered_by(api: Api) -> None:
    rows = api("GET /authors?select=id&shout=like.*O*&order=initial.desc").json
    assert rows == [{"id": 2}]


@proves("C-01")
@pytest.mark.parametrize("query", ["select=unreachable", "unreachable=eq.no", "order=unreachable"])
def test_a_function_of_another_schema_is_no_field(api: Api, query: str) -> None:
    assert api(f"GET /authors?{query}").code == "42703"


@proves("C-01")
def test_a_computed_field_belongs_to_one_relation(api: Api) -> None:
    assert api("GET /books?select=shout").code == "42703"


@proves("C-01", "X-01")
def test_an_unnamed_argument_keeps_it_from_being_called(api: Api) -> None:
    assert api("GET /rpc/shout").code == "PGRST202"


@proves("C-01")
def test_what_a_write_or_a_function_returns_has_computed_fields(api: Api) -> None:
    answer = api("PATCH /authors?id=eq.1&select=shout", {"name": "Bea"}, prefer=FULL)
    assert answer.json == [{"shout": "BEA"}]
    assert api("GET /rpc/one_author?id=2&select=shout").json == {"shout": "BO CHEN"}


@proves("C-02")
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/paints?select=colour&id=eq.1", [{"colour": "#ff0000"}]),
        ("/paints?select=c:colour&id=eq.1", [{"c": "#ff0000"}]),
        ("/paints?id=eq.1", [{"id": 1, "name": "red", "colour": "#ff0000", "author_id": 1}]),
        ("/paint_view?id=eq.2", [{"id": 2, "colour": "#0000ff"}]),
        ("/authors?select=paints(colour)&id=eq.1", [{"paints": [{"colour": "#ff0000"}]}]),
        (
            "/authors?select=paints(*)&id=eq.2",
            [{"paints": [{"id": 2, "name": "blue", "colour": "#0000ff", "author_id": 2}]}],
        ),
        ("/authors?select=...paints(colour)&id=eq.1", [{"colour": ["#ff0000"]}]),
    ],
)
def test_a_domain_is_read_through_its_cast_to_json(
    api: Api, path: str, expected: list[Any]
) -> None:
    assert api(f"GET {path}").json == expected


@proves("C-02")
def test_a_cast_in_the_query_takes_the_place_of_the_domains(api: Api) -> None:
    """What is cast is what would have been shown."""
    assert api("GET /paints?select=colour::text&id=eq.1").json == [{"colour": '"#ff0000"'}]


@proves("C-02", "F-25")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("colour=eq.%23ff0000", [1]),
        ("colour=neq.%23ff0000", [2]),
        ("colour=lt.%23001000", [2]),
        ("colour=in.(%23ff0000,%23123456)", [1]),
        ("or=(colour.eq.%23ff0000,id.eq.9)", [1]),
        ("colour=not.eq.%23ff0000", [2]),
        ("colour=is.null", []),
    ],
)
def test_a_domain_is_filtered_through_its_cast_from_text(
    api: Api, query: str, expected: list[int]
) -> None:
    assert [row["id"] for row in api(f"GET /paints?select=id&{query}").json] == expected


@proves("C-02")
@pytest.mark.parametrize(
    ("line", "body"),
    [
        pytest.param("POST /paints", {"id": 9, "colour": "#00ff00"}, id="object"),
        pytest.param("POST /paints", [{"id": 9, "colour": "#00ff00"}], id="array"),
        pytest.param("PATCH /paints?id=eq.1", {"colour": "#00ff00"}, id="update"),
        pytest.param("PUT /paints?id=eq.9", {"id": 9, "colour": "#00ff00"}, id="put"),
        pytest.param("POST /paint_view", {"id": 9, "colour": "#00ff00"}, id="view"),
        pytest.param(
            "POST /paints?columns=id,colour", {"id": 9, "colour": "#00ff00"}, id="columns"
        ),
    ],
)
def test_a_domain_is_written_through_its_cast_from_json(api: Api, line: str, body: Any) -> None:
    sign = "&" if "?" in line else "?"
    answer = api(f"{line}{sign}select=colour", body, prefer=FULL)
    assert answer.json == [{"colour": "#00ff00"}]


@proves("C-02")
def test_a_domain_in_csv_is_read_from_text(api: Api) -> None:
    answer = api(
        "POST /paints?select=colour", "id,colour\n9,#00ff00", content_type="text/csv", prefer=FULL
    )
    assert answer.json == [{"colour": "#00ff00"}]


@proves("C-02", "W-05")
def test_a_domain_may_have_its_default(api: Api) -> None:
    answer = api(
        "POST /paints?select=colour&columns=id,colour", {"id": 9}, prefer=f"{FULL}, missing=default"
    )
    assert answer.json == [{"colour": "#0000ff"}]


@proves("C-02")
def test_what_a_function_returns_is_as_it_is_stored(api: Api) -> None:
    assert api("GET /rpc/paint_of?id=1").json == 16711680
