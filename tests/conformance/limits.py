"""What a landing page's limits mean, said once more and otherwise than the suite says it."""

from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema_rs

from sbw_validator.schemas import load_schemas
from sbw_validator.shape import annotation, places
from sbw_validator.standard import Resource, Standard

EMPTY = (None, [], {})


def found(value: Any, parts: list[str]) -> Iterator[Any]:
    """Each value that a pattern, given by its parts, leads to."""
    if not parts:
        yield value
    elif isinstance(value, list):
        for item in value if parts[0] == "*" else ():
            yield from found(item, parts[1:])
    elif isinstance(value, dict) and parts[0] in value:
        yield from found(value[parts[0]], parts[1:])


def lacking(value: Any, parts: list[str]) -> bool:
    """Whether a member is not there that is to be in the object or in each element."""
    if parts[0] == "*":
        items = value if isinstance(value, list) else ()
        return any(lacking(item, parts[1:]) for item in items)
    inner = value.get(parts[0]) if isinstance(value, dict) else None
    return lacking(inner, parts[1:]) if len(parts) > 1 else inner in EMPTY


def beyond(body: Any, said: Mapping[str, Any]) -> list[str]:
    """What an app that says this of a resource has against a body."""
    wrong = [p for p in said.get("unsupported", ()) if any(True for _ in found(body, split(p)))]
    for pointer, limits in said.get("constraints", {}).items():
        held = [value for value in found(body, split(pointer)) if value is not None]
        for name, most in limits.items():
            broken = {
                "max_length": lambda v, m=most: isinstance(v, str) and len(v) > m,
                "max_items": lambda v, m=most: isinstance(v, list) and len(v) > m,
                "enum": lambda v, m=most: v not in m,
                "pattern": lambda v, m=most: not jsonschema_rs.is_valid({"pattern": m}, v),
                "unique": lambda _: False,
                "required": lambda _: False,
            }[name]
            if any(map(broken, held)) or (name == "required" and lacking(body, split(pointer))):
                wrong.append(f"{name} of {pointer}")
    return wrong


def split(pointer: str) -> list[str]:
    """The parts of a pointer; no name here needs escapes."""
    return pointer.split("/")[1:]


def members(standard: Standard, resource: Resource) -> dict[str, Any]:
    """Pattern -> schema of every member that a consumer writes, external ids and the like aside."""
    bundle = load_schemas(standard).bundle(resource.type, "create")
    other = {"external_ids", "type", "custom_fields", "extensions"}
    found = {
        "/" + "/".join(path): (bundle, schema)
        for path, schema in places(bundle)
        if path and path[0] not in other and not path[0].startswith("native_")
    }
    inside = tuple(f"{pointer}/" for pointer in resource.refs)
    return {name: entry for name, entry in found.items() if not name.startswith(inside)}


def floors(standard: Standard, resource: Resource) -> dict[str, dict[str, int]]:
    """The tightest limits that the standard lets an app set each text and each array."""
    limits = {}
    for pointer, (bundle, schema) in members(standard, resource).items():
        if floor := annotation(bundle, schema, "x-floor"):
            limits[pointer] = dict(floor)
    return limits


def harsh(standard: Standard) -> dict[str, dict[str, Any]]:
    """What an app declares that takes as little as an app can: names in one piece, one of each."""
    contact, definition = (standard.resources[n] for n in ("contact", "custom_field_definition"))
    names = [p for p in members(standard, contact) if p.startswith("/name/") and p != "/name/full"]
    limits = {p: given for p, given in floors(standard, contact).items() if p not in names}
    return {
        "contact": {
            "unsupported": [*names, "/custom_fields", "/extensions", "/native_lifecycle_stage"],
            "constraints": {
                **limits,
                "/name/full": {"required": True, "max_length": 50, "pattern": "^[^<>]*$"},
                "/emails/*/contexts": {"required": True, "max_items": 1},
                "/addresses/*/postal_code": {"max_length": 10, "pattern": "^[0-9A-Z -]{2,10}$"},
                "/phones/*/number": {"max_length": 16, "unique": True},
                "/lifecycle_stage": {"enum": ["lead", "customer"]},
            },
        },
        "custom_field_definition": {"constraints": floors(standard, definition)},
    }
