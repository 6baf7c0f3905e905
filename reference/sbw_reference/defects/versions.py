"""Mistakes with Same value, versions and entity tags."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sbw_reference.defects.defect import WRITTEN, Defect
from sbw_reference.problems import Problem, Refusal
from sbw_reference.records import Row

Record = dict[str, Any]


def _conflict(operation: str, refusal: Problem) -> Any:
    """Refuse an operation with a stale version in another way."""

    def make(original: Any) -> Any:
        def if_match(header: str, version: str, asked: str) -> bool:
            found = bool(original(header, version, asked))
            if not found and asked == operation:
                raise Refusal(refusal)
            return found

        return if_match

    return make


def _ignored(operation: str) -> Any:
    return lambda original: (
        lambda header, version, asked: asked == operation or original(header, version, asked)
    )


def _missing(**changes: Any) -> Any:
    def make(original: Any) -> Any:
        def problem(found: Problem) -> Problem:
            given: Problem = original(found)
            return replace(given, **changes) if given.status == 428 else given

        return problem

    return make


def _hash(record: Record) -> str:
    return hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()[:16]


def _content_version(_original: Any) -> Any:
    return lambda _before, body, _sequence: _hash(body)


def _toggled(_original: Any) -> Any:
    return lambda before, _body, _sequence: "b" if before and before.version == "a" else "a"


def _first_level_only(original: Any) -> Any:
    """Give a new version only when a member of the top level came or went."""

    def version(before: Row | None, body: Record, sequence: int) -> str:
        if before is not None and before.body.get("external_ids") != body.get("external_ids"):
            return before.version
        return str(original(before, body, sequence))

    return version


def _bumped(_original: Any) -> Any:
    return lambda _before, _after, _equal: False


def _by_text(_original: Any) -> Any:
    return lambda before, after, _equal: before == after


def _nothing_to_do(original: Any) -> Any:
    def unchanged(before: Record, after: Record, equal: Any) -> bool:
        if original(before, after, equal):
            raise Refusal(Problem(400, "nothing-changed", "The update changes nothing."))
        return False

    return unchanged


def _in_lists(change: Callable[[Record], Record]) -> Any:
    return lambda original: (
        lambda record, operation, grant: (
            change(original(record, operation, grant))
            if operation == "list"
            else original(record, operation, grant)
        )
    )


def _old_version(record: Record) -> Record:
    return {**record, "meta": {**record["meta"], "version": "1"}}


def _summary(record: Record) -> Record:
    """Leave out what costs a join."""
    joined = {
        name
        for name, value in record.items()
        if isinstance(value, list) and any(isinstance(item, dict) for item in value)
    }
    return {name: record[name] for name in record if name not in joined - {"external_ids"}}


def _no_star(status: int, name: str) -> Any:
    def make(original: Any) -> Any:
        def if_match(header: str, version: str, operation: str) -> bool:
            if header.strip() == "*" and operation == "update":
                raise Refusal(Problem(status, name, "Send a version."))
            return bool(original(header, version, operation))

        return if_match

    return make


DEFECTS = (
    Defect(
        "stale-update-wins",
        "An update ignores If-Match: the last writer wins",
        ("CORE-041",),
        ("update=412",),
        "if_match",
        _ignored("update"),
    ),
    Defect(
        "stale-update-409",
        "A stale version is a conflict without a registered type",
        ("CORE-041",),
        ("update=412",),
        "if_match",
        _conflict("update", Problem(409, "edit-conflict", "Somebody else was faster.")),
    ),
    Defect(
        "if-match-optional",
        "An update without If-Match overwrites",
        ("CORE-042",),
        ("update=428",),
        "needs_if_match",
        lambda _original: lambda _operation: False,
    ),
    Defect(
        "missing-if-match-412",
        "An update without If-Match is refused as if its version were stale",
        ("CORE-042",),
        ("update=428",),
        "problem",
        _missing(status=412, name="version-conflict"),
    ),
    Defect(
        "missing-if-match-400",
        "An update without If-Match is a bad request",
        ("CORE-042",),
        ("update=428",),
        "problem",
        _missing(status=400, name="missing-header"),
    ),
    Defect(
        "etag-is-a-hash",
        "ETag is a hash of the answer instead of the version",
        ("CORE-043",),
        ("read=200", "read=304", *WRITTEN),
        "etag",
        lambda _original: lambda record, _operation: f'"{_hash(record)}"',
    ),
    Defect(
        "etag-without-quotes",
        "ETag has no quotes",
        ("CORE-043", "BULK-001"),
        ("read=200", "read=304", *WRITTEN),
        "etag",
        lambda original: lambda record, operation: original(record, operation).strip('"'),
    ),
    Defect(
        "create-without-etag",
        "The answer to a create has no ETag",
        ("CORE-043",),
        ("create=201",),
        "etag",
        lambda original: (
            lambda record, operation: None if operation == "create" else original(record, operation)
        ),
    ),
    Defect(
        "version-is-a-content-hash",
        "The version is a hash of the content: bringing an old state back brings its version back",
        ("CORE-044",),
        WRITTEN,
        "version",
        _content_version,
    ),
    Defect(
        "version-toggles",
        "A record has two versions in turn",
        ("CORE-044", "BULK-002"),
        WRITTEN,
        "version",
        _toggled,
    ),
    Defect(
        "version-blind-for-external-ids",
        "A change of external ids leaves the version as it was",
        ("CORE-044",),
        ("update=200", "upsert=200"),
        "version",
        _first_level_only,
    ),
    Defect(
        "no-op-bumps-version",
        "Every update makes a new version, also one that changes nothing",
        ("CORE-045",),
        ("update=200", "upsert=200"),
        "unchanged",
        _bumped,
    ),
    Defect(
        "no-op-compares-text",
        "A value that is spelled in another way counts as changed",
        ("CORE-045",),
        ("update=200", "upsert=200"),
        "unchanged",
        _by_text,
    ),
    Defect(
        "no-op-refused",
        "An update that changes nothing is refused",
        ("CORE-045", "CORE-086", "CORE-122"),
        ("update=200", "upsert=200"),
        "unchanged",
        _nothing_to_do,
    ),
    Defect(
        "list-shows-first-version",
        "Lists show the version that a record began with",
        ("CORE-046",),
        ("list=200",),
        "serialise",
        _in_lists(_old_version),
    ),
    Defect(
        "list-leaves-out-arrays",
        "Lists leave out what costs a join",
        ("CORE-046", "CORE-067"),
        ("list=200",),
        "serialise",
        _in_lists(_summary),
    ),
    Defect(
        "star-is-no-version",
        "If-Match: * is compared like a version and never matches",
        ("CORE-048",),
        ("update+if-match",),
        "if_match",
        _no_star(412, "version-conflict"),
    ),
    Defect(
        "star-refused",
        "If-Match: * is refused as if it were missing",
        ("CORE-048",),
        ("update+if-match",),
        "if_match",
        _no_star(428, "precondition-required"),
    ),
    Defect(
        "delete-ignores-if-match",
        "A deletion ignores If-Match",
        ("CORE-049", "BULK-002"),
        ("delete=412",),
        "if_match",
        _ignored("delete"),
    ),
    Defect(
        "stale-delete-409",
        "A deletion of a stale version is a conflict without a registered type",
        ("CORE-049",),
        ("delete=412",),
        "if_match",
        _conflict("delete", Problem(409, "edit-conflict", "Somebody else was faster.")),
    ),
)
