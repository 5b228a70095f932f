"""The page of what holds of PostgREST says no more and no less than the tests."""

from collections import Counter

from .compatibility import PAGE, differing, not_offered, page, proofs, sections

THREATS = "T-"  # lines of another list: what attackers try


def test_the_page_is_what_the_tests_say() -> None:
    assert PAGE.read_text() == page(), "run: python tests/docs/compatibility.py"


def test_every_line_is_proved_or_not_offered() -> None:
    lines = {line.id for lines in sections().values() for line in lines}
    assert lines - set(proofs()) - not_offered() == set()


def test_no_test_proves_what_is_not_a_line() -> None:
    lines = {line.id for lines in sections().values() for line in lines}
    assert {id_ for id_ in proofs() if not id_.startswith(THREATS)} - lines == set()


def test_an_id_is_one_line() -> None:
    counted = Counter(line.id for lines in sections().values() for line in lines)
    assert [id_ for id_, times in counted.items() if times > 1] == []


def test_what_differs_or_is_not_offered_is_a_line() -> None:
    lines = {line.id for lines in sections().values() for line in lines}
    assert (differing() | not_offered()) - lines == set()
