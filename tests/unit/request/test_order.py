"""What `order=` asks for."""

import pytest

from passeplat.errors import QueryStringError
from passeplat.request.model import Field, JsonStep, OrderTerm
from passeplat.request.order import read_order
from passeplat.request.query_string import parse_query_string

NAME = Field("name")


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("name", OrderTerm(NAME)),
        ("name.asc", OrderTerm(NAME, direction="asc")),
        ("name.desc", OrderTerm(NAME, direction="desc")),
        ("name.nullsfirst", OrderTerm(NAME, nulls="first")),
        ("name.desc.nullslast", OrderTerm(NAME, direction="desc", nulls="last")),
        ('"na.me".desc', OrderTerm(Field("na.me"), direction="desc")),
        ("due on.asc", OrderTerm(Field("due on"), direction="asc")),
        ("data->>0.asc", OrderTerm(Field("data", (JsonStep("->>", 0),)), direction="asc")),
        ("data->a.asc", OrderTerm(Field("data", (JsonStep("->", "a"),)), direction="asc")),
        ("owner(name)", OrderTerm(NAME, relation="owner")),
        ("owner(name).desc", OrderTerm(NAME, relation="owner", direction="desc")),
        ("owner(data->a)", OrderTerm(Field("data", (JsonStep("->", "a"),)), relation="owner")),
    ],
)
def test_a_term_is_a_field_with_a_direction_and_a_place_for_nulls(
    text: str, term: OrderTerm
) -> None:
    assert read_order(text) == (term,)


def test_terms_come_in_their_order() -> None:
    assert read_order("name, id.desc ,owner(name)") == (
        OrderTerm(NAME),
        OrderTerm(Field("id"), direction="desc"),
        OrderTerm(NAME, relation="owner"),
    )


def test_an_embed_has_its_own_order() -> None:
    query = parse_query_string(b"order=id&tasks.order=name&tasks.users.order=id")
    assert [path for path, _ in query.order] == [(), ("tasks",), ("tasks", "users")]


def test_the_first_order_of_a_level_counts() -> None:
    assert parse_query_string(b"order=name&order=id").order == (((), (OrderTerm(NAME),)),)


@pytest.mark.parametrize(
    "text",
    [
        *("", ",", "a,", "a.", "a.up", "a.ascending", "a.nullslast.desc", "a.asc.desc", "a.asc."),
        *("a(b", "a(b))", "a(b).up", "a()", "a(b(c))", "*", "a;b", "a::text"),
    ],
)
def test_what_is_no_order_is_refused(text: str) -> None:
    with pytest.raises(QueryStringError):
        parse_query_string(f"order={text}".encode())
