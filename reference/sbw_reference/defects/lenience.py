"""Mistakes in lenient handling."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sbw_reference.answers import Answer
from sbw_reference.decisions import STRAY
from sbw_reference.defects.defect import WRITTEN, Defect
from sbw_reference.preferences import APPLIED
from sbw_validator.findings import Finding

LENIENT = ("create+prefer", "update+prefer", "upsert+prefer")
LISTED = "not_stored"
WRITES = frozenset({"create", "update", "upsert"})
FORM = frozenset({"pattern", "format", "maxLength", "minLength", "enum", "const"})


def _told(change: Any) -> Any:
    """Change what is said of members that were dropped."""

    def make(original: Any) -> Any:
        def answer(found: Answer) -> Answer:
            given: Answer = original(found)
            document = given.document
            if not isinstance(document, Mapping) or LISTED not in document:
                return given
            others = {name: value for name, value in document.items() if name != LISTED}
            return replace(given, document={**others, **change(document[LISTED])})

        return answer

    return make


def _unmarked(original: Any) -> Any:
    def answer(found: Answer) -> Answer:
        given: Answer = original(found)
        headers = {name: text for name, text in given.headers.items() if name not in APPLIED}
        return replace(given, headers=headers)

    return answer


def _always_listed(original: Any) -> Any:
    def answer(found: Answer) -> Answer:
        given: Answer = original(found)
        whole = given.operation in WRITES and given.kind == "json" and given.status < 300
        return replace(given, document={LISTED: [], **given.document}) if whole else given

    return answer


def _remembered(original: Any) -> Any:
    """Tell of what was dropped as long as the record lives."""
    dropped: dict[str, list[str]] = {}

    def answer(found: Answer) -> Answer:
        given: Answer = original(found)
        document = given.document
        if not isinstance(document, Mapping) or given.kind != "json" or "id" not in document:
            return given
        id_ = document["id"]
        if LISTED in document:
            dropped[id_] = document[LISTED]
        return (
            replace(given, document={**document, LISTED: dropped[id_]}) if id_ in dropped else given
        )

    return answer


def _dropping(*keywords: str) -> Any:
    """Drop what breaks the schema in some ways too."""
    more = STRAY.union(keywords)

    def make(_original: Any) -> Any:
        def droppable(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
            return tuple(finding for finding in findings if finding.keyword in more)

        return droppable

    return make


DEFECTS = (
    Defect(
        "lenience-ignored",
        "A preference for lenient handling changes nothing",
        ("CORE-057",),
        LENIENT,
        "lenient",
        lambda _original: lambda _headers: False,
    ),
    Defect(
        "lenience-in-silence",
        "What is dropped is not listed",
        ("CORE-057",),
        LENIENT,
        "answer",
        _told(lambda _pointers: {}),
    ),
    Defect(
        "lenience-with-names",
        "What is dropped is listed by its name, not by a pointer",
        ("CORE-057",),
        LENIENT,
        "answer",
        _told(lambda pointers: {LISTED: [one.rpartition("/")[2] for one in pointers]}),
    ),
    Defect(
        "lenience-unmarked",
        "A lenient answer does not say that the preference was applied",
        ("CORE-057",),
        LENIENT,
        "answer",
        _unmarked,
    ),
    Defect(
        "not-stored-always-listed",
        "Each answer to a write lists what was dropped, also where that is nothing",
        ("CORE-058",),
        WRITTEN,
        "answer",
        _always_listed,
    ),
    Defect(
        "not-stored-remembered",
        "Later answers still list what was dropped",
        ("CORE-058",),
        ("read=200", "update=200", "upsert=200"),
        "answer",
        _remembered,
    ),
    Defect(
        "lenience-drops-invalid-text",
        "Lenient handling drops text that has a wrong form",
        ("CORE-059",),
        LENIENT,
        "droppable",
        _dropping(*FORM),
    ),
    Defect(
        "lenience-drops-wrong-types",
        "Lenient handling drops values of a wrong type",
        ("CORE-059",),
        LENIENT,
        "droppable",
        _dropping("type", "anyOf", "additionalProperties"),
    ),
)
