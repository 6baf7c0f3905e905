"""What can go wrong before a value is judged.

SBWError
├── StandardError            a file of the standard says what this program does not understand
├── UnknownSchemaError       a schema or variant was asked for that the standard does not have
├── MalformedError           bytes that say nothing certain, or nothing that JSON can say
│   ├── MalformedJSON        they are not I-JSON (RFC 7493)
│   └── MalformedYAML        they are not YAML, or hold what JSON does not have
├── OversizedError           a document beyond the bounds of `limits`
└── UnreadableDocumentError  a file that cannot be read at all
"""

from collections.abc import Iterable
from difflib import get_close_matches

from sbw_validator.findings import printable


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


class MalformedError(SBWError):
    """Bytes that cannot be read as a value; `line` and `column` count from 1."""

    def __init__(
        self, reason: str, line: int, column: int, hint: str = "Mend the text there."
    ) -> None:
        super().__init__(reason, line, column, hint)
        self.reason = reason
        self.line = line
        self.column = column
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.reason} (line {self.line}, column {self.column})"


class MalformedJSON(MalformedError):  # noqa: N818 - a noun that says enough
    """Bytes that are not I-JSON."""


class MalformedYAML(MalformedError):  # noqa: N818 - as above
    """Bytes that are not YAML, or hold what JSON does not have."""


class OversizedError(SBWError):
    """A document that is refused for its size; `reason` names the bound."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class UnreadableDocumentError(SBWError):
    """A file that is not there, is no file, cannot be opened, or is too large.

    `line` is known where only what begins there cannot be read.
    """

    def __init__(
        self,
        path: str,
        reason: str,
        advice: str = "Check the path and its permissions.",
        line: int | None = None,
    ) -> None:
        super().__init__(path, reason, advice, line)
        self.path = path
        self.reason = reason
        self.advice = advice
        self.line = line

    def __str__(self) -> str:
        place = printable(self.path) if self.line is None else f"{printable(self.path)}:{self.line}"
        return f"{place} cannot be read: {self.reason}. {self.advice}"
