"""In which line of a text each of its values begins."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from sbw_validator.findings import parts_of, pointer_to


@dataclass(slots=True)
class Lines:
    """The line of a value, that of its name if it has one, and of the values inside it.

    A tree and not a mapping of JSON Pointers: long names around many values would make those
    larger than the text by orders of magnitude.
    """

    line: int
    inside: "dict[str, Lines | int]" = field(default_factory=dict)

    def of(self, path: Iterable[str | int]) -> int:
        """Return the line of the value at a path, or of the nearest one around it."""
        here: Lines | int = self
        for part in path:
            inner = None if isinstance(here, int) else here.inside.get(str(part))
            if inner is None:
                break
            here = inner
        return here if isinstance(here, int) else here.line

    def at(self, pointer: str) -> int:
        """Return the line of the value at a JSON Pointer, or of the nearest one around it."""
        return self.of(parts_of(pointer))

    def open(self, name: str) -> "Lines":
        """Return the lines of a value inside, whose own line has been noted."""
        noted = self.inside[name]
        opened = noted if isinstance(noted, Lines) else Lines(noted)
        self.inside[name] = opened
        return opened

    def by_pointer(self) -> dict[str, int]:
        """Return the line of every value by its JSON Pointer."""
        return dict(_listed(self, ""))


def _listed(lines: Lines, pointer: str) -> Iterator[tuple[str, int]]:
    yield pointer, lines.line
    for part, child in lines.inside.items():
        place = pointer + pointer_to(part)
        if isinstance(child, int):
            yield place, child
        else:
            yield from _listed(child, place)
