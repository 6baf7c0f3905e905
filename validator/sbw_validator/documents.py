"""Documents of JSON, NDJSON and YAML, read so that findings can name lines."""

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO

from sbw_validator import limits
from sbw_validator.errors import (
    MalformedError,
    MalformedJSON,
    OversizedError,
    UnreadableDocumentError,
)
from sbw_validator.findings import Finding
from sbw_validator.ijson import lines_of, parse_ijson, positions
from sbw_validator.lines import Lines
from sbw_validator.plainyaml import parse_yaml, yaml_lines
from sbw_validator.sources import open_file, unreadable

__all__ = ["Document", "MalformedJSON", "parse_ijson", "positions", "read_documents"]

STDIN = "-"
STDIN_NAME = "<stdin>"
# A file of any class can be malformed, so this is the requirement of core, whatever it holds.
WELL_FORMED = "CORE-031"
SMALLER = "Records one a line in a file named .ndjson are documents of their own."
SHORTER = "Shorten the line; what stands behind it has not been read."


@dataclass(frozen=True, slots=True)
class Syntax:
    """How a value is written: in words, how it is read, and how its lines are found."""

    expected: str
    parse: Callable[[bytes], Any]
    lines: Callable[[bytes], Lines]


def _parse_json(content: bytes) -> Any:
    try:
        limits.hold(content)
    except OversizedError:
        if len(content) <= limits.LONGEST_TEXT:
            parse_ijson(content)  # of a small text that is malformed too, this says more
        raise
    return parse_ijson(content)


JSON = Syntax("I-JSON (RFC 7493)", _parse_json, lines_of)
YAML = Syntax("YAML that says what I-JSON (RFC 7493) can say", parse_yaml, yaml_lines)
LINES = frozenset({".ndjson", ".jsonl"})
SYNTAXES = {".yaml": YAML, ".yml": YAML}


@dataclass(frozen=True, slots=True)
class Document:
    """One value of a file: all of a JSON or YAML file, or a line of NDJSON.

    `line` is where it begins. A value that is malformed is None, and `malformed` tells why.
    """

    name: str
    line: int
    value: Any
    malformed: Finding | None = None
    content: bytes = field(default=b"", repr=False)
    syntax: Syntax = field(default=JSON, repr=False)

    def located(self, findings: Iterable[Finding]) -> list[Finding]:
        """Return findings about the value with their lines, in the order of the lines.

        What is absent has the line of what it is absent from.
        """
        found = list(findings)
        if not found:
            return []
        lines = self.syntax.lines(self.content)
        before = self.line - 1
        placed = [replace(f, line=before + lines.at(f.pointer)) for f in found]
        return sorted(placed, key=lambda finding: finding.line or 0)


def read_documents(source: str | Path) -> Iterator[Document]:
    """Yield the documents of a file, or of standard input (`-`).

    Files ending in .ndjson or .jsonl hold a JSON value a line, in .yaml or .yml one of YAML,
    others one of JSON; standard input is JSON or NDJSON. UnreadableDocumentError if a file is
    none, cannot be opened, or holds a document beyond the bounds of `limits`; what comes before
    that in NDJSON is yielded.
    """
    if source == STDIN:
        if sys.stdin is None:
            raise UnreadableDocumentError(STDIN_NAME, "it is closed", "Give it a file or a pipe.")
        yield from _reading(STDIN_NAME, sys.stdin.buffer, _standard_input)
        return
    path = Path(source)
    with open_file(path) as stream:
        suffix = path.suffix.lower()
        if suffix in LINES:
            yield from _reading(str(path), stream, _lines)
        elif path.stat().st_size > limits.LARGEST:
            raise UnreadableDocumentError(str(path), limits.too_large().reason, SMALLER)
        else:
            syntax = SYNTAXES.get(suffix, JSON)
            yield from _reading(str(path), stream, lambda s, name: iter([_whole(s, name, syntax)]))


def _reading(
    name: str, stream: BinaryIO, read: Callable[[BinaryIO, str], Iterator[Document]]
) -> Iterator[Document]:
    """Yield what is read, and say of which file it is that it cannot be."""
    try:
        yield from read(stream, name)
    except OSError as error:
        raise unreadable(name, error) from None


def _whole(
    stream: BinaryIO, name: str, syntax: Syntax, begun: bytes = b"", line: int = 1
) -> Document:
    """Return the document that a file is; of its text `begun` has been read already."""
    content = begun + stream.read(limits.LARGEST + 1 - len(begun))
    try:
        return _document(content, name, line, syntax)
    except OversizedError as error:
        raise UnreadableDocumentError(name, error.reason, SMALLER) from None


def _lines(stream: BinaryIO, name: str, first: int = 1) -> Iterator[Document]:
    """Yield a document for each line that is not blank; one line at a time is in memory."""
    number = first
    while line := stream.readline(limits.LARGEST + 1):
        if line.strip():
            yield _line(line, name, number)
        number += 1


def _standard_input(stream: BinaryIO, name: str) -> Iterator[Document]:
    """Yield a document a line where the first line that is not blank is one, else a single one."""
    number = 1
    while (begun := stream.readline(limits.LARGEST + 1)) and not begun.strip():
        number += 1
    if begun:
        first = _line(begun, name, number)
        if first.malformed is None:
            yield first
            yield from _lines(stream, name, number + 1)
            return
    yield _whole(stream, name, JSON, begun, number if begun else 1)


def _line(line: bytes, name: str, number: int) -> Document:
    try:
        return _document(line.rstrip(b"\r\n"), name, number, JSON)
    except OversizedError as error:
        raise UnreadableDocumentError(name, error.reason, SHORTER, number) from None


def _document(content: bytes, name: str, line: int, syntax: Syntax) -> Document:
    try:
        if len(content) > limits.LARGEST:
            raise limits.too_large()
        if not content or content.isspace():
            raise MalformedJSON("is empty", 1, 1, "Write a document into it.")
        return Document(name, line, syntax.parse(content), None, content, syntax)
    except MalformedError as error:
        finding = Finding(
            requirement=WELL_FORMED,
            pointer="",
            expected=syntax.expected,
            got=f"text that {error.reason}, at column {error.column}",
            hint=error.hint,
            keyword="malformed",
            line=line + error.line - 1,
        )
        return Document(name, line, None, finding, content, syntax)
