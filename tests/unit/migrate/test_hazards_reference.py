"""The manual knows every hazard."""

from pathlib import Path

import pytest

from passeplat.migrate.model import Hazard

PAGE = Path(__file__).parents[3] / "docs/reference/hazards.md"


@pytest.mark.parametrize("hazard", Hazard)
def test_a_hazard_is_in_the_reference(hazard: Hazard) -> None:
    assert f"\n## {hazard.value}\n" in PAGE.read_text()
