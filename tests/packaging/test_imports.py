"""The import contracts of pyproject.toml bite: each breaks when it is violated."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")
MODULES = [
    "sbw_validator/__init__",
    "sbw_validator/schemas",
    "sbw_validator/bulk",
    "sbw_conformance/__init__",
    "sbw_conformance/results",
    "sbw_conformance/checks/__init__",
    "sbw_conformance/checks/core",
    "sbw_conformance/runner",
    "sbw_conformance/reports/__init__",
    "sbw_conformance/reports/html",
    "sbw_conformance/badges/__init__",
    "sbw_conformance/cli/__init__",
    "sbw_conformance/cli/serve",
    "sbw_reference/__init__",
    "sbw_reference/__main__",
    "sbw_reference/app",
    "sbw_reference/defects/__init__",
    "sbw_reference/defects/core",
]
ALLOWED = {
    "sbw_conformance/cli/__init__": "import click, sbw_conformance.cli.serve",
    "sbw_conformance/badges/__init__": "import sbw_conformance.results",
    "sbw_conformance/cli/serve": "import click, sbw_conformance.reports, sbw_validator.schemas",
    "sbw_conformance/reports/html": "import sbw_conformance.runner",
    "sbw_conformance/runner": "import sbw_conformance.checks.core",
    "sbw_conformance/checks/core": "import sbw_conformance.results",
    "sbw_reference/__main__": "import sbw_reference.defects.core",
    "sbw_reference/defects/__init__": "import sbw_reference.defects.core",
    "sbw_reference/app": "import sbw_validator.schemas",
}
VIOLATIONS = [
    ("sbw_conformance/runner", "sbw_reference.app", "The suite and the reference provider"),
    ("sbw_reference/app", "sbw_conformance.results", "The suite and the reference provider"),
    ("sbw_validator/bulk", "sbw_conformance", "The validator imports neither"),
    ("sbw_validator/bulk", "sbw_reference", "The validator imports neither"),
    ("sbw_conformance/results", "sbw_conformance.checks.core", "The suite's layers"),
    ("sbw_conformance/checks/core", "sbw_conformance.runner", "The suite's layers"),
    ("sbw_conformance/runner", "sbw_conformance.reports.html", "The suite's layers"),
    ("sbw_conformance/reports/html", "sbw_conformance.cli", "The suite's layers"),
    ("sbw_conformance/badges/__init__", "sbw_conformance.reports", "The suite's layers"),
    ("sbw_conformance/runner", "click", "Only sbw_conformance.cli imports click"),
    ("sbw_validator/schemas", "click", "Only sbw_conformance.cli imports click"),
    ("sbw_reference/__main__", "click", "Only sbw_conformance.cli imports click"),
    ("sbw_reference/app", "sbw_reference.defects", "Nothing in sbw_reference but __main__"),
    ("sbw_reference/app", "sbw_reference.defects.core", "Nothing in sbw_reference but __main__"),
]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Write a small tree of packages in which every import is allowed."""
    for module in MODULES:
        file = tmp_path / f"{module}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(ALLOWED.get(module, "") + "\n")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def broken_contracts(tree: Path) -> list[str]:
    """Return the names of the contracts that the tree breaks."""
    command = [LINT_IMPORTS, "--no-cache", "--no-logo"]
    env = {**os.environ, "PYTHONPATH": str(tree), "COLUMNS": "200"}
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=tree, env=env)
    broken = re.findall(r"^(.+) BROKEN$", done.stdout, re.MULTILINE)
    assert done.returncode == (1 if broken else 0), done.stdout + done.stderr
    return broken


def test_allowed_imports_break_nothing(tree: Path) -> None:
    """The positive control of the violations below."""
    assert broken_contracts(tree) == []


@pytest.mark.parametrize(("module", "imported", "contract"), VIOLATIONS)
def test_a_forbidden_import_breaks_its_contract(
    tree: Path, module: str, imported: str, contract: str
) -> None:
    """One seeded import breaks the contract meant for it and no other."""
    with (tree / f"{module}.py").open("a") as file:
        file.write(f"import {imported}\n")
    [broken] = broken_contracts(tree)
    assert broken.startswith(contract)
