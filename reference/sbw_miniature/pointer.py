"""JSON Pointers (RFC 6901), and patterns of them in which `*` stands for any index of an array."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Place:
    """A value where it stands: its pointer, and the object or array that holds it under `key`."""

    pointer: str
    holder: Any
    key: Any

    @property
    def value(self) -> Any:
        """The value that stands here."""
        return self.holder[self.key]

    def put(self, value: Any) -> None:
        """Put another value here."""
        self.holder[self.key] = value

    def clear(self) -> None:
        """Take the value away from its holder."""
        del self.holder[self.key]


def join(pointer: str, name: object) -> str:
    """Return the pointer of the member or element `name` of the value at `pointer`."""
    return f"{pointer}/{str(name).replace('~', '~0').replace('/', '~1')}"


def split(pattern: str) -> list[str]:
    """Return the names that a pointer or pattern is made of."""
    return [name.replace("~1", "/").replace("~0", "~") for name in pattern.split("/")[1:]]


def members(value: Any, pointer: str = "") -> Iterator[Place]:
    """Yield the places directly within an object or an array; other values have none."""
    keys = (
        value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    )
    for key in keys:
        yield Place(join(pointer, key), value, key)


def places(value: Any, pattern: str) -> Iterator[Place]:
    """Yield the places in `value` that a pointer or pattern leads to and that are there."""
    return _places(value, split(pattern), "")


def _places(value: Any, names: list[str], pointer: str) -> Iterator[Place]:
    for key in _keys(value, names[0]):
        here = join(pointer, key)
        if len(names) == 1:
            yield Place(here, value, key)
        else:
            yield from _places(value[key], names[1:], here)


def _keys(value: Any, name: str) -> Iterable[Any]:
    if isinstance(value, list):
        indices = range(len(value))
        return indices if name == "*" else [index for index in indices if str(index) == name]
    return [name] if isinstance(value, dict) and name in value else []
