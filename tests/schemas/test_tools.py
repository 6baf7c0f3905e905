"""Formats of the tools."""

import json
import shutil
from pathlib import Path

import pytest

from sbw_validator import StandardError, UnknownSchemaError, load_schemas, load_standard

ROOT = Path(__file__).parents[2]
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def test_the_format_of_a_tool_is_a_validator_like_any_other(tmp_path: Path) -> None:
    """A tool's format is found by its name."""
    shutil.copytree(ROOT / "spec", tmp_path / "spec")
    shutil.copytree(ROOT / "schemas", tmp_path / "schemas")
    tools = tmp_path / "schemas" / "tools"
    tools.mkdir(exist_ok=True)
    parts = {"$defs": {"part": {"type": "integer"}}, "properties": {"a": {"$ref": "#/$defs/part"}}}
    whole = {"$schema": DIALECT, "$id": "urn:try", **parts}
    (tools / "try-1.json").write_text(json.dumps(whole))
    schemas = load_schemas(load_standard(tmp_path))
    validator = schemas.tool("try-1")
    assert validator.is_valid({"a": 1})
    [found] = validator.findings({"a": "1"})
    assert (found.requirement, found.pointer, found.keyword) == ("try-1", "/a", "type")
    assert schemas.tool("try-1") is validator
    with pytest.raises(UnknownSchemaError):
        schemas.tool("none-1")


@pytest.mark.parametrize(
    "name", sorted(f.stem for f in (ROOT / "schemas" / "tools").glob("*.json"))
)
def test_the_shipped_formats_compile(name: str) -> None:
    """Every shipped format is a schema, and refuses a text."""
    assert load_schemas(load_standard(ROOT)).tool(name).findings("x")


def test_a_file_that_is_no_schema_is_refused(tmp_path: Path) -> None:
    """A schema file needs $schema and $id."""
    shutil.copytree(ROOT / "spec", tmp_path / "spec")
    shutil.copytree(ROOT / "schemas", tmp_path / "schemas")
    (tmp_path / "schemas" / "draft" / "contact.json").write_text("{}")
    with pytest.raises(StandardError, match=r"is not a schema with \$schema and \$id"):
        load_schemas(load_standard(tmp_path)).bundle("contact")
