"""What a schema says about the members of a resource that a provider has to know."""

from collections.abc import Iterator, Mapping
from typing import Any

Path = tuple[str, ...]
MISSING: Any = object()


def resolve(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield a schema and all that it refers to or is composed of, within one bundle."""
    yield schema
    reference = schema.get("$ref", "")
    if reference.startswith("#"):
        target: Any = root
        for part in reference[1:].split("/")[1:]:
            target = target[part.replace("~1", "/").replace("~0", "~")]
        yield from resolve(target, root)
    for part in schema.get("allOf", ()):
        yield from resolve(part, root)


def properties(schema: Mapping[str, Any], root: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return the members that a schema names, each with every schema it has for it."""
    found: dict[str, list[Any]] = {}
    for part in resolve(schema, root):
        for name, member in part.get("properties", {}).items():
            found.setdefault(name, []).append(member)
    return found


def read_only(bundle: Mapping[str, Any], writable: Mapping[str, Any]) -> tuple[Path, ...]:
    """Return the paths of members marked `readOnly` that the schema of writes does not have."""
    return tuple(_read_only([bundle], [writable], bundle, writable, ()))


def _read_only(
    schemas: list[Any],
    writes: list[Any],
    root: Mapping[str, Any],
    write_root: Mapping[str, Any],
    path: Path,
) -> Iterator[Path]:
    accepted = _members(writes, write_root)
    for name, members in _members(schemas, root).items():
        parts = [part for member in members for part in resolve(member, root)]
        if name not in accepted and any(part.get("readOnly") for part in parts):
            yield (*path, name)
        elif name in accepted:
            yield from _read_only(members, accepted[name], root, write_root, (*path, name))


def _members(schemas: list[Any], root: Mapping[str, Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for schema in schemas:
        for name, members in properties(schema, root).items():
            found.setdefault(name, []).extend(members)
    return found


def defaults(bundle: Mapping[str, Any]) -> dict[str, Any]:
    """Return the required members of a record that have a default, with it."""
    required = {name for part in resolve(bundle, bundle) for name in part.get("required", ())}
    found: dict[str, Any] = {}
    for name, members in properties(bundle, bundle).items():
        for part in (part for member in members for part in resolve(member, bundle)):
            if name in required and "default" in part:
                found[name] = part["default"]
    return found


def at(value: Any, path: Path) -> Any:
    """Return the value at a path of member names, MISSING where there is none."""
    for name in path:
        if not isinstance(value, Mapping) or name not in value:
            return MISSING
        value = value[name]
    return value


def without(value: Any, path: Path) -> Any:
    """Return the value without the member at a path of names and indexes."""
    head, *rest = path
    if isinstance(value, list) and rest and head.isdecimal() and int(head) < len(value):
        place = int(head)
        return [*value[:place], without(value[place], tuple(rest)), *value[place + 1 :]]
    if not isinstance(value, Mapping) or head not in value:
        return value
    others = {name: member for name, member in value.items() if name != head}
    return {**value, head: without(value[head], tuple(rest))} if rest else others
