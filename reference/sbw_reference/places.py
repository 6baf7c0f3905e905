"""Places in a value: paths of member names, with `*` for every element of an array."""

from collections.abc import Iterator, Mapping
from typing import Any

from sbw_validator.findings import parts_of

Pattern = tuple[str, ...]
Path = tuple[str | int, ...]
EACH = "*"


def pattern_of(pointer: str) -> Pattern:
    """Return the pattern of a JSON Pointer with `*` for every element."""
    return tuple(parts_of(pointer))


def path_in(value: Any, pointer: str) -> Path:
    """Return the path of a pointer into a value, with the indexes of arrays as numbers."""
    path: list[str | int] = []
    for part in parts_of(pointer):
        index = isinstance(value, list) and part.isdecimal()
        path.append(int(part) if index else part)
        value = at(value, (path[-1],))
    return tuple(path)


def found(value: Any, pattern: Pattern) -> Iterator[tuple[Path, Any]]:
    """Yield path and value of each place that a pattern leads to and that is there."""
    if not pattern:
        yield (), value
        return
    head, rest = pattern[0], pattern[1:]
    if isinstance(value, Mapping):
        if head in value:
            for path, inner in found(value[head], rest):
                yield (head, *path), inner
    elif head == EACH and isinstance(value, list):
        for index, item in enumerate(value):
            for path, inner in found(item, rest):
                yield (index, *path), inner


def lacking(value: Any, pattern: Pattern) -> Iterator[Path]:
    """Yield the places of a pattern where nothing is, not even an empty value.

    Where an array is empty or absent, nothing is lacking in its elements.
    """
    head, rest = pattern[0], pattern[1:]
    if head == EACH:
        for index, item in enumerate(value if isinstance(value, list) else ()):
            if rest:
                yield from ((index, *path) for path in lacking(item, rest))
        return
    inner = value.get(head) if isinstance(value, Mapping) else None
    if rest:
        yield from ((head, *path) for path in lacking(inner, rest))
    elif nothing(inner):
        yield (head,)


def nothing(value: Any) -> bool:
    """Return whether a value is the Same value as an absent one."""
    if isinstance(value, Mapping):
        return all(nothing(member) for member in value.values())
    return value is None or value == []


def put(value: Any, path: Path, new: Any) -> Any:
    """Return the value with another one at a place that is there."""
    if not path:
        return new
    head, rest = path[0], path[1:]
    if isinstance(head, int):
        return [*value[:head], put(value[head], rest, new), *value[head + 1 :]]
    return {**value, head: put(value[head], rest, new)}


def at(value: Any, path: Path) -> Any:
    """Return the value at a place, None where there is none."""
    for part in path:
        if isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
        else:
            value = value.get(part) if isinstance(value, Mapping) else None
    return value


def without(value: Any, path: Path) -> Any:
    """Return the value without the member or element at a place; the same if it is not there."""
    head, rest = path[0], path[1:]
    if isinstance(value, list) and isinstance(head, int) and head < len(value):
        kept = [without(value[head], rest)] if rest else []
        return [*value[:head], *kept, *value[head + 1 :]]
    if not isinstance(value, Mapping) or head not in value:
        return value
    others = {name: member for name, member in value.items() if name != head}
    return {**value, head: without(value[head], rest)} if rest else others


def full(value: Any) -> Any:
    """Return the value without members that are null, at any depth."""
    if isinstance(value, Mapping):
        return {name: full(member) for name, member in value.items() if member is not None}
    return [full(item) for item in value] if isinstance(value, list) else value
