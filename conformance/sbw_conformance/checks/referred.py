"""References to a record, as those that refer to it show them."""

from typing import Any

from sbw_conformance.checks import pointers
from sbw_validator.standard import Resource

UNREACHABLE = frozenset({"gone", "forbidden"})
"""States by which a reference says that nobody gets to what it names."""


def references_to(id_: str, record: Any, resource: Resource) -> list[dict[str, Any]]:
    """Each reference of a record that names the record with this id."""
    return [
        found
        for pattern in resource.refs
        for place in pointers.places(record, pattern)
        if isinstance(found := pointers.at(record, place), dict) and found.get("id") == id_
    ]


def dangling(references: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those that dangle where what they name is gone: they do not say that nobody gets to it."""
    return [found for found in references if found.get("state") not in UNREACHABLE]
