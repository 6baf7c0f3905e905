"""Every example on disk is judged as its name says."""

import json
from pathlib import Path

import pytest

from sbw_validator import Standard, validate
from sbw_validator.requirements import load_requirements

EXAMPLES = Path(__file__).parents[2] / "schemas" / "draft" / "examples"


def files(kind: str) -> list[str]:
    """Return the example files of a kind by their path."""
    return sorted(str(file.relative_to(EXAMPLES)) for file in EXAMPLES.glob(f"*/{kind}/*.json"))


@pytest.mark.parametrize("file", files("valid"))
def test_a_valid_example_has_no_findings(standard: Standard, file: str) -> None:
    """A valid example has no findings."""
    value = json.loads((EXAMPLES / file).read_bytes())
    assert validate(value, type=Path(file).parts[0], standard=standard) == []


@pytest.mark.parametrize("file", files("invalid"))
def test_an_invalid_example_breaks_just_the_requirement_in_its_name(
    standard: Standard, file: str
) -> None:
    """An invalid example breaks just the requirement in its name."""
    value = json.loads((EXAMPLES / file).read_bytes())
    found = validate(value, type=Path(file).parts[0], standard=standard)
    known = [requirement.id for requirement in load_requirements(standard)]
    name = Path(file).stem
    assert [id_ for id_ in known if name == id_ or name.startswith(f"{id_}-")] == sorted(
        {finding.requirement for finding in found}
    )


def test_there_are_examples_of_both_kinds() -> None:
    """There are examples of both kinds."""
    assert len(files("valid")) >= 10
    assert len(files("invalid")) >= 30
