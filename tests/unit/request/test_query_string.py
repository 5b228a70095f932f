"""What the whole query string asks for, beyond each parameter's own language."""

from operator import itemgetter
from urllib.parse import parse_qsl

import pytest

from passeplat.errors import QueryStringError
from passeplat.request.model import Compare, Field, Filter, QueryString, Range
from passeplat.request.query_string import parse_query_string

ID_IS_1 = (((), Filter(Field("id"), Compare("eq", "1"))),)


def test_nothing_asked_is_everything_selected() -> None:
    assert parse_query_string(b"") == QueryString()


@pytest.mark.parametrize(
    ("query", "value"),
    [
        (b"a=eq.x+y", "x y"),
        (b"a=eq.x%20y", "x y"),
        (b"a=eq.x%2By", "x+y"),
        (b"a=eq.%C3%A9", "é"),
        ("a=eq.é".encode(), "é"),
        (b"a=eq.%26%3D", "&="),
        (b"a=eq.b=c", "b=c"),
        (b"a=eq.x;y", "x;y"),
        (b"a=eq.100%", "100%"),
        (b"a=eq.%FF", "\ufffd"),
        (b"a=eq.\xff", "\ufffd"),
        (b"%61=%65q.x", "x"),
    ],
)
def test_parameters_are_percent_encoded_utf8_with_plus_for_a_space(
    query: bytes, value: str
) -> None:
    assert parse_query_string(query).conditions == (((), Filter(Field("a"), Compare("eq", value))),)


def test_parameters_without_a_value_are_ignored() -> None:
    assert parse_query_string(b"&id=eq.1&&select&flag&").conditions == ID_IS_1


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (b"a", ("a",)),
        (b"a,b", ("a", "b")),
        (b"b,a,b", ("b", "a")),
        (b"a,+b", ("a", "b")),
        (b"due-on,due+at", ("due-on", "due at")),
        (b'"a,b",c', ("a,b", "c")),
    ],
)
def test_columns_and_on_conflict_are_lists_of_names(text: bytes, names: tuple[str, ...]) -> None:
    query = parse_query_string(b"columns=" + text + b"&on_conflict=" + text)
    assert (query.columns, query.on_conflict) == (names, names)


@pytest.mark.parametrize("text", ["", ",", "a,", ",a", "a,,b", "a.b", "*", "a(b)", "a->b", "a b;"])
@pytest.mark.parametrize("key", ["columns", "on_conflict"])
def test_what_is_no_list_of_names_is_refused(key: str, text: str) -> None:
    with pytest.raises(QueryStringError):
        parse_query_string(f"{key}={text}".encode())


@pytest.mark.parametrize(
    ("query", "ranges"),
    [
        (b"limit=10", (((), Range(0, 10)),)),
        (b"offset=5", (((), Range(5)),)),
        (b"limit=10&offset=5", (((), Range(5, 10)),)),
        (b"limit=1&limit=2", (((), Range(0, 2)),)),
        (b"limit=+7+", (((), Range(0, 7)),)),
        (b"limit=007", (((), Range(0, 7)),)),
        (b"offset=-4", (((), Range(0)),)),
        (b"limit=ten", (((), Range()),)),
        (b"limit=", (((), Range()),)),
        (b"limit=1.5", (((), Range()),)),
        (b"limit=1e3", (((), Range()),)),
        (b"limit=%D9%A1", (((), Range()),)),
        (b"limit=" + b"9" * 5000, (((), Range(0, 2**63 - 1)),)),
        (b"tasks.limit=2", ((("tasks",), Range(0, 2)),)),
        (b"a.b.offset=2&a.b.limit=1", ((("a", "b"), Range(2, 1)),)),
    ],
)
def test_limits_are_whole_numbers_and_anything_else_is_none(
    query: bytes, ranges: tuple[tuple[tuple[str, ...], Range], ...]
) -> None:
    assert parse_query_string(query).ranges == ranges


@pytest.mark.parametrize(
    ("query", "arguments"),
    [
        (b"name=ann", (("name", "ann"),)),
        (b"a=1&b=2&a=3", (("a", "1"), ("b", "2"), ("a", "3"))),
        (b"a=", (("a", ""),)),
        (b"a={1,2}", (("a", "{1,2}"),)),
        (b"a=Paris.France", (("a", "Paris.France"),)),
        (b"a=in.1", (("a", "in.1"),)),
        (b"a=not.me", (("a", "not.me"),)),
        (b"my+arg=1", (("my arg", "1"),)),
        (b'"my.arg"=1', (("my.arg", "1"),)),
        (b"a.b=1", (("a.b", "1"),)),
        (b"a->b=1", (("a->b", "1"),)),
        (b"a(=1", (("a(", "1"),)),
    ],
)
def test_a_called_function_is_given_what_is_no_filter(
    query: bytes, arguments: tuple[tuple[str, str], ...]
) -> None:
    asked = parse_query_string(query, with_arguments=True)
    assert (asked.parameters, asked.conditions) == (arguments, ())


def test_a_called_functions_result_is_filtered_by_what_is_a_filter() -> None:
    asked = parse_query_string(b"name=ann&id=eq.1", with_arguments=True)
    assert (asked.parameters, asked.conditions) == ((("name", "ann"),), ID_IS_1)


@pytest.mark.parametrize("query", [b"select=a(", b"order=", b"or=1", b"columns=", b"on_conflict="])
def test_reserved_words_are_no_arguments(query: bytes) -> None:
    with pytest.raises(QueryStringError):
        parse_query_string(query, with_arguments=True)


@pytest.mark.parametrize(
    ("query", "canonical"),
    [
        (b"", ""),
        (b"b=eq.1&a=eq.2", "a=eq.2&b=eq.1"),
        (b"select=id,a(b)&id=eq.1", "id=eq.1&select=id%2Ca%28b%29"),
        (b"a=eq.2&a=gt.1", "a=eq.2&a=gt.1"),
        (b"a=eq.x+y", "a=eq.x%20y"),
        (b"a=eq.100%25", "a=eq.100%25"),
        (b"a=eq.%252C,", "a=eq.%252C%2C"),
        (b"a=eq.%C3%A9~_-", "a=eq.%C3%A9~_-"),
        (b"a=eq.%26", "a=eq.%26"),
        (b"flag", "flag="),
        (b"a=eq.%E2%82%AC,", "a=eq.%E2%82%AC%2C"),
    ],
)
def test_the_canonical_form_is_sorted_and_encoded_anew(query: bytes, canonical: str) -> None:
    asked = parse_query_string(query, with_arguments=True)
    assert asked.canonical == canonical
    pairs = parse_qsl(query.decode(), keep_blank_values=True)
    assert parse_qsl(canonical, keep_blank_values=True) == sorted(pairs, key=itemgetter(0))
