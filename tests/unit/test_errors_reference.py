"""Every error has its place in the manual."""

import re
from pathlib import Path

import pytest

from passeplat import errors

_MANUAL = (Path(__file__).parents[2] / "docs" / "reference" / "errors.md").read_text("utf-8")
_BASES = {errors.PasseplatError, errors.ApiError}
_ALL = [
    found
    for found in vars(errors).values()
    if isinstance(found, type) and issubclass(found, errors.PasseplatError) and found not in _BASES
]


@pytest.mark.parametrize("error", _ALL, ids=lambda error: error.__name__)
def test_every_error_has_a_heading(error: type[errors.PasseplatError]) -> None:
    heading = error.code if issubclass(error, errors.ApiError) else error.__name__
    assert f"\n## {heading}\n" in _MANUAL


@pytest.mark.parametrize(
    "error", [each for each in _ALL if issubclass(each, errors.ApiError)], ids=lambda e: e.__name__
)
def test_the_manual_has_the_status_of_every_code(error: type[errors.ApiError]) -> None:
    assert f"\n## {error.code}\n\nStatus {error.status}. " in _MANUAL


def test_the_manual_has_no_other_headings() -> None:
    known = {e.code if issubclass(e, errors.ApiError) else e.__name__ for e in _ALL}
    assert set(re.findall(r"^## (.+)$", _MANUAL, re.MULTILINE)) == known
