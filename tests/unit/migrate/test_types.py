"""Labels of an enumeration, which can be added but never moved."""

import pytest

from passeplat.migrate.plan.types import new_labels
from passeplat.names import QualifiedName

NAME = QualifiedName("app", "mood")


def added(before: str, after: str) -> tuple[str, ...] | None:
    found = new_labels(NAME, tuple(before), tuple(after))
    head = 'alter type "app"."mood" add value if not exists '
    return None if found is None else tuple(sql.removeprefix(head) for sql in found)


def test_labels_come_where_they_belong() -> None:
    assert added("bd", "abcde") == (
        "'a' before 'b';",
        "'c' after 'b';",
        "'e' after 'd';",
    )


def test_labels_beside_each_other_follow_each_other() -> None:
    assert added("a", "xya") == ("'x' before 'a';", "'y' after 'x';")


@pytest.mark.parametrize("after", ["a", "ba", "bxa", ""])
def test_a_label_that_is_gone_or_elsewhere_cannot_be(after: str) -> None:
    assert added("ab", after) is None
