"""Text becomes statements without a look at what they mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passeplat.migrate.split import essence, is_empty, items, parenthesis, split, tokenize

PIECES = st.sampled_from(
    [
        "select 1",
        "select ';'",
        "select ';''; '",
        "select e'\\';'",
        "select U&'\\;'",
        'select 1 as ";"";"',
        "select $$;'$$",
        "do $x$ begin; $$ ; $$ end; $x$",
        "select 1 -- ; no '\n + 1",
        "select 1 /* ; /* ' */ ; */ + 1",
        "create rule r as on insert to t do also (select 1; select 2)",
        "create function f() returns int begin atomic select 1; select 2; end",
        "create or replace function f() begin atomic select case 1 when 1 then 2 end; end",
        "create procedure p() begin atomic select x.end as case from x; end",
        "begin",
        "commit",
        "select a$1$b, $1 from t$x",
        "select 1e5, 1.5",
    ]
)


def texts(sql: str) -> list[str]:
    return [statement.text for statement in split(sql)]


@given(st.lists(PIECES), st.sampled_from([";", " ;\n", ";;\n-- between\n", "; /* ; */ "]))
def test_statements_are_what_was_joined(pieces: list[str], between: str) -> None:
    sql = between.join(pieces)
    assert [text.rstrip(";").rstrip() for text in texts(sql)] == pieces


@given(st.text(alphabet="a1$'\"/*-;()\\\n E_é"))
def test_no_character_is_lost(sql: str) -> None:
    assert "".join(token.text for token in tokenize(sql)) == sql


@given(st.text(alphabet="a1$'\"/*-;()\\\n E_é"))
def test_a_statement_is_where_it_says(sql: str) -> None:
    assert all(sql[s.start :].startswith(s.text) for s in split(sql))


@pytest.mark.parametrize("sql", ["", " \n", ";", "-- nothing", "/* ; */ ;; -- x\n"])
def test_blanks_comments_and_semicolons_are_no_statement(sql: str) -> None:
    assert (texts(sql), is_empty(sql)) == ([], True)


def test_a_statement_begins_after_its_comments() -> None:
    assert [s.start for s in split("-- a\nselect 1;\n/* b */ select 2")] == [5, 23]


def test_what_is_not_closed_reaches_to_the_end() -> None:
    assert texts("select 1; select 'a; select 2;") == ["select 1;", "select 'a; select 2;"]


def test_a_begin_outside_routines_is_a_statement() -> None:
    assert texts("begin; end; select 1;") == ["begin;", "end;", "select 1;"]


def test_layout_and_comments_do_not_change_the_essence() -> None:
    assert essence("select  1 -- one\n;") == essence("select 1;") != essence("select 1 1;")


def test_blanks_within_quotes_are_of_the_essence() -> None:
    assert essence("select 'a  b'") != essence("select 'a b'")


def test_items_are_split_at_commas_of_their_own_depth() -> None:
    assert items("a numeric(1, 2), b text default ',', \"c,d\" int") == (
        "a numeric(1, 2)",
        "b text default ','",
        '"c,d" int',
    )


def test_a_parenthesis_ends_where_it_closes() -> None:
    sql = "create table \"a(\" (b int(1), c text default ')') with (x)"
    assert parenthesis(sql) == (sql.index(" (b") + 1, sql.index(" with") - 1)
