"""What `select=` asks for."""

import pytest

from passeplat.errors import QueryStringError
from passeplat.request.model import Embed, Field, JsonStep, SelectField, SelectItem
from passeplat.request.query_string import parse_query_string
from passeplat.request.select import EVERYTHING, read_select


def column(name: str, *steps: tuple[str, str | int], **rest: str) -> SelectField:
    path = tuple(JsonStep("->>" if arrow == "->>" else "->", key) for arrow, key in steps)
    return SelectField(Field(name, path), **rest)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "item"),
    [
        ("title", column("title")),
        ("*", column("*")),
        ("name:title", column("title", alias="name")),
        ("title::text", column("title", cast="text")),
        ("name:title::text", column("title", alias="name", cast="text")),
        ("total::double precision", column("total", cast="double precision")),
        ("due::Timestamp With  Time Zone", column("due", cast="Timestamp With Time Zone")),
        ("due on", column("due on")),
        ("due-on", column("due-on")),
        ("$price_2", column("$price_2")),
        ("tâche", column("tâche")),
        ('"a,b(c)":title', column("title", alias="a,b(c)")),
        (r'"say \"hi\" \\"', column('say "hi" \\')),
        ('"*"', column("*")),
        ("count", column("count")),
    ],
)
def test_a_column_may_have_an_alias_and_a_cast(text: str, item: SelectField) -> None:
    assert read_select(text) == (item,)


@pytest.mark.parametrize(
    ("text", "item"),
    [
        ("data->size", column("data", ("->", "size"))),
        ("data->>size", column("data", ("->>", "size"))),
        ("data->a->0->>b", column("data", ("->", "a"), ("->", 0), ("->>", "b"))),
        ("data->-1", column("data", ("->", -1))),
        ("data->0", column("data", ("->", 0))),
        ("data->0a", column("data", ("->", "0a"))),
        ("data->12345678901", column("data", ("->", "12345678901"))),
        ("data->a-b", column("data", ("->", "a-b"))),
        ('data->"a.b"', column("data", ("->", "a.b"))),
        ('data->""', column("data", ("->", ""))),
        ("data->!@#$%^&*_", column("data", ("->", "!@#$%^&*_"))),
        ("data->>n::int", column("data", ("->>", "n"), cast="int")),
        ("n:data->>0::int", column("data", ("->>", 0), alias="n", cast="int")),
    ],
)
def test_a_place_in_json_is_reached_by_arrows(text: str, item: SelectField) -> None:
    assert read_select(text) == (item,)


@pytest.mark.parametrize(
    ("text", "item"),
    [
        ("count()", column("*", aggregate="count")),
        ("n:count()::text", column("*", alias="n", aggregate="count", aggregate_cast="text")),
        ("cost.sum()", column("cost", aggregate="sum")),
        (
            "cost::int.avg()::text",
            column("cost", cast="int", aggregate="avg", aggregate_cast="text"),
        ),
        ("data->>n::int.max()", column("data", ("->>", "n"), cast="int", aggregate="max")),
        ("low:cost.min()", column("cost", alias="low", aggregate="min")),
        ("id.count()", column("id", aggregate="count")),
    ],
)
def test_aggregates_are_written_as_calls(text: str, item: SelectField) -> None:
    assert read_select(text) == (item,)


ID = (column("id"),)


@pytest.mark.parametrize(
    ("text", "item"),
    [
        ("projects(id)", Embed("projects", ID)),
        ("p:projects(id)", Embed("projects", ID, alias="p")),
        ("projects!owner_id(id)", Embed("projects", ID, hint="owner_id")),
        ("projects!inner(id)", Embed("projects", ID, join="inner")),
        ("projects!left(id)", Embed("projects", ID, join="left")),
        ("projects!fk!inner(id)", Embed("projects", ID, hint="fk", join="inner")),
        ("projects!inner!fk(id)", Embed("projects", ID, hint="fk", join="inner")),
        ("projects!left_fk(id)", Embed("projects", ID, hint="left_fk")),
        ('projects!"left"(id)', Embed("projects", ID, hint="left")),
        ("...projects(id)", Embed("projects", ID, spread=True)),
        ("...projects!inner(id)", Embed("projects", ID, join="inner", spread=True)),
        ("projects()", Embed("projects", ())),
        ("projects( )", Embed("projects", ())),
        ("projects (id)", Embed("projects", ID)),
        ("a(b(c(id)))", Embed("a", (Embed("b", (Embed("c", ID),)),))),
        ("a(id,b())", Embed("a", (*ID, Embed("b", ())))),
    ],
)
def test_a_relation_is_embedded_with_parentheses(text: str, item: Embed) -> None:
    assert read_select(text) == (item,)


def test_items_may_stand_apart() -> None:
    items = (column("id"), Embed("tasks", ID), column("name"))
    assert read_select(" id ,\ttasks( id ) , name ") == items


@pytest.mark.parametrize("query", [b"", b"select", b"select=", b"select=+"])
def test_nothing_selected_is_everything(query: bytes) -> None:
    assert parse_query_string(query).select == EVERYTHING


def test_the_first_select_counts() -> None:
    select: tuple[SelectItem, ...] = (column("a"),)
    assert parse_query_string(b"select=a&select=b,,").select == select


@pytest.mark.parametrize(
    "text",
    [
        *(",", "a,", ",a", "a,,b", "a)", "a(b", "a(b))", "a((b))", "(a)", "a(b)c"),
        *("a:", ":a", "a:b:c", "a:*", "*a", "a*", "x:...a(b)", "... a", "a!(b)", "a!x", "!x(b)"),
        *("a->", "a->>", "a->->b", "a->(b)", "a->--1", "a->b:c", "a->-x", 'a->"b'),
        *("a.b", "a.sum", "a.sum(b)", "a.median()", "a.count()()", "count(id)", "x:count(id)"),
        *("a::", "a::b::c::d", "a-", "-a", "a--b", 'a"b"', '"a', '""', "a;b", "a'b", "a\0b"),
    ],
)
def test_what_is_no_select_is_refused(text: str) -> None:
    with pytest.raises(QueryStringError):
        parse_query_string(f"select={text}".encode())


@pytest.mark.parametrize(
    "cast",
    [
        "text from secrets",
        "text collate C",
        "int $1",
        "$1",
        "1",
        "double  precision x",
        "text as b",
    ],
)
def test_a_cast_is_a_type_and_nothing_more(cast: str) -> None:
    with pytest.raises(QueryStringError):
        read_select(f"a::{cast}")


@pytest.mark.parametrize("cast", ['"x"', "x;drop", "x(1)", "x[]", "a.b", "x--", "x/*", "'x'"])
def test_a_cast_holds_no_punctuation(cast: str) -> None:
    with pytest.raises(QueryStringError):
        parse_query_string(f"select=a::{cast}".encode())
