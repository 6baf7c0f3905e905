"""The schemas of the standard, and which of them speak of a member of a value."""

import json
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from sbw_miniature.pointer import Place, members, split

Schema = dict[str, Any]
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}


def folder() -> Path:
    """Return the folder of the schemas: in the checkout, or where the standard is installed.

    Raises FileNotFoundError where there is neither.
    """
    found = find_spec("sbw_validator")
    installed = Path(found.origin).parent / "_data" if found and found.origin else Path()
    for root in (Path(__file__).parents[2], installed):
        if (root / "schemas" / "draft" / "contact.json").is_file():
            return root / "schemas" / "draft"
    raise FileNotFoundError("The schemas of the standard are neither in a checkout nor installed.")


@cache
def load() -> dict[str, Schema]:
    """Return the schemas by file name without `.json`, with each `$ref` the schema it names."""
    files = {
        path.relative_to(folder()).with_suffix("").as_posix(): json.loads(path.read_bytes())
        for path in [*folder().glob("*.json"), *folder().glob("common/*.json")]
    }
    known = {schema["$id"]: schema for schema in files.values()}
    for identity, schema in known.items():
        _link(schema, identity, known)
    return files


def _link(node: Any, base: str, known: dict[str, Schema]) -> None:
    for place in members(node):
        if place.key == "$ref" and isinstance(place.value, str):
            place.put(known[urljoin(base, place.value)])
        elif place.key not in {"$ref", "examples", "default", "enum", "const"}:
            _link(place.value, base, known)


def is_type(value: Any, name: str) -> bool:
    """Return whether a JSON value is of a type of JSON Schema."""
    if name in TYPES:
        return isinstance(value, TYPES[name])
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and (name == "number" or value == int(value))


def views(schema: Schema, value: Any) -> Iterator[Schema]:
    """Yield the schema and those within it that speak of the same value."""
    yield schema
    within = [*schema.get("allOf", ()), *schema.get("anyOf", ()), *schema.get("oneOf", ())]
    if "$ref" in schema:
        within.append(schema["$ref"])
    for one in within:
        if "type" not in one or is_type(value, one["type"]):
            yield from views(one, value)


def inner(schema: Schema, value: Any, key: Any) -> Schema | None:
    """Return the schema of a member or element of a value; None where none speaks of it."""
    found: list[Schema] = []
    for view in views(schema, value):
        if isinstance(value, list):
            found += [view["items"]] if "items" in view else []
        elif key in view.get("properties", ()):
            found.append(view["properties"][key])
        elif isinstance(view.get("additionalProperties"), dict):
            found.append(view["additionalProperties"])
    return {"allOf": found} if found else None


def at(schema: Schema, pattern: str) -> Schema:
    """Return the schema of the values that a pattern of pointers leads to."""
    for name in split(pattern):
        schema = inner(schema, [] if name == "*" else {}, name) or {}
    return schema


def is_closed(schema: Schema, value: Any) -> bool:
    """Return whether an object has no members but those that its schema names."""
    return any(view.get("unevaluatedProperties") is False for view in views(schema, value))


def marked(schema: Schema, value: Any, keyword: str, pointer: str = "") -> Iterator[Place]:
    """Yield the outermost places in a value whose schema has a keyword that is true."""
    for place in members(value, pointer):
        member = inner(schema, value, place.key)
        if member is None:
            continue
        if any(view.get(keyword) is True for view in views(member, place.value)):
            yield place
        else:
            yield from marked(member, place.value, keyword, place.pointer)


def unknown(schema: Schema, value: Any, pointer: str = "") -> Iterator[Place]:
    """Yield the outermost members of a value that its schema does not know."""
    for place in members(value, pointer):
        member = inner(schema, value, place.key)
        if member is not None:
            yield from unknown(member, place.value, place.pointer)
        elif isinstance(value, dict) and is_closed(schema, value):
            yield place
