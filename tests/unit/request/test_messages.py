"""What a client is told about a query string that cannot be read (PGRST100)."""

from urllib.parse import quote

import pytest

from passeplat.errors import QueryStringError
from passeplat.request.explain import Failure, show
from passeplat.request.query_string import parse_query_string


def refusal(key: str, value: str) -> QueryStringError:
    with pytest.raises(QueryStringError) as caught:
        parse_query_string(f"{quote(key)}={quote(value)}".encode())
    return caught.value


FIELD_NAME = "field name (* or [a..z0..9_$])"
AFTER_NAME = 'letter, digit, "-", "->>", "->"'
AFTER_COLUMN = f'{AFTER_NAME}, "::", ".", ")", "," or end of input'
KEY = "any non reserved character different from: .,>()"
NOT, AND_OR = "negation operator (not)", "logic operator (and, or)"


@pytest.mark.parametrize(
    ("key", "value", "what", "column"),
    [
        ("select", "a,,b", "select parameter (a,,b)", 3),
        ("order", "a.up", "order (a.up)", 3),
        ("columns", "a,", "columns parameter (a,)", 3),
        ("on_conflict", "", "on_conflict parameter ()", 1),
        ("id", "same.5", "filter (same.5)", 1),
        ("or", "(a)", "logic tree ((a))", 5),
        ("not.or", "(a)", "logic tree ((a))", 9),
        ("tasks.or", "(a)", "logic tree ((a))", 5),
        ("a(b", "eq.1", "tree path (a(b)", 2),
        ("a(.order", "a", "tree path (a(.order)", 2),
    ],
)
def test_the_message_says_what_could_not_be_read_and_where(
    key: str, value: str, what: str, column: int
) -> None:
    assert refusal(key, value).message == f'"failed to parse {what}" (line 1, column {column})'


@pytest.mark.parametrize(
    ("value", "details"),
    [
        (",", f'unexpected \',\' expecting "...", {FIELD_NAME}, "*", "count()" or end of input'),
        ("a,", f'unexpected end of input expecting "...", {FIELD_NAME}, "*" or "count()"'),
        ("a;", f"unexpected ';' expecting {AFTER_COLUMN}"),
        ("a,b;", f"unexpected ';' expecting {AFTER_COLUMN}"),
        ("a(b", f"unexpected end of input expecting {AFTER_COLUMN}"),
        ("a(b,c", 'unexpected end of input expecting "," or ")"'),
        ("a(b,c,d", 'unexpected end of input expecting "," or ")"'),
        ("a.median()", 'unexpected "m" expecting "sum", "avg", "count", "max" or "min"'),
        ("a->", f'unexpected end of input expecting "-", digit or {KEY}'),
        ("a->--2", 'unexpected "-" expecting digit'),
        ("a::", "unexpected end of input expecting letter or digit"),
    ],
)
def test_a_select_says_what_it_expected(value: str, details: str) -> None:
    assert refusal("select", value).details == details


@pytest.mark.parametrize(
    ("value", "details"),
    [
        ("5", 'unexpected "5" expecting "not" or operator (eq, gt, ...)'),
        ("", 'unexpected end of input expecting "not" or operator (eq, gt, ...)'),
        ("eq", "unexpected end of input expecting operator (eq, gt, ...)"),
        ("notin.(1)", 'unexpected "i" expecting delimiter (.)'),
        ("in.1,2", 'unexpected "1" expecting "("'),
        ("not.in.", 'unexpected end of input expecting "("'),
        ("in.(1,2", 'unexpected end of input expecting "," or ")"'),
        ("is.nil", 'unexpected "i" expecting isVal: (null, not_null, true, false, unknown)'),
        ("is.5", 'unexpected "5" expecting isVal: (null, not_null, true, false, unknown)'),
        ("is.nulls", "unexpected 's' expecting end of input"),
    ],
)
def test_a_filter_says_what_it_expected(value: str, details: str) -> None:
    assert refusal("id", value).details == details


@pytest.mark.parametrize(
    ("value", "details"),
    [
        ("", 'unexpected end of input expecting "("'),
        ("()", f'unexpected ")" expecting {FIELD_NAME}, {NOT} or {AND_OR}'),
        ("(tags @> 1)", f'unexpected "@" expecting {AFTER_NAME} or delimiter (.)'),
        ("(a.in.1)", 'unexpected "1" expecting "("'),
        ("(orders(a.eq.1))", 'unexpected "d" expecting "("'),
        ("(a.eq.1", 'unexpected end of input expecting "," or ")"'),
        ("(a.same.1)", 'unexpected "s" expecting "not" or operator (eq, gt, ...)'),
    ],
)
def test_a_logic_tree_says_what_it_expected(value: str, details: str) -> None:
    assert refusal("or", value).details == details


@pytest.mark.parametrize(
    ("value", "details"),
    [
        ("", f"unexpected end of input expecting {FIELD_NAME}"),
        ("a.up", 'unexpected "u" expecting "asc", "desc", "nullsfirst" or "nullslast"'),
        ("a.desc.last", 'unexpected "l" expecting "nullsfirst" or "nullslast"'),
        ("a.asc.nullsfirstly", "unexpected 'l' expecting \",\" or end of input"),
    ],
)
def test_an_order_says_what_it_expected(value: str, details: str) -> None:
    assert refusal("order", value).details == details


def test_the_place_is_counted_in_lines_and_columns() -> None:
    assert refusal("select", '"\n";').message.endswith("(line 2, column 2)")
    assert refusal("select", "a,\t\tb;").message.endswith("(line 1, column 18)")


def test_a_long_text_is_refused_without_being_repeated() -> None:
    refused = refusal("select", "a," * 1500 + "!")
    assert len(refused.message) < 1_100
    assert refused.details == 'unexpected "!"'


def test_a_deeply_nested_explanation_is_left_out() -> None:
    assert refusal("select", "*," + "a:*(" * 240).details is not None


@pytest.mark.parametrize(
    ("text", "shown"),
    [('"', r'"\""'), ("\\", r'"\\"'), ("é", r'"\233"'), ("\0", r'"\0"'), ("\n", r'"\n"')],
)
def test_characters_are_shown_as_postgrest_shows_them(text: str, shown: str) -> None:
    assert show(text) == shown


def test_nothing_known_is_said_so() -> None:
    assert Failure(0).sentence() == "unknown parse error"
