"""What a write is decided by, as small pure functions."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from sbw_reference import tags
from sbw_reference.entries import Entry
from sbw_reference.problems import Problem, Refusal
from sbw_reference.records import Row
from sbw_validator.findings import Finding

KEY = re.compile(r"[!-~]{1,255}")
UNKNOWN = frozenset({"unevaluatedProperties", "additionalProperties"})
UNSUPPORTED = "unsupported"
UNDEFINED = "undefined"
STRAY = UNKNOWN | {UNSUPPORTED, UNDEFINED}
WRITTEN = "external_id"

Body = Mapping[str, Any]
Findings = tuple[Finding, ...]
Having = Callable[[str, str], list[Row]]
"""Gives the records of the type that hold a text at a pointer."""


def idempotency_key(headers: Mapping[str, str]) -> str | None:
    """Return the Idempotency-Key of a request; refuse one that cannot be remembered."""
    key = headers.get("idempotency-key")
    if key is not None and not KEY.fullmatch(key):
        detail = "An Idempotency-Key has 1 to 255 visible characters."
        raise Refusal(Problem(400, "malformed", detail))
    return key


def same_request(one: Any, other: Any, equal: Callable[[Any, Any], bool]) -> bool:
    """Return whether two requests with one key ask for the same; `equal` is Same value."""
    return equal(one, other)


def remembers(status: int) -> bool:
    """Return whether a request with an Idempotency-Key is remembered with its answer."""
    return 200 <= status < 300


def if_none_match(header: str, version: str | None, operation: str) -> bool:
    """Return whether an If-None-Match lets an operation go on; `version` None for no record."""
    return version is None or not tags.matches(header, version, operation)


def matches_nothing(_header: str) -> bool:
    """Return whether an If-Match lets an upsert go on where there is no record."""
    return False


def tables(type_: str, _operation: str) -> tuple[str, ...]:
    """Return the types among whose records an id of a type is looked for."""
    return (type_,)


def taken_for(_body: Body, _having: Having) -> Row | None:
    """Return the record that a create is taken to mean: none, what is sent is a new one."""
    return None


def droppable(findings: Findings) -> Findings:
    """Return what lenient handling leaves out: members that are not known or not stored."""
    return tuple(finding for finding in findings if finding.keyword in STRAY)


def duplicates(owners: Mapping[Entry, str], own: str | None, _operation: str) -> tuple[str, ...]:
    """Return the ids of other records that hold unique values which this one wants."""
    return tuple(sorted({owner for owner in owners.values() if owner != own}))


def reference(written: Body, id_: str | None) -> dict[str, Any] | None:
    """Return the reference that one by external id becomes; None where no record has it."""
    if id_ is None:
        return None
    return {**{name: value for name, value in written.items() if name != WRITTEN}, "id": id_}


def applies(definition: Body, type_: str) -> bool:
    """Return whether a custom field's definition is for records of a type."""
    return type_ in definition["applies_to"]


def value_schema(definition: Body) -> Body:
    """Return the schema of a custom field's values."""
    schema: Body = definition["schema"]
    return schema
