"""What the tests of schemas share: the shipped standard, and the one with widgets."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from sbw_validator import Standard, load_standard

BUILD = Path(__file__).parents[1] / "standard" / "build.py"


@pytest.fixture(scope="session")
def standard() -> Standard:
    """Give the shipped standard."""
    return load_standard(Path(__file__).parents[2])


@pytest.fixture(scope="session")
def widgets(tmp_path_factory: pytest.TempPathFactory) -> Standard:
    """Give the standard that has a resource of each shape."""
    spec = spec_from_file_location("build", BUILD)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return load_standard(module.build(tmp_path_factory.mktemp("standard")))
