"""Every example on disk is judged as its name says."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from sbw_validator import Standard, load_schemas, validate
from sbw_validator.findings import pointer_to
from sbw_validator.requirements import load_requirements
from sbw_validator.rules import rules
from sbw_validator.shape import annotation, items, members, places

WHOLE = ("contact", "organization", "product", "price_list", "tax_rate")
"""Types of which one example has every member."""
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


def valid(type_: str) -> list[Any]:
    """Return the valid examples of a type."""
    return [json.loads(file.read_bytes()) for file in (EXAMPLES / type_ / "valid").iterdir()]


def pointers(value: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield the pointer of every place in a value, `*` for an index."""
    yield pointer_to(*path)
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from pointers(inner, (*path, name))
    elif isinstance(value, list):
        for inner in value:
            yield from pointers(inner, (*path, "*"))


@pytest.mark.parametrize("type_", [*WHOLE, "custom_field_definition"])
def test_every_writable_leaf_occurs_in_a_valid_example(standard: Standard, type_: str) -> None:
    """Every leaf that a consumer can write occurs in a valid example, so that it is tried."""
    bundle = load_schemas(standard).bundle(type_)
    shown = {pointer for example in valid(type_) for pointer in pointers(example)}
    missing, locked = [], []
    for path, schema in places(bundle):
        pointer = pointer_to(*path)
        if annotation(bundle, schema, "readOnly") or any(
            pointer.startswith(outer + "/") for outer in locked
        ):
            locked.append(pointer)
        elif not (members(bundle, schema) or items(bundle, schema)) and pointer not in shown:
            missing.append(pointer)
    assert missing == []


@pytest.mark.parametrize("type_", WHOLE)
def test_the_full_example_has_every_member(standard: Standard, type_: str) -> None:
    """The full example has every member of the record."""
    whole = json.loads((EXAMPLES / type_ / "valid" / "full.json").read_bytes())
    bundle = load_schemas(standard).bundle(type_)
    assert members(bundle, bundle).keys() - whole.keys() == set()


def test_every_enumerated_value_of_a_definition_occurs(standard: Standard) -> None:
    """There is a definition of every kind that its schema allows."""
    bundle = load_schemas(standard).bundle("custom_field_definition")
    inner = bundle["properties"]["schema"]["properties"]
    written = [example["schema"] for example in valid("custom_field_definition")]
    for name in ("type", "format"):
        assert {schema.get(name) for schema in written} - {None} == set(inner[name]["enum"])


@pytest.mark.parametrize("type_", ["contact", "organization", "product"])
def test_custom_fields_of_examples_are_defined(type_: str) -> None:
    """A custom field of an example has a definition among the examples, which allows its value."""
    definitions = {d["key"]: d for d in valid("custom_field_definition")}
    used = [pair for example in valid(type_) for pair in example.get("custom_fields", {}).items()]
    assert used
    for key, value in used:
        assert type_ in definitions[key]["applies_to"]
        assert jsonschema_rs.is_valid(definitions[key]["schema"], value)


def test_every_rule_has_an_example_that_breaks_it(standard: Standard) -> None:
    """Every rule has an invalid example in each of its types, and none is named after no rule."""
    for rule in rules():
        for type_ in standard.resources.keys() & set(rule.types):
            assert list((EXAMPLES / type_ / "invalid").glob(f"{rule.id}*.json"))
