"""What `Prefer` asks for."""

import pytest

from passeplat.request.model import Preferences
from passeplat.request.preferences import parse_preferences


def preferred(header: str | None, *, override: bool = True) -> Preferences:
    return parse_preferences(header, transaction_may_be_chosen=override)


@pytest.mark.parametrize(
    ("header", "preferences"),
    [
        (None, Preferences()),
        ("", Preferences()),
        (" , ,", Preferences()),
        ("return=minimal", Preferences(returning="minimal")),
        ("return=headers-only", Preferences(returning="headers-only")),
        ("return=representation", Preferences(returning="representation")),
        ("count=exact", Preferences(count="exact")),
        ("count=planned", Preferences(count="planned")),
        ("count=estimated", Preferences(count="estimated")),
        ("resolution=merge-duplicates", Preferences(resolution="merge-duplicates")),
        ("resolution=ignore-duplicates", Preferences(resolution="ignore-duplicates")),
        ("missing=default", Preferences(missing="default")),
        ("missing=null", Preferences(missing="null")),
        ("tx=commit", Preferences(transaction="commit")),
        ("tx=rollback", Preferences(transaction="rollback")),
        ("handling=strict", Preferences(handling="strict")),
        ("handling=lenient", Preferences(handling="lenient")),
        ("timezone=America/Los_Angeles", Preferences(timezone="America/Los_Angeles")),
        ("timezone=-4", Preferences(timezone="-4")),
        (
            " return=minimal ,count=exact,\ttx=commit ",
            Preferences(returning="minimal", count="exact", transaction="commit"),
        ),
    ],
)
def test_preferences_are_a_list_of_names_and_values(
    header: str | None, preferences: Preferences
) -> None:
    assert preferred(header) == preferences


def test_of_one_preference_given_twice_the_first_counts() -> None:
    asked = preferred("return=minimal, return=representation, count=some, count=exact")
    assert (asked.returning, asked.count, asked.invalid) == ("minimal", "exact", ("count=some",))


@pytest.mark.parametrize(
    "entry",
    [
        *("anything", "return", "return=", "return=all", "Return=minimal", "return = minimal"),
        *("count=none", "max-affected=many", "max-affected=-1", "max-affected=1.5", "timezone="),
        *("params=single-object", "respond-async", "=", "max-affected=" + "9" * 99),
    ],
)
def test_what_is_not_understood_is_kept_as_it_came(entry: str) -> None:
    assert preferred(f"return=minimal, {entry}") == Preferences(
        returning="minimal", invalid=(entry,)
    )


def test_the_number_of_affected_rows_is_limited_only_strictly() -> None:
    assert preferred("max-affected=10, handling=strict").max_affected == 10
    assert preferred("max-affected=10").max_affected is None
    assert preferred("max-affected=10, handling=lenient").max_affected is None


def test_the_end_of_the_transaction_is_chosen_only_where_that_is_allowed() -> None:
    assert preferred("tx=rollback", override=False) == Preferences()
