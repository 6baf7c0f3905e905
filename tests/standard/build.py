"""Builds a standard for tests: the shipped one, and a resource of each shape beside it."""

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
SHIPPED = HERE.parents[1]
VERSION = "draft"


def build(target: Path) -> Path:
    """Write the standard into a folder and return it; SBW_STANDARD can name it.

    Import paths are the caller's: the hooks of the registry are in this folder.
    """
    spec, schemas = target / "spec", target / "schemas"
    shutil.copytree(SHIPPED / "spec", spec, dirs_exist_ok=True)
    shutil.copytree(SHIPPED / "schemas", schemas, dirs_exist_ok=True)
    shutil.copy(HERE / "widgets.md", spec / VERSION)
    for part in ("schemas", "examples", "openapi"):
        inner = "" if part == "schemas" else part
        shutil.copytree(HERE / part, schemas / VERSION / inner, dirs_exist_ok=True)
    _merge(spec / VERSION / "classes.yaml", HERE / "classes.yaml", within=("classes",))
    _merge(schemas / VERSION / "resources.yaml", HERE / "resources.yaml")
    return target


def _merge(file: Path, additions: Path, within: Iterable[str] = ()) -> None:
    """Add the members of a YAML file to a mapping in another one."""
    whole = yaml.safe_load(file.read_text(encoding="utf-8"))
    mapping: dict[str, Any] = whole
    for name in within:
        mapping = mapping[name]
    mapping |= yaml.safe_load(additions.read_text(encoding="utf-8"))
    file.write_text(yaml.safe_dump(whole, allow_unicode=True, sort_keys=False), encoding="utf-8")
