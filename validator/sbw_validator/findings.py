"""What is wrong with a value, where, and what to do about it."""

import json
from dataclasses import dataclass
from typing import Any

LONGEST_GOT = 120
ENCODER = json.JSONEncoder(ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault of a value.

    `pointer` is the JSON Pointer (RFC 6901) of the fault; `pointers` are all those that a
    provider may give for it, `pointer` among them. `keyword` is the JSON Schema keyword, the
    word `rule` or `malformed`. `line` counts from 1 and is known only for files.
    """

    requirement: str
    pointer: str
    expected: str
    got: str
    hint: str
    keyword: str
    line: int | None = None
    pointers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.pointer not in self.pointers:
            object.__setattr__(self, "pointers", (self.pointer, *self.pointers))

    def to_json(self) -> dict[str, Any]:
        """Return the finding as a JSON object; `line` only where it is known."""
        names = ("requirement", "pointer", "expected", "got", "hint", "keyword", "line")
        members: dict[str, Any] = {name: getattr(self, name) for name in names}
        if self.line is None:
            del members["line"]
        return {**members, "pointers": list(self.pointers)}

    def __str__(self) -> str:
        place = self.pointer or "(the whole value)"
        return f"{self.requirement} {place}: expected {self.expected}, got {self.got}. {self.hint}"


def shown(value: Any) -> str:
    """Return a value as JSON text, cut to LONGEST_GOT characters; what is behind is not read."""
    text = ""
    try:
        for piece in ENCODER.iterencode(value[:LONGEST_GOT] if isinstance(value, str) else value):
            text += piece
            if len(text) > LONGEST_GOT:
                break
    except (TypeError, ValueError, RecursionError):
        text = f"a Python {type(value).__name__}"
    cut = text if len(text) <= LONGEST_GOT else f"{text[: LONGEST_GOT - 1]}…"
    return cut.encode("utf-8", "backslashreplace").decode()


def printable(text: str) -> str:
    r"""Return a text as one line that does nothing to a terminal: other characters escaped.

    Bytes of a file name that are not UTF-8 become `\xe9` and the like.
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _escaped(char) for char in text)


def _escaped(char: str) -> str:
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:  # how Python writes such a byte (PEP 383)
        return f"\\x{code - 0xDC00:02x}"
    return char.encode("unicode_escape").decode()


def pointer_to(*parts: str | int) -> str:
    """Return the JSON Pointer of a path of member names and indexes."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def parts_of(pointer: str) -> list[str]:
    """Return the unescaped parts of a JSON Pointer; none for the empty pointer."""
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
