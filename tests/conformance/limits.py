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
    """Pattern -> schema of every member that a consumer writes, external ids aside."""
    bundle = load_schemas(standard).bundle(resource.type, "create")
    rest = {
        "/" + "/".join(path): (bundle, schema)
        for path, schema in places(bundle)
        if path and path[0] not in {"external_ids", "type", "custom_fields", "extensions"}
    }
    return {name: entry for name, entry in rest.items() if not name.startswith("/native_")}


def lengths(standard: Standard, resource: Resource, most: int) -> dict[str, dict[str, int]]:
    """The shortest `max_length` that the standard allows each text, but none below `most`."""
    limits = {}
    for pointer, (bundle, schema) in members(standard, resource).items():
        if (floor := annotation(bundle, schema, "x-floor")) and "max_length" in floor:
            limits[pointer] = {"max_length": max(floor["max_length"], most)}
    return limits


def sizes(standard: Standard, resource: Resource) -> dict[str, dict[str, int]]:
    """The least `max_items` that the standard allows each array."""
    limits = {}
    for pointer, (bundle, schema) in members(standard, resource).items():
        if (floor := annotation(bundle, schema, "x-floor")) and "max_items" in floor:
            limits[pointer] = {"max_items": floor["max_items"]}
    return limits
