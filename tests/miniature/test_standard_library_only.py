"""The miniature stands for a vendor who has only the standard: it imports only what Python has."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "reference" / "sbw_miniature"
ALLOWED = sys.stdlib_module_names | {PACKAGE.name}


def imported(source: str) -> Iterator[str]:
    """Yield the top-level packages that a module imports, wherever in it; `.` for relative ones."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0] if node.level == 0 else "."
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(
            ("import_module", "__import__")
        ):
            yield ast.unparse(node)


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("**/*.py")), ids=lambda path: path.stem)
def test_module_imports_only_the_standard_library(path: Path) -> None:
    """No module of the miniature imports another package, at its top or within a function."""
    assert set(imported(path.read_text(encoding="utf-8"))) <= ALLOWED


@pytest.mark.parametrize(
    "source",
    [
        "import jsonschema",
        "def f():\n    from sbw_validator.values import same",
        "import json, yaml.nodes",
        "import importlib\nimportlib.import_module('sbw_reference')",
        "__import__('click')",
    ],
)
def test_other_imports_are_seen(source: str) -> None:
    """What would import another package is seen in each of its forms."""
    assert not set(imported(source)) <= ALLOWED


def test_the_package_is_looked_at() -> None:
    """The folder has the modules of the package: the tests above look at something."""
    assert {"__main__", "provider", "validation"} <= {path.stem for path in PACKAGE.glob("*.py")}
