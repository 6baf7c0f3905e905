"""What can go wrong before a value is judged.

SBWError
├── StandardError            a file of the standard says what this program does not understand
├── UnknownSchemaError       a schema or variant was asked for that the standard does not have
├── MalformedJSON            bytes that are not I-JSON (RFC 7493)
└── UnreadableDocumentError  a file that cannot be read at all
"""

from collections.abc import Iterable
from difflib import get_close_matches


class SBWError(Exception):
    """A mistake that its message explains: what, where, what to try."""


class StandardError(SBWError):
    """A file of the standard that cannot be used as it is."""

    def __init__(self, problem: str, *, file: str, advice: str, line: int | None = None) -> None:
        super().__init__(problem, file, line, advice)
        self.problem = problem
        self.file = file
        self.line = line
        self.advice = advice

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.problem}. {self.advice}"


class UnknownSchemaError(SBWError):
    """A name or variant of a schema that the standard does not have."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        super().__init__(name)
        self.name = name
        self.known = tuple(sorted(known))

    def __str__(self) -> str:
        near = get_close_matches(self.name, self.known, 1)
        advice = f"Did you mean {near[0]!r}?" if near else f"Known are {', '.join(self.known)}."
        return f"There is no {self.name!r} in this version of the standard. {advice}"


class MalformedJSON(SBWError):  # noqa: N818 - a noun that says enough
    """Bytes that are not I-JSON; `line` and `column` count from 1."""

    def __init__(self, reason: str, line: int, column: int) -> None:
        super().__init__(reason, line, column)
        self.reason = reason
        self.line = line
        self.column = column

    def __str__(self) -> str:
        return f"{self.reason} (line {self.line}, column {self.column})"


class UnreadableDocumentError(SBWError):
    """A file that is not there or cannot be opened."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.path} cannot be read: {self.reason}. Check the path and its permissions."
