"""What holds for every resource names none of them."""

import ast
from pathlib import Path

import pytest
from tests.reference.support import texts

from sbw_validator.standard import load_standard

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "reference" / "sbw_reference"
OWN = {"declarations.py", "seeding.py"}
"""What this provider itself declares, and what it begins with."""
ALLOWED = {"list"}
"""`list` is the name of an operation; a resource is free to have it as its type."""
EXCEPTIONS = {
    "sbw_reference/custom_fields.py": {"custom_field_definition"},
    "checks/core/members.py": {"custom_field_definition"},
    "checks/core/scopes.py": {"business"},
}
"""What class core says of two resources of its own: definitions give custom fields their schema,
and there is a token for the business alone."""


def files() -> list[Path]:
    """The modules that serve or check whatever the registry holds."""
    core = ROOT / "conformance" / "sbw_conformance" / "checks"
    checks = [*core.glob("core.py"), *sorted((core / "core").rglob("*.py"))]
    provider = [file for file in sorted(REFERENCE.glob("*.py")) if file.name not in OWN]
    return [*provider, ROOT / "conformance" / "sbw_conformance" / "runner.py", *checks]


@pytest.mark.parametrize("file", files(), ids=lambda file: file.stem)
def test_no_resource_is_named(file: Path) -> None:
    """No constant equals a type or path of the registry, or holds one as a path segment."""
    resources = load_standard().resources.values()
    names = {name for entry in resources for name in (entry.type, entry.path)} - ALLOWED
    place = file.relative_to(ROOT).as_posix()
    names -= {name for end, known in EXCEPTIONS.items() if place.endswith(end) for name in known}
    found = [
        text
        for text in texts(ast.parse(file.read_text(encoding="utf-8")))
        if text in names or names.intersection(text.split("/"))
    ]
    assert found == []


def test_constants_are_seen() -> None:
    """The test finds what it looks for, and passes over docstrings."""
    source = '"""contact"""\nx = f"{y}/contacts"\ndef z():\n    "contact"\n    return "contact"\n'
    assert sorted(texts(ast.parse(source))) == ["/contacts", "contact"]
