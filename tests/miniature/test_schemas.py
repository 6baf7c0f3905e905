"""The miniature's own validator says of the examples of the standard what the standard says."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sbw_miniature.resource import RESOURCES
from sbw_miniature.rule import broken
from sbw_miniature.schema import folder, load
from sbw_miniature.validation import KEYWORDS, faults

ANNOTATIONS = {"$schema", "$id", "title", "description", "examples", "default"} | {
    "readOnly",
    "writeOnly",
    "x-data-classification",
    "x-extensible",
    "x-floor",
    "x-same-value",
}
EXAMPLES = [
    path
    for resource in RESOURCES
    for path in sorted((folder() / "examples" / resource.type).glob("*/*.json"))
]


def wrong(path: Path) -> list[str]:
    """Return the codes of what is wrong with an example."""
    record = json.loads(path.read_bytes())
    found = [fault.code for fault in faults(load()[path.parts[-3]], record)]
    return found or ([fault.code for fault in broken(record)] if "external_ids" in record else [])


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: "-".join(path.parts[-3:]))
def test_examples_are_judged_as_the_standard_does(path: Path) -> None:
    """A valid example has no fault; an invalid one has, by its rule where it is named after one."""
    found = wrong(path)
    rule = path.stem.partition("-")[0]
    if path.parts[-2] == "valid":
        assert found == []
    elif rule in {"CORE", "CONTACTS"}:
        assert found
    else:
        assert rule in found


def keywords(schema: Any) -> Iterator[str]:
    """Yield the keywords of a schema and of all schemas within it."""
    if isinstance(schema, dict):
        for keyword, value in schema.items():
            yield keyword
            within = value.values() if keyword == "properties" else [value]
            if keyword not in ANNOTATIONS | {"enum", "const", "required"}:
                for one in within:
                    yield from keywords(one)
    elif isinstance(schema, list):
        for one in schema:
            yield from keywords(one)


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.type)
def test_no_keyword_is_passed_over(resource: Any) -> None:
    """Each keyword of the schemas of records is checked, or says nothing of validity."""
    assert set(keywords(resource.schema)) <= KEYWORDS | ANNOTATIONS
