"""What a schema says about the members of a resource that a provider has to know."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from sbw_reference.places import Pattern
from sbw_validator import shape
from sbw_validator.schemas import Schemas
from sbw_validator.shape import Schema


@lru_cache(maxsize=64)
def read_only(schemas: Schemas, type_: str) -> tuple[Pattern, ...]:
    """Return the places marked `readOnly` that the schema of writes does not have, outermost."""
    bundle, writable = schemas.bundle(type_), schemas.bundle(type_, "create")
    found: list[Pattern] = []
    for path, schema in shape.places(bundle):
        inside = any(path[: len(outer)] == outer for outer in found)
        marked = shape.annotation(bundle, schema, "readOnly") is True
        if marked and not inside and shape.at(writable, writable, list(path)) is None:
            found.append(path)
    return tuple(found)


def defaults(bundle: Schema) -> dict[str, Any]:
    """Return the required members of a record that have a default, with it."""
    found = {}
    for name in dict.fromkeys(_required(bundle)):
        member = shape.member(bundle, bundle, name)
        default = shape.annotation(bundle, member, "default")
        if default is not None:
            found[name] = default
    return found


def _required(bundle: Schema) -> Iterator[str]:
    for facet in shape.facets(bundle, bundle):
        yield from facet.get("required", ())
