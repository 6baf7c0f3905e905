"""Mistakes with what is wrong in a body: where it is looked for, and how it is told."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from sbw_reference.decisions import STRAY
from sbw_reference.defects.defect import Defect, answering, let_pass, pointing
from sbw_validator.findings import Finding, parts_of

Findings = tuple[Finding, ...]
WRITES = ("create", "update", "upsert")
UPSERT = "upsert"
PREFERRING = ("create+prefer", "update+prefer", "upsert+prefer")
FORM = frozenset({"pattern", "format", "enum", "maxLength", "minLength"})
CATALOG = ("PROD1", "PROD2", "PROD3", "T3", "T5")
"""Rules of class catalog about elements."""


def _passing(passes: Callable[[Finding], bool], *operations: str) -> Any:
    """Pass over findings, in some operations where they are named."""

    def make(original: Any) -> Any:
        def findings(found: Findings, operation: str) -> Findings:
            left: Findings = original(found, operation)
            if operations and operation not in operations:
                return left
            return tuple(finding for finding in left if not passes(finding))

        return findings

    return make


def _behind_the_first(finding: Finding) -> bool:
    return any(part.isdecimal() and part != "0" for part in parts_of(finding.pointer))


def _told(kind: str, change: Callable[[str], str]) -> Any:
    """Change the pointers of the refusals of one type."""
    return pointing(lambda given: given.name == kind, change)


def _from_one(pointer: str) -> str:
    return re.sub(r"(?<=/)[0-9]+(?=/|$)", lambda found: str(int(found[0]) + 1), pointer)


def _unescaped(pointer: str) -> str:
    return pointer.replace("~1", "/").replace("~0", "~")


def _whole_parents(original: Any) -> Any:
    """Leave out the object that a member which is not known stands in."""

    def droppable(findings: Findings) -> Findings:
        return tuple(
            replace(finding, pointer=finding.pointer.rpartition("/")[0] or finding.pointer)
            for finding in original(findings)
        )

    return droppable


def _any_preference(original: Any) -> Any:
    def lenient(headers: Mapping[str, str]) -> bool:
        return bool(original(headers)) or "prefer" in headers

    return lenient


def _to_the_letter(_original: Any) -> Any:
    return lambda headers: headers.get("prefer") == "handling=lenient"


def _unchecked(id_: str, title: str, keyword: str) -> Defect:
    """Return the mistake of storing what a keyword of a schema refuses."""
    expects = ("CORE-052", "CORE-059", "CONTACTS-001")
    return Defect(id_, title, expects, answering(422, *WRITES), "findings", let_pass(keyword))


DEFECTS = (
    Defect(
        "pointers-count-from-one",
        "The places of errors count the elements of arrays from 1",
        ("CORE-052", "CORE-131"),
        answering(422, *WRITES),
        "problem",
        _told("validation", _from_one),
    ),
    Defect(
        "pointers-unescaped",
        "The places of members that are not known are written without ~0 and ~1",
        ("CORE-055", "CORE-050"),
        answering(422, *WRITES),
        "problem",
        _told("not-stored", _unescaped),
    ),
    Defect(
        "elements-behind-the-first-unchecked",
        "Of an array the first element is checked",
        ("CORE-052", "CORE-055", "CORE-059", "C2", "C6", "C7", "O3", "O4", *CATALOG),
        answering(422, *WRITES),
        "findings",
        _passing(_behind_the_first, *WRITES),
        reason="Schemas, rules and the names of members all are about elements too",
    ),
    Defect(
        "upserts-unchecked-for-form",
        "An upsert does not check the form of text",
        ("CORE-052", "CONTACTS-001"),
        ("upsert=422",),
        "findings",
        _passing(lambda finding: finding.keyword in FORM, UPSERT),
    ),
    Defect(
        "upserts-unchecked-for-rules",
        "An upsert does not check the rules over several members",
        ("CORE-052",),
        ("upsert=422",),
        "findings",
        _passing(lambda finding: finding.keyword == "rule", UPSERT),
    ),
    Defect(
        "upserts-store-anything",
        "An upsert stores members that are not known",
        ("CORE-055",),
        ("upsert=422",),
        "findings",
        _passing(lambda finding: finding.keyword in STRAY, UPSERT),
    ),
    _unchecked(
        "repeated-elements-unchecked",
        "An array takes an element twice whose elements are different ones",
        "uniqueItems",
    ),
    _unchecked("lengths-unchecked", "The length of text is not checked", "maxLength"),
    _unchecked("impossible-days-stored", "A day that is not in the calendar is stored", "format"),
    Defect(
        "lenience-drops-parents",
        "Lenient handling drops the object that holds a member which is not known",
        ("CORE-057",),
        PREFERRING,
        "droppable",
        _whole_parents,
    ),
    Defect(
        "any-preference-is-lenient",
        "Any preference counts as one for lenient handling",
        ("CORE-055",),
        PREFERRING,
        "lenient",
        _any_preference,
    ),
    Defect(
        "lenience-to-the-letter",
        "A preference for lenient handling is not seen beside another one",
        ("CORE-057",),
        PREFERRING,
        "lenient",
        _to_the_letter,
    ),
)
