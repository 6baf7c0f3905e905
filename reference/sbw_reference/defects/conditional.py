"""Mistakes with conditional reads."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sbw_reference.answers import Answer
from sbw_reference.defects.defect import Defect
from sbw_reference.problems import Problem, Refusal
from sbw_reference.tags import CODING, TAG

CONDITIONAL = ("read+if-none-match",)
READ = "read"


def _reads(differs: Callable[[str, str], bool]) -> Any:
    """Decide on conditional reads by the header and the version."""

    def make(original: Any) -> Any:
        def if_none_match(header: str, version: str | None, operation: str) -> bool:
            if operation != READ or version is None:
                return bool(original(header, version, operation))
            return differs(header, version)

        return if_none_match

    return make


def _tagless(original: Any) -> Any:
    def answer(found: Answer) -> Answer:
        given: Answer = original(found)
        return replace(given, headers={}) if given.status == 304 else given

    return answer


def _failed(header: str, version: str) -> bool:
    if f'"{version}"' in header:
        raise Refusal(Problem(412, "version-conflict", "The record is as you have it."))
    return True


def _older(header: str, version: str) -> bool:
    """Return whether a version, which is a number, is less than all that the header names."""
    tags = [CODING.sub("", tag) for tag in TAG.findall(header)]
    held = [int(tag) for tag in tags if tag.isdecimal()]
    return not held or int(version) < min(held)


DEFECTS = (
    Defect(
        "if-none-match-ignored",
        "Who has the current version gets it again",
        ("CORE-092", "CORE-094"),
        CONDITIONAL,
        "if_none_match",
        _reads(lambda _header, _version: True),
    ),
    Defect(
        "if-none-match-412",
        "A read of what the reader has is refused as a failed precondition",
        ("CORE-092", "CORE-094"),
        CONDITIONAL,
        "if_none_match",
        _reads(_failed),
    ),
    Defect(
        "304-without-etag",
        "The answer that nothing changed does not say which version that is",
        ("CORE-092",),
        CONDITIONAL,
        "answer",
        _tagless,
    ),
    Defect(
        "if-none-match-always",
        "Any If-None-Match is answered with 304",
        ("CORE-093",),
        CONDITIONAL,
        "if_none_match",
        _reads(lambda _header, _version: False),
    ),
    Defect(
        "if-none-match-older",
        "Who has an older version is told that nothing changed",
        ("CORE-093",),
        CONDITIONAL,
        "if_none_match",
        _reads(_older),
    ),
    Defect(
        "tags-compared-as-text",
        "A tag that a proxy weakened or marked is another one",
        ("CORE-094",),
        CONDITIONAL,
        "if_none_match",
        _reads(lambda header, version: header.strip() not in ("*", f'"{version}"')),
    ),
    Defect(
        "lists-of-tags-unread",
        "Of a list of tags only the first is read",
        ("CORE-094",),
        CONDITIONAL,
        "if_none_match",
        _reads(
            lambda header, version: (
                version not in [tag.partition("-")[0] for tag in TAG.findall(header)[:1]]
            )
        ),
    ),
)
