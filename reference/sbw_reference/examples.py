"""The valid examples of the standard, which show what a record of a resource is like."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from sbw_validator.standard import Resource, Standard


def valid_examples(standard: Standard, resource: Resource) -> Iterator[Mapping[str, Any]]:
    """Yield the valid examples of a resource in the order of their names."""
    folder = standard.schemas / "examples" / resource.type / "valid"
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        yield json.loads(file.read_text(encoding="utf-8"))
