"""Mistakes with versions, instants and what is compared with them."""

import re
from collections.abc import Callable
from typing import Any

from sbw_reference.defects.defect import Defect
from sbw_reference.records import Row
from sbw_reference.tags import CODING, TAG

Record = dict[str, Any]
READ = "read"
ASIDE = ("tags", "custom_fields", "extensions")
SECOND = 1_000  # milliseconds
MATCHING = ("update+if-match", "delete+if-match", "upsert+if-match")


def _aside(original: Any) -> Any:
    """Keep the version where nothing changed but what stands in tables of its own."""

    def version(before: Row | None, body: Record, sequence: int) -> str:
        if before is not None:
            names = {*before.body, *body}
            changed = [name for name in names if before.body.get(name) != body.get(name)]
            if changed and all(name in ASIDE for name in changed):
                return before.version
        return str(original(before, body, sequence))

    return version


def _whole_seconds(original: Any) -> Any:
    def times(before: Row | None, now: int) -> tuple[int, int]:
        made, changed = original(before, now)
        return made, max(made, changed - changed % SECOND)

    return times


def _matching(fits: Callable[[str, str], bool | None], *operations: str) -> Any:
    """Decide on an If-Match by the header and the version; None leaves it to the original."""

    def make(original: Any) -> Any:
        def if_match(header: str, version: str, operation: str) -> bool:
            there = not operations or operation in operations
            decided = fits(header, version) if there and header.strip() != "*" else None
            return bool(original(header, version, operation)) if decided is None else decided

        return if_match

    return make


def _newer(header: str, version: str) -> bool | None:
    """Compare as numbers: what claims to be newer than the record is let through."""
    held = [int(tag) for tag in TAG.findall(header) if tag.isdecimal()]
    return True if version.isdecimal() and any(one >= int(version) for one in held) else None


def _beginning(header: str, version: str) -> bool | None:
    return True if any(tag and version.startswith(tag) for tag in TAG.findall(header)) else None


def _unreadable(header: str, _version: str) -> bool | None:
    """Take a header without a tag for none at all."""
    return None if TAG.findall(header) else True


def _first(header: str, version: str) -> bool:
    return version in [CODING.sub("", tag) for tag in TAG.findall(header)[:1]]


def _strong(header: str, _version: str) -> bool | None:
    return False if re.search(r'W/"', header) else None


def _uncoded(header: str, version: str) -> bool:
    return version in TAG.findall(header)


def _part(original: Any) -> Any:
    """Look for the version anywhere in the header."""

    def if_none_match(header: str, version: str | None, operation: str) -> bool:
        if operation != READ or version is None or header.strip() == "*":
            return bool(original(header, version, operation))
        return version not in header

    return if_none_match


def _one_behind(original: Any) -> Any:
    """Tell in the answer to an update the tag that the record had before."""
    last: dict[str, str] = {}

    def etag(record: Record, operation: str) -> str:
        tag: str = original(record, operation)
        before = last.get(record["id"], tag)
        last[record["id"]] = tag
        return before if operation == "update" else tag

    return etag


def _empty_is_something(original: Any) -> Any:
    def unchanged(before: Record, after: Record, equal: Any) -> bool:
        return bool(original(before, after, equal)) and set(before) == set(after)

    return unchanged


DEFECTS = (
    Defect(
        "version-blind-for-side-tables",
        "A change of tags, custom fields or extensions alone leaves the version as it was",
        ("CORE-044",),
        ("update=200", "upsert=200"),
        "version",
        _aside,
    ),
    Defect(
        "updated-at-in-seconds",
        "The instant of the last change is cut to seconds",
        ("CORE-034",),
        ("update=200", "upsert=200"),
        "times",
        _whole_seconds,
    ),
    Defect(
        "if-match-as-number",
        "A version in If-Match that is greater than the record's is let through",
        ("CORE-041",),
        MATCHING,
        "if_match",
        _matching(_newer),
    ),
    Defect(
        "if-match-by-beginning",
        "A version in If-Match that the record's begins with is let through",
        ("CORE-041",),
        MATCHING,
        "if_match",
        _matching(_beginning),
    ),
    Defect(
        "unreadable-if-match-overwrites",
        "An If-Match without a tag in quotes lets an update overwrite",
        ("CORE-041",),
        ("update+if-match",),
        "if_match",
        _matching(_unreadable, "update"),
    ),
    Defect(
        "if-match-reads-the-first",
        "Of a list of tags in If-Match only the first is read",
        ("CORE-094",),
        ("update+if-match",),
        "if_match",
        _matching(_first, "update"),
    ),
    Defect(
        "weak-if-match-refused",
        "A tag in If-Match that a proxy weakened never matches",
        ("CORE-094",),
        MATCHING,
        "if_match",
        _matching(_strong),
    ),
    Defect(
        "deletion-knows-no-coded-tag",
        "A tag that a proxy marked with a coding matches in updates and not in deletions",
        ("CORE-094",),
        ("delete+if-match",),
        "if_match",
        _matching(_uncoded, "delete"),
    ),
    Defect(
        "if-none-match-by-part",
        "A version is found in If-None-Match where it is part of another one",
        ("CORE-093",),
        ("read+if-none-match",),
        "if_none_match",
        _part,
    ),
    Defect(
        "etag-one-behind",
        "The answer to an update has the tag from before it",
        ("CORE-043", "BULK-002"),
        ("update=200",),
        "etag",
        _one_behind,
    ),
    Defect(
        "delete-needs-if-match",
        "A deletion without If-Match is refused",
        ("CORE-072", "BULK-007"),
        ("delete",),
        "needs_if_match",
        lambda original: lambda operation: operation == "delete" or original(operation),
    ),
    Defect(
        "no-op-compares-empty-arrays",
        "An empty array where there was none counts as a change",
        ("CORE-045",),
        ("update=200", "upsert=200"),
        "unchanged",
        _empty_is_something,
    ),
)
