"""Which names are alike."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passeplat.schema_cache.fuzzy import closest, similarity


@pytest.mark.parametrize(
    ("word", "other", "expected"),
    [
        ("todos", "todos", 1.0),
        ("Todos", "tODOS", 1.0),
        ("todo", "todos", 0.8),
        ("tods", "todos", 0.8),
        ("tedos", "todos", 0.8),
        ("abc", "xyz", 0.0),
        ("", "", 1.0),
    ],
)
def test_similarity_is_the_share_of_letters_that_can_stay(
    word: str, other: str, expected: float
) -> None:
    assert similarity(word, other) == pytest.approx(expected)


@given(st.text(max_size=9), st.text(max_size=9))
def test_similarity_is_the_same_both_ways(word: str, other: str) -> None:
    assert similarity(word, other) == similarity(other, word)


def test_the_most_similar_candidate_wins() -> None:
    assert closest("projecs", ["projectors", "projects", "project_types"], 0.5) == "projects"


def test_candidates_less_alike_than_asked_do_not_count() -> None:
    assert closest("projxxxx", ["projects"], 0.75) is None


def test_letter_case_does_not_count() -> None:
    assert closest("ITEMS", ["items"], 0.75) == "items"


def test_a_candidate_that_shares_no_two_letters_in_a_row_does_not_count() -> None:
    assert closest("abc", ["xaybzcx"], 0.33) is None


def test_two_letters_in_a_row_are_enough() -> None:
    assert closest("ab", ["xab"], 0.33) == "xab"


def test_without_candidates_nothing_is_closest() -> None:
    assert closest("items", [], 0) is None


def test_the_order_of_equally_similar_candidates_does_not_change() -> None:
    assert closest("item", ["itemx", "itema"], 0.5) == "itemx"


def test_a_word_of_any_length_is_judged_at_once() -> None:
    assert closest("x" * 10**6, ["x" * 10**6], 0.33) is None
