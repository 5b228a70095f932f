"""What filters ask for."""

from urllib.parse import quote

import pytest

from passeplat.errors import QueryStringError
from passeplat.request.filters import COMPARISONS, FULL_TEXT, QUANTIFIABLE, read_filter
from passeplat.request.model import (
    Compare,
    Field,
    Filter,
    FullText,
    In,
    Is,
    IsDistinct,
    JsonStep,
    Operation,
)
from passeplat.request.query_string import parse_query_string


@pytest.mark.parametrize("operator", sorted(COMPARISONS | QUANTIFIABLE))
def test_a_comparison_has_the_rest_as_its_value(operator: str) -> None:
    assert read_filter(f'{operator}.a.b,(c)"') == (Compare(operator, 'a.b,(c)"'), False)


@pytest.mark.parametrize("operator", sorted(QUANTIFIABLE))
@pytest.mark.parametrize("quantifier", ["any", "all"])
def test_a_comparison_may_be_with_any_or_all(operator: str, quantifier: str) -> None:
    operation, _ = read_filter(f"{operator}({quantifier}).{{1,2}}")
    assert operation == Compare(operator, "{1,2}", "any" if quantifier == "any" else "all")


@pytest.mark.parametrize("operator", sorted(FULL_TEXT))
def test_a_full_text_search_may_name_its_language(operator: str) -> None:
    operation, _ = read_filter(f"{operator}(french).l'été")
    assert isinstance(operation, FullText)
    assert (operation.operator, operation.language, operation.value) == (
        operator,
        "french",
        "l'été",
    )


@pytest.mark.parametrize(
    ("text", "operation"),
    [
        ("eq.", Compare("eq", "")),
        ("like.*a%", Compare("like", "*a%")),
        ("fts.cat&rat", FullText("fts", "cat&rat")),
        ("isdistinct.1", IsDistinct("1")),
        ("is.null", Is("null")),
        ("is.NULL", Is("null")),
        ("is.Not_Null", Is("not_null")),
        ("is.TRUE", Is("true")),
        ("is.false", Is("false")),
        ("is.uNKNOWN", Is("unknown")),
    ],
)
def test_operations(text: str, operation: Operation) -> None:
    assert read_filter(text) == (operation, False)


@pytest.mark.parametrize("text", ["eq.1", "in.(1)", "is.null", "isdistinct.1", "fts.a"])
def test_every_operation_can_be_negated(text: str) -> None:
    assert read_filter(f"not.{text}") == (read_filter(text)[0], True)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("in.(1,2,3)", ("1", "2", "3")),
        ("in.(a)", ("a",)),
        ("in.()", ()),
        ("in.(   )", ()),
        ("in.(,)", ("", "")),
        ('in.("")', ("",)),
        ("in.( 1, 2 )", ("1", " 2 ")),
        ('in.("a,b","c)d",e)', ("a,b", "c)d", "e")),
        (r'in.("say \"hi\"","back\\slash")', ('say "hi"', "back\\slash")),
        (r"in.(/\a,\)", ("/\\a", "\\")),
        ('in.(")', ('"',)),
        ('in.("a)', ('"a',)),
        ('in.(a"b",c)', ('a"b"', "c")),
        ('in.("a"b,c)', ('"a"b', "c")),
        ("in.(a b, c d)", ("a b", " c d")),
        ("in.({1,2})", ("{1", "2}")),
        ("in.(1)  ", ("1",)),
    ],
)
def test_a_list_stands_in_parentheses(text: str, values: tuple[str, ...]) -> None:
    assert read_filter(text) == (In(values), False)


@pytest.mark.parametrize(
    "text",
    [
        *("", "1", "eq", "=1", "equals.1", "EQ.1", "eq .1", " eq.1", "not", "not.", "not.1"),
        *("not.not.eq.1", "eq(some).1", "eq(any.1", "eq().1", "neq(any).1", "cs(all).1"),
        *("in.1", "in.(1", "in.1)", "in.(1)2", "in(any).(1)", 'in."a"'),
        *("is.1", "is.", "is.nil", "is.nullx", "is.null ", "is(any).null", "is.fal\u017fe"),
        *("isdistinct(any).1", "fts().a", "fts( ).a", "fts(a-b).c", "fts", "is.unKNOWN\u212a"),
    ],
)
def test_what_is_no_filter_is_refused(text: str) -> None:
    with pytest.raises(QueryStringError):
        parse_query_string(f"a={quote(text)}".encode())


@pytest.mark.parametrize(
    ("key", "path", "field"),
    [
        ("id", (), Field("id")),
        ("tasks.id", ("tasks",), Field("id")),
        ("tasks.users.id", ("tasks", "users"), Field("id")),
        ("data->a->>0", (), Field("data", (JsonStep("->", "a"), JsonStep("->>", 0)))),
        ("tasks.data->a", ("tasks",), Field("data", (JsonStep("->", "a"),))),
        ('"a.b"', (), Field("a.b")),
        ('"my tasks"."a.b"', ("my tasks",), Field("a.b")),
        ("due on", (), Field("due on")),
        ("due-on", (), Field("due-on")),
        ("a$b", (), Field("a$b")),
        ("tâche", (), Field("tâche")),
        ("selects", (), Field("selects")),
        ("tasks.select", ("tasks",), Field("select")),
        ("ordered", (), Field("ordered")),
    ],
)
def test_a_key_is_a_path_to_a_field(key: str, path: tuple[str, ...], field: Field) -> None:
    query = parse_query_string(f"{quote(key)}=eq.1".encode())
    assert query.conditions == ((path, Filter(field, Compare("eq", "1"))),)


@pytest.mark.parametrize("key", ["", ".", ".id", "id.", "a..b", "a(b)", "a::b", "*", "a->", "a!b"])
def test_a_key_that_is_no_path_is_refused(key: str) -> None:
    with pytest.raises(QueryStringError):
        parse_query_string(f"{quote(key)}=eq.1".encode())


def test_filters_on_one_field_are_all_kept() -> None:
    query = parse_query_string(b"id=gt.1&id=lt.5")
    assert query.conditions == (
        ((), Filter(Field("id"), Compare("gt", "1"))),
        ((), Filter(Field("id"), Compare("lt", "5"))),
    )
