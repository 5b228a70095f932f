"""Names of prepared statements: bounded, least recently used first, never given twice."""

from hypothesis import given
from hypothesis import strategies as st

from passeplat.postgres.statements import Statements


def prepare(statements: Statements, sql: str) -> bytes:
    name = statements.new_name()
    statements.remember((sql, ""), name)
    return name


def test_a_statement_is_found_once_it_is_prepared() -> None:
    statements = Statements(2)
    assert statements.find(("a", "")) is None
    name = prepare(statements, "a")
    assert statements.find(("a", "")) == name
    assert statements.find(("a", "another scope")) is None


def test_the_least_recently_used_goes_first() -> None:
    statements = Statements(2)
    a, b = prepare(statements, "a"), prepare(statements, "b")
    statements.find(("a", ""))
    prepare(statements, "c")
    assert statements.find(("a", "")) == a
    assert statements.find(("b", "")) is None
    assert statements.take_unwanted() == [b]
    assert statements.take_unwanted() == []


def test_the_second_of_two_names_for_one_statement_is_unwanted() -> None:
    statements = Statements(2)
    first, second = prepare(statements, "a"), prepare(statements, "a")
    assert statements.find(("a", "")) == first
    assert statements.take_unwanted() == [second]


def test_a_forgotten_statement_is_closed() -> None:
    statements = Statements(2)
    name = prepare(statements, "a")
    statements.forget(("a", ""))
    statements.forget(("a", ""))
    assert statements.find(("a", "")) is None
    assert statements.take_unwanted() == [name]


@given(st.integers(1, 5), st.lists(st.sampled_from("abcdefgh")))
def test_what_the_server_holds_is_what_is_known(limit: int, asked: list[str]) -> None:
    statements, server = Statements(limit), set()
    for sql in asked:
        if statements.find((sql, "")) is None:
            server.add(prepare(statements, sql))
        server -= set(statements.take_unwanted())
        assert len(statements) == len(server) <= limit
        assert statements.find((sql, "")) in server
