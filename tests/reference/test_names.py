"""What holds for every resource names none of them."""

import ast
from pathlib import Path

import pytest
from tests.reference.support import texts

from sbw_validator.standard import load_standard

ROOT = Path(__file__).parents[2]
GENERIC = (
    *("reference/sbw_reference/app.py", "reference/sbw_reference/store.py"),
    *("reference/sbw_reference/auth.py", "reference/sbw_reference/statements.py"),
    *("reference/sbw_reference/tables.py", "reference/sbw_reference/reading.py"),
    *("reference/sbw_reference/writing.py", "reference/sbw_reference/offers.py"),
    *("reference/sbw_reference/behaviour.py", "reference/sbw_reference/oauth.py"),
    "conformance/sbw_conformance/runner.py",
)
ALLOWED = {"list"}
"""`list` is the name of an operation; a resource is free to have it as its type."""


def files() -> list[Path]:
    """The modules that serve or check whatever the registry holds."""
    core = ROOT / "conformance" / "sbw_conformance" / "checks"
    checks = [*core.glob("core.py"), *sorted((core / "core").rglob("*.py"))]
    return [*(ROOT / name for name in GENERIC), *checks]


@pytest.mark.parametrize("file", files(), ids=lambda file: file.stem)
def test_no_resource_is_named(file: Path) -> None:
    """No constant equals a type or path of the registry, or holds one as a path segment."""
    resources = load_standard().resources.values()
    names = {name for entry in resources for name in (entry.type, entry.path)} - ALLOWED
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
