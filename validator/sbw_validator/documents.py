"""Files of JSON and NDJSON, read so that findings can name lines."""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sbw_validator.errors import MalformedJSON, UnreadableDocumentError
from sbw_validator.findings import Finding
from sbw_validator.ijson import parse_ijson, positions

__all__ = ["Document", "MalformedJSON", "parse_ijson", "positions", "read_documents"]

STDIN = "-"
STDIN_NAME = "<stdin>"
LINES = frozenset({".ndjson", ".jsonl"})
SUFFIXES = LINES | {".json"}
# A file of any class can be malformed, so this is the requirement of core, whatever it holds.
WELL_FORMED = "CORE-031"


@dataclass(frozen=True, slots=True)
class Document:
    """One JSON value of a file: a whole JSON file, or a line of NDJSON.

    `line` is where it begins. A value that is malformed is None, and `malformed` tells why.
    """

    name: str
    line: int
    value: Any
    malformed: Finding | None = None
    content: bytes = field(default=b"", repr=False)

    def located(self, findings: Iterable[Finding]) -> list[Finding]:
        """Return findings about the value with their lines, in the order of the lines.

        What is absent has the line of what it is absent from.
        """
        found = list(findings)
        if not found:
            return []
        lines = positions(self.content)
        placed = [replace(f, line=self._line(lines, f.pointer)) for f in found]
        return sorted(placed, key=lambda finding: finding.line or 0)

    def _line(self, lines: dict[str, int], pointer: str) -> int:
        while pointer not in lines:
            pointer = pointer.rpartition("/")[0]
        return self.line + lines[pointer] - 1


def read_documents(source: str | Path) -> Iterator[Document]:
    """Yield the documents of a file, of a folder's files, or of standard input (`-`).

    Files ending in .ndjson or .jsonl hold a value a line, others one value; standard input is
    either. A folder is walked in the order of names, only for .json, .ndjson and .jsonl.
    UnreadableDocumentError if a file cannot be opened or a folder holds nothing to read.
    """
    if str(source) == STDIN:
        yield from _standard_input(sys.stdin.buffer.read())
        return
    path = Path(source)
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.suffix in SUFFIXES)
        if not files:
            raise UnreadableDocumentError(str(path), "it holds no .json, .ndjson or .jsonl file")
        for file in files:
            yield from _file(file)
    else:
        yield from _file(path)


def _file(path: Path) -> Iterator[Document]:
    try:
        with path.open("rb") as stream:
            if path.suffix in LINES:
                yield from _lines(stream, str(path))
            else:
                yield _document(stream.read(), str(path), 1)
    except OSError as error:
        raise UnreadableDocumentError(str(path), error.strerror or str(error)) from None


def _lines(stream: Iterable[bytes], name: str) -> Iterator[Document]:
    """Yield a document for each line that is not blank; one line at a time is in memory."""
    for number, line in enumerate(stream, 1):
        if line.strip():
            yield _document(line.rstrip(b"\r\n"), name, number)


def _standard_input(content: bytes) -> Iterator[Document]:
    """Yield one document, or one a line where every line is a value of its own."""
    whole = _document(content, STDIN_NAME, 1)
    if whole.malformed is None:
        yield whole
        return
    lines = list(_lines(content.splitlines(keepends=True), STDIN_NAME))
    many = len(lines) > 1 and lines[0].malformed is None
    yield from lines if many else [whole]


def _document(content: bytes, name: str, line: int) -> Document:
    try:
        return Document(name, line, parse_ijson(content), content=content)
    except MalformedJSON as error:
        finding = Finding(
            requirement=WELL_FORMED,
            pointer="",
            expected="I-JSON (RFC 7493)",
            got=f"text that {error.reason}, at column {error.column}",
            hint="Mend the text there.",
            keyword="malformed",
            line=line + error.line - 1,
        )
        return Document(name, line, None, finding, content)
