"""What the tests of the text share: the shipped standard."""

from pathlib import Path

import pytest

from sbw_validator import Standard, load_standard


@pytest.fixture(scope="session")
def standard() -> Standard:
    """Give the shipped standard."""
    return load_standard(Path(__file__).parents[2])
