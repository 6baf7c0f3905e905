"""How large one document may be: what keeps the memory of a reader bounded.

A record of the standard is far smaller. Many records belong into NDJSON, where each line is a
document of its own.
"""

import re

from sbw_validator.errors import OversizedError

LARGEST = 64 * 1024 * 1024
"""Bytes of a document."""
MOST_VALUES = 100_000
"""Objects, arrays, texts, numbers and words in a document."""
LONGEST_TEXT = 1024 * 1024
"""Bytes of one text or member name, in JSON as it is written."""

STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
EMPTY = re.compile(rb"\[[ \t\r\n]*+\]|\{[ \t\r\n]*+\}")
MARKS = (b",", b"[", b"{")  # what the first value of a container and each further one stand behind


def too_large() -> OversizedError:
    """Return the error about a document of more than LARGEST bytes."""
    return OversizedError(f"it is larger than {LARGEST >> 20} MiB, the most for one document")


def too_many() -> OversizedError:
    """Return the error about a document of more than MOST_VALUES values."""
    return OversizedError(f"it holds more than {MOST_VALUES:,} values, the most for one document")


def too_long() -> OversizedError:
    """Return the error about a text of more than LONGEST_TEXT bytes."""
    return OversizedError(
        f"it holds a text of more than {LONGEST_TEXT >> 20} MiB, the most for one"
    )


def hold(content: bytes) -> None:
    """Raise OversizedError for JSON text beyond a bound, before a value is made of it."""
    if len(content) > LARGEST:
        raise too_large()
    at_most = 1 + sum(map(content.count, MARKS))
    if len(content) <= LONGEST_TEXT and at_most <= MOST_VALUES:
        return
    values, end = 1, 0
    for strings, string in enumerate(STRING.finditer(content), 1):
        values += _between(content, end, string.start())
        end = string.end()
        if end - string.start() > LONGEST_TEXT + len('""'):
            raise too_long()
        if values > MOST_VALUES or strings > 2 * MOST_VALUES:  # names are strings too
            raise too_many()
    if values + _between(content, end, len(content)) > MOST_VALUES:
        raise too_many()


def _between(content: bytes, start: int, end: int) -> int:
    """Return how many values begin in a part of JSON text that has no strings, the first aside."""
    marks = sum(content.count(mark, start, end) for mark in MARKS)
    if marks > 2 * MOST_VALUES:  # at least half of these are values, so do not look closer
        return marks
    return marks - sum(1 for _ in EMPTY.finditer(content, start, end))
