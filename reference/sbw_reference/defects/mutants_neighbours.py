"""Mistakes that mutants showed: what stands beside a member goes with it, or stays without it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sbw_reference import native
from sbw_reference.defects.commits import rewritten
from sbw_reference.defects.defect import Defect
from sbw_reference.store import DELETED, Change
from sbw_validator.findings import Finding

Body = Mapping[str, Any]
Findings = tuple[Finding, ...]


def _whole_elements(original: Any) -> Any:
    """Leave out, with what is not known in an element of an array, the element itself."""

    def droppable(findings: Findings) -> Findings:
        found: Findings = original(findings)
        outer = [replace(one, pointer=one.pointer.rpartition("/")[0]) for one in found]
        return (*found, *(one for one in outer if one.pointer.rpartition("/")[2].isdecimal()))

    return droppable


def _code_of_that_write(_original: Any) -> Any:
    """Take a code for that of the write alone, so that the next one takes it away."""

    def settled(codes: native.Codes, before: Body, sent: Body, whole: Body) -> dict[str, Any]:
        found = native.settled(codes, before, sent, whole)
        gone = {native.PREFIX + member for member in codes} - set(sent)
        return {name: value for name, value in found.items() if name not in gone}

    return settled


def _code_for_good(_original: Any) -> Any:
    """Keep the code whatever becomes of the canonical value, which then contradicts it."""

    def settled(codes: native.Codes, before: Body, sent: Body, whole: Body) -> dict[str, Any]:
        found = native.settled(codes, before, sent, whole)
        kept = {native.PREFIX + member for member in codes} & set(whole)
        return {**found, **{name: whole[name] for name in kept}}

    return settled


def _in_passing(decided: Sequence[Change]) -> Sequence[Change]:
    """Change the records that refer to a deleted one without a new version of them."""
    if not decided or decided[0].operation != DELETED:
        return decided
    return [decided[0], *map(_of_old_version, decided[1:])]


def _of_old_version(change: Change) -> Change:
    old = change.row.version if change.before is None else change.before.version
    return replace(change, row=replace(change.row, version=old))


DEFECTS = (
    Defect(
        "lenience-drops-the-element",
        "Lenient handling drops the whole element of an array in which a member is not known",
        ("CORE-057",),
        ("create+prefer", "upsert+prefer"),
        "droppable",
        _whole_elements,
    ),
    Defect(
        "lenience-by-name-alone",
        "The name of the preference alone, without which handling is meant, makes it lenient",
        ("CORE-055",),
        ("create+prefer", "update+prefer", "upsert+prefer"),
        "lenient",
        lambda _original: lambda headers: "handling" in headers.get("prefer", ""),
    ),
    Defect(
        "native-code-lost-by-updates",
        "An update of anything else takes the native code away",
        ("CORE-047",),
        ("update=200", "upsert=200"),
        "native",
        _code_of_that_write,
        types=("contact",),
    ),
    Defect(
        "native-code-holds-the-canonical-value",
        "The canonical value cannot be changed alone while there is a native code",
        ("CORE-047",),
        ("update=200", "upsert=200"),
        "native",
        _code_for_good,
        types=("contact",),
    ),
    Defect(
        "released-records-keep-their-version",
        "Records that lose a reference as another record is deleted keep their version",
        ("CORE-044",),
        ("delete=204",),
        "commit",
        rewritten(_in_passing),
    ),
)
