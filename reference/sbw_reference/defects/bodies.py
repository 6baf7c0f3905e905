"""Mistakes with bodies that cannot be read or stored."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sbw_reference.custom_fields import FORBIDDEN
from sbw_reference.decisions import UNDEFINED, UNKNOWN
from sbw_reference.defects.defect import Defect, answering, pointing, refusing
from sbw_reference.defects.fields import NATIVE
from sbw_reference.problems import Problem
from sbw_validator.errors import MalformedJSON
from sbw_validator.findings import Finding, parts_of

Document = dict[str, Any]
BATCHED = "/operations"
ELSEWHERE = frozenset({UNDEFINED, FORBIDDEN, NATIVE})
"""Codes of what other things than the schema of a record say."""


def _of_a_record(kind: str) -> Callable[[Problem], bool]:
    """Whether a problem is of this kind, and about members of a record that the schema knows."""
    return lambda problem: (
        problem.name == kind
        and not any(
            fault.code in ELSEWHERE or fault.pointer.startswith(BATCHED) for fault in problem.faults
        )
    )


def _named(kind: str, /, **changes: Any) -> Any:
    """Change the refusals of one registered type that are about members of a record."""
    return refusing(_of_a_record(kind), lambda given: replace(given, **changes))


def _pointing(change: Callable[[str], str]) -> Any:
    """Change the pointers of validation errors."""
    return pointing(_of_a_record("validation"), change)


def _dotted(pointer: str) -> str:
    """Return a pointer as `emails[0].address`."""
    path = "".join(f"[{part}]" if part.isdecimal() else f".{part}" for part in parts_of(pointer))
    return path.removeprefix(".")


def _loose(**options: Any) -> Any:
    """Read a body that is refused with the language's own parser."""

    def make(original: Any) -> Any:
        def parse(body: bytes) -> Any:
            try:
                return original(body)
            except MalformedJSON:
                try:
                    return json.loads(body.decode("utf-8"), **options)
                except ValueError:
                    return original(body)

        return parse

    return make


def _refuse(_word: str) -> Any:
    raise ValueError(_word)


def _single(pairs: list[tuple[str, Any]]) -> Document:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member twice")
    return members


def _crash(original: Any) -> Any:
    def parse(body: bytes) -> Any:
        try:
            return original(body)
        except MalformedJSON as error:
            raise ValueError(str(error)) from error

    return parse


def _empty_for_nothing(original: Any) -> Any:
    return lambda body: original(body) if body.strip() else {}


def _dropped(drops: Callable[[Finding], bool]) -> Any:
    return lambda original: (
        lambda findings: tuple(finding for finding in original(findings) if not drops(finding))
    )


def _deep(finding: Finding) -> bool:
    return finding.keyword in UNKNOWN and finding.pointer.count("/") > 1


DEFECTS = (
    Defect(
        "duplicate-members-accepted",
        "Of members with the same name the last one wins",
        ("CORE-051",),
        answering(400, "create", "update"),
        "parse",
        _loose(parse_constant=_refuse),
    ),
    Defect(
        "nan-accepted",
        "NaN is read as a number",
        ("CORE-051",),
        answering(400, "create", "update"),
        "parse",
        _loose(object_pairs_hook=_single),
    ),
    Defect(
        "malformed-500",
        "A body that is no JSON makes the provider fail",
        ("CORE-051",),
        answering(400, "create", "update"),
        "parse",
        _crash,
    ),
    Defect(
        "malformed-422",
        "A body that is no JSON is refused as if it were invalid",
        ("CORE-051",),
        answering(400, "create", "update"),
        "problem",
        _named("malformed", status=422, name="validation"),
    ),
    Defect(
        "empty-body-is-an-object",
        "No body counts as an empty object",
        ("CORE-051",),
        answering(400, "create", "update"),
        "parse",
        _empty_for_nothing,
    ),
    Defect(
        "validation-400",
        "An invalid body is a bad request",
        ("CORE-052", "CORE-059", "CORE-131"),
        answering(422, "create", "update", "upsert"),
        "problem",
        _named("validation", status=400),
    ),
    Defect(
        "validation-without-errors",
        "The refusal of an invalid body does not say where",
        ("CORE-052", "CORE-131"),
        answering(422, "create", "update", "upsert"),
        "problem",
        _named("validation", faults=()),
    ),
    Defect(
        "validation-points-to-member",
        "The place of an error is the member of the top level that it is in",
        ("CORE-052", "CORE-131"),
        answering(422, "create", "update", "upsert"),
        "problem",
        _pointing(lambda pointer: "/".join(pointer.split("/")[:2])),
    ),
    Defect(
        "validation-with-paths",
        "The place of an error is written like `emails[0].address`",
        ("CORE-052", "CORE-050", "CORE-131"),
        answering(422, "create", "update", "upsert"),
        "problem",
        _pointing(_dotted),
    ),
    Defect(
        "unknown-members-dropped",
        "Members that are not known are left out in silence",
        ("CORE-055",),
        answering(422, "create", "update", "upsert"),
        "not_stored",
        _dropped(lambda finding: finding.keyword in UNKNOWN),
    ),
    Defect(
        "unknown-members-dropped-inside",
        "Members that are not known are left out in silence inside objects and arrays",
        ("CORE-055",),
        answering(422, "create", "update", "upsert"),
        "not_stored",
        _dropped(_deep),
    ),
    Defect(
        "not-stored-as-validation",
        "A member that is not known is refused as if it were invalid",
        ("CORE-055",),
        answering(422, "create", "update", "upsert"),
        "problem",
        _named("not-stored", name="validation"),
    ),
    Defect(
        "not-stored-without-place",
        "The refusal of a member that is not known does not name it",
        ("CORE-055",),
        answering(422, "create", "update", "upsert"),
        "problem",
        pointing(_of_a_record("not-stored"), lambda _: ""),
    ),
)
