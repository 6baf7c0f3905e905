"""JSON Pointers (RFC 6901) into bodies: what stands where, and bodies with something else there.

A *pattern* is a pointer in which `*` stands for every element of an array, as registry and landing
page write it.
"""

import json
from collections.abc import Iterator
from typing import Any


def copy(value: Any) -> Any:
    """A deep copy of a JSON value."""
    return json.loads(json.dumps(value, default=dict))


def leaves(value: Any, pointer: str = "") -> Iterator[tuple[str, Any]]:
    """JSON Pointers of all scalars with their values."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield from leaves(member, f"{pointer}/{escape(name)}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, f"{pointer}/{index}")
    else:
        yield pointer, value


def kind_of(pointer: str) -> str:
    """A JSON Pointer with its array indexes left out."""
    return "/".join("*" if part.isdecimal() else part for part in pointer.split("/"))


def objects(value: Any, pointer: str = "") -> Iterator[str]:
    """JSON Pointers of all objects, the outermost first."""
    if isinstance(value, dict):
        yield pointer
        for name, member in value.items():
            yield from objects(member, f"{pointer}/{escape(name)}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from objects(item, f"{pointer}/{index}")


def at(value: Any, pointer: str) -> Any:
    """The value at a JSON Pointer; None where there is none."""
    for part in parts(pointer):
        if isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        elif isinstance(value, dict):
            value = value.get(part)
        else:
            return None
    return value


def nested(pointer: str, value: Any) -> dict[str, Any]:
    """The merge patch that puts a value at a pointer through objects."""
    for part in reversed(parts(pointer)):
        value = {part: value}
    result: dict[str, Any] = value
    return result


def nested_at(pattern: str, value: Any) -> Any:
    """The smallest body that has a value where a pattern leads to."""
    for part in reversed(parts(pattern)):
        value = [value] if part == "*" else {part: value}
    return value


def put(value: Any, pointer: str, new: Any) -> Any:
    """A copy of a value with something else at a pointer."""
    result = copy(value)
    *path, last = parts(pointer)
    spot = result
    for part in path:
        spot = spot[int(part)] if isinstance(spot, list) else spot[part]
    if isinstance(spot, list):
        spot[int(last)] = new
    else:
        spot[last] = new
    return result


def escape(name: str) -> str:
    """A member name as a part of a JSON Pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")


def parts(pointer: str) -> list[str]:
    """The unescaped parts of a JSON Pointer."""
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def places(value: Any, pattern: str) -> list[str]:
    """JSON Pointers of all that a pattern leads to in a value."""
    found = [("", value)]
    for part in parts(pattern):
        found = [step for pointer, inner in found for step in _steps(pointer, inner, part)]
    return [pointer for pointer, _ in found]


def _steps(pointer: str, value: Any, part: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, list):
        for index, item in enumerate(value):
            if part in {"*", str(index)}:
                yield f"{pointer}/{index}", item
    elif isinstance(value, dict) and part in value:
        yield f"{pointer}/{escape(part)}", value[part]


def lacking(value: Any, pattern: str, above: str = "") -> Iterator[str]:
    """JSON Pointers that a pattern leads to where nothing is, or nothing but an empty value.

    An object on the way is there or not; elements are lacking nothing where there are none.
    """
    head, *rest = parts(pattern)
    below = "".join(f"/{escape(part)}" for part in rest)
    if head == "*":
        for index, item in enumerate(value if isinstance(value, list) else ()):
            if rest:
                yield from lacking(item, below, f"{above}/{index}")
        return
    inner = value.get(head) if isinstance(value, dict) else None
    place = f"{above}/{escape(head)}"
    if rest:
        yield from lacking(inner, below, place)
    elif inner is None or inner in ("", [], {}):
        yield place


def removed(value: Any, pointer: str) -> Any:
    """A copy of a value without what stands at a pointer."""
    result = copy(value)
    *path, last = parts(pointer)
    spot = result
    for part in path:
        spot = spot[int(part)] if isinstance(spot, list) else spot[part]
    if isinstance(spot, list):
        del spot[int(last)]
    else:
        del spot[last]
    return result
