"""What `and=` and `or=` ask for."""

from urllib.parse import quote

import pytest

from passeplat.errors import QueryStringError
from passeplat.request.logic import read_logic
from passeplat.request.model import Compare, Condition, Field, Filter, In, Is, JsonStep, Logic
from passeplat.request.query_string import parse_query_string


def equal(name: str, value: str) -> Filter:
    return Filter(Field(name), Compare("eq", value))


A, B = equal("a", "1"), equal("b", "2")


@pytest.mark.parametrize(
    ("text", "logic"),
    [
        ("or(a.eq.1)", Logic("or", (A,))),
        ("or(a.eq.1,b.eq.2)", Logic("or", (A, B))),
        ("and(a.eq.1,b.eq.2)", Logic("and", (A, B))),
        ("not.or(a.eq.1,b.eq.2)", Logic("or", (A, B), negated=True)),
        ("or(and(a.eq.1),b.eq.2)", Logic("or", (Logic("and", (A,)), B))),
        ("or(not.and(a.eq.1),b.eq.2)", Logic("or", (Logic("and", (A,), negated=True), B))),
        ("or ( a.eq.1, and( b.eq.2) ) ", Logic("or", (A, Logic("and", (B,))))),
        ("or(not.eq.1)", Logic("or", (equal("not", "1"),))),
        ("or(and.eq.1,or.eq.2)", Logic("or", (equal("and", "1"), equal("or", "2")))),
        ("or(a.not.eq.1)", Logic("or", (Filter(Field("a"), Compare("eq", "1"), negated=True),))),
        ("or(a.is.null , b.eq.2)", Logic("or", (Filter(Field("a"), Is("null")), B))),
    ],
)
def test_groups_hold_conditions_and_groups(text: str, logic: Logic) -> None:
    assert read_logic(text) == logic


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ('a.eq."1,2)"', equal("a", "1,2)")),
        (r'a.eq."say \"hi\""', equal("a", 'say "hi"')),
        ('a.eq.""', equal("a", "")),
        ('a.eq."b"c', equal("a", '"b"c')),
        ("a.eq.b c ", equal("a", "b c ")),
        ("a.eq.1.5", equal("a", "1.5")),
        ("a.eq.", equal("a", "")),
        ("a.cs.{1,2}", Filter(Field("a"), Compare("cs", "{1,2}"))),
        ("a.cs.{(1,2)}", Filter(Field("a"), Compare("cs", "{(1,2)}"))),
        ("a.eq(any).{1,2}", Filter(Field("a"), Compare("eq", "{1,2}", "any"))),
        ("a.in.(1,2)", Filter(Field("a"), In(("1", "2")))),
        ('a.in.("1,2",3)', Filter(Field("a"), In(("1,2", "3")))),
        ("a->>b.eq.1", Filter(Field("a", (JsonStep("->>", "b"),)), Compare("eq", "1"))),
        ('"a.b".eq.1', equal("a.b", "1")),
    ],
)
def test_a_value_ends_at_a_comma_unless_it_is_quoted(text: str, condition: Condition) -> None:
    assert read_logic(f"and({text},b.eq.2)") == Logic("and", (condition, B))


@pytest.mark.parametrize(
    ("key", "path", "operator", "negated"),
    [
        ("or", (), "or", False),
        ("not.and", (), "and", True),
        ("tasks.or", ("tasks",), "or", False),
        ("tasks.not.and", ("tasks",), "and", True),
        ("a.b.or", ("a", "b"), "or", False),
        ('"a.b".not.or', ("a.b",), "or", True),
    ],
)
def test_logic_belongs_where_its_key_says(
    key: str, path: tuple[str, ...], operator: str, negated: bool
) -> None:
    query = parse_query_string(f"{quote(key)}=(a.eq.1)".encode())
    logic = Logic("or" if operator == "or" else "and", (A,), negated)
    assert query.conditions == ((path, logic),)


def test_several_logics_are_all_kept() -> None:
    query = parse_query_string(b"or=(a.eq.1)&or=(b.eq.2)")
    assert query.conditions == (((), Logic("or", (A,))), ((), Logic("or", (B,))))


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "()",
            "(",
            ")",
            "a.eq.1",
            "(a.eq.1",
            "a.eq.1)",
            "(a.eq.1)x",
            "(a.eq.1))",
            "((a.eq.1))",
        ),
        *("(a)", "(a.1)", "(a.eq)", "(a.eq.1,)", "(,a.eq.1)", "(a.in.1)", "(a.in.(1)", "(a.is.1)"),
        *("(xor(a.eq.1))", "(and)", "(and())", "(not.a.eq.1)", "(a.cs.{1}x)", "(a.b.eq.1)"),
    ],
)
def test_what_is_no_logic_is_refused(text: str) -> None:
    with pytest.raises(QueryStringError):
        parse_query_string(f"or={quote(text)}".encode())
