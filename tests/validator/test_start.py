"""A command that validates one record starts at once."""

import json
import subprocess
import sys
from pathlib import Path

import sbw_validator

HEAVY = ("jsonschema", "referencing", "openapi_spec_validator", "click", "hypothesis", "urllib3")
SCRIPT = """
import json, sys
from pathlib import Path
from sbw_validator import validate
from sbw_validator.documents import read_documents
[document] = read_documents(sys.argv[1])
found = validate(document.value)
print(json.dumps([len(found), sorted(sys.modules)]))
"""
EXAMPLES = Path(__file__).parents[2] / "schemas" / "draft" / "examples" / "contact"


def loaded(example: Path) -> tuple[int, set[str]]:
    """Return the number of findings of a file and the modules that a new process loaded."""
    command = [sys.executable, "-c", SCRIPT, str(example)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    count, modules = json.loads(done.stdout)
    return count, set(modules)


def test_a_valid_record_loads_jsonschema_rs_alone() -> None:
    """A valid record loads jsonschema-rs alone."""
    count, modules = loaded(EXAMPLES / "valid" / "full.json")
    assert count == 0
    assert "jsonschema_rs" in modules
    assert modules.isdisjoint(HEAVY)


def test_an_invalid_record_is_explained_by_jsonschema() -> None:
    """An invalid record is explained by jsonschema."""
    count, modules = loaded(EXAMPLES / "invalid" / "CONTACTS-001-pref-zero.json")
    assert count == 1
    assert "jsonschema" in modules


def test_the_public_names_are_these_and_all_exist() -> None:
    """The public names are these and all exist."""
    expected = [
        "Finding",
        "MalformedJSON",
        "SBWError",
        "SchemaValidator",
        "Schemas",
        "Standard",
        "StandardError",
        "UnknownSchemaError",
        "UnreadableDocumentError",
        "load_schemas",
        "load_standard",
        "validate",
    ]
    assert sbw_validator.__all__ == expected
    assert all(hasattr(sbw_validator, name) for name in expected)
