"""Extensions: what each app keeps of its own in a record, and nobody else changes."""

from typing import Any

from sbw_reference import merging
from sbw_reference.offers import EXTENSIONS
from sbw_reference.writes import Write, mapping, refusal
from sbw_validator.findings import Finding, pointer_to

REQUIREMENT = "CORE-039"


def guard(write: Write, before: Any, sent: Any) -> None:
    """Refuse a write that changes what another app keeps."""
    if not write.offer.extended or EXTENSIONS not in mapping(sent):
        return
    own, given = write.call.grant.app, sent[EXTENSIONS]
    old = mapping(mapping(before).get(EXTENSIONS))
    new = mapping(merging.merge(old, {} if given is None else given) if given is not None else {})
    foreign = [
        pointer_to(EXTENSIONS, app)
        for app in dict.fromkeys((*old, *new))
        if app != own and not _same(write, old.get(app), new.get(app))
    ]
    if pointers := write.behaviour.foreign(tuple(foreign)):
        expected = "what only that app changes"
        findings = tuple(Finding(REQUIREMENT, p, expected, "", "", "foreign") for p in pointers)
        raise refusal("forbidden", "Another app keeps this.", findings, 403)


def _same(write: Write, one: Any, other: Any) -> bool:
    return write.offer.equal({EXTENSIONS: {"app": one}}, {EXTENSIONS: {"app": other}})
