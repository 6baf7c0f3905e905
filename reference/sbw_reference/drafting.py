"""From the body of a request to the body that is stored, or to a refusal that says where."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sbw_reference import custom_fields, extensions, merging, native, places, references
from sbw_reference.decisions import STRAY, UNKNOWN, UNSUPPORTED
from sbw_reference.offers import CUSTOM_FIELDS, EXTENSIONS, Offer
from sbw_reference.problems import Fault, Problem, Refusal
from sbw_reference.records import Row, record_of
from sbw_reference.turns import Turn
from sbw_reference.writes import Draft, Write, refusal
from sbw_validator.findings import Finding, parts_of, pointer_to
from sbw_validator.shape import at

Body = Mapping[str, Any]
Findings = tuple[Finding, ...]
NOT_STORED = "The body holds what is not stored here."
INVALID = "The body breaks the schema or a rule."


def fresh(write: Write, sent: Any) -> Draft:
    """Return the body of a new record, as far as it can be judged without other records."""
    extensions.guard(write, {}, sent)
    draft = checked(write, writable(write, sent, {}), "create")
    return replace(draft, body=without_nulls(write.offer, draft.body))


def patched(write: Write, turn: Turn, row: Row, patch: Any) -> Draft:
    """Return the body of a record after a patch.

    A finding in the merged body points where the patch would have put it.
    """
    extensions.guard(write, row.body, patch)
    patch = write.behaviour.patch(patch, row.body, write.call.operation)
    draft = checked(write, writable(write, patch, record_of(row)), "patch")
    part, lost = references.resolved(write, turn, draft.body)
    whole = write.behaviour.merge(row.body, part)
    whole.pop("type", None)
    whole = checked(write, without_nulls(write.offer, whole), "create").body
    return replace(draft, body=whole, lost=lost)


def settled(write: Write, turn: Turn, before: Body, sent: Body, draft: Draft) -> Draft:
    """Return a checked body as it is stored; refuse what other records or the app forbid.

    `before` is the body that the record had, `sent` what the request says of it.
    """
    behaviour, offer, operation = write.behaviour, write.offer, write.call.operation
    if offer.custom and CUSTOM_FIELDS in draft.body:
        found = tuple(custom_fields.findings(write, turn, before, draft.body))
        found = behaviour.findings(found, operation)
        draft = strained(write, draft, found) if found else draft
    whole = draft.body
    if offer.codes:
        whole = behaviour.native(offer.codes, before, sent, whole)
        wrong = tuple(native.disagreements(offer.codes, before, whole))
        if wrong := behaviour.findings(wrong, operation):
            raise refusal("validation", "A native code and its canonical value disagree.", wrong)
    if offer.limits:
        found = tuple(finding for limit in offer.limits for finding in limit.findings(whole))
        if broken := behaviour.constrained(found, operation):
            raise refusal("constraint", "The body is beyond a declared limit.", broken)
    if offer.refs:
        found = (*draft.lost, *references.dangling(write, turn, before, whole))
        if lost := behaviour.dangling(found):
            raise refusal("unknown-reference", "There is no such record.", lost)
    return replace(draft, body=stored(write, whole, before))


def stored(write: Write, body: Body, before: Body) -> dict[str, Any]:
    """Return a valid body as it is stored."""
    kept = merging.with_defaults(body, write.offer.defaults)
    kept.pop("type", None)
    if write.offer.before_write is not None:
        kept = write.offer.before_write(kept, before or None)
    return write.behaviour.keep(kept, write.call.operation)


def checked(write: Write, value: Any, variant: str) -> Draft:
    """Return a value that can be stored; refuse one that breaks the schema or a rule.

    A value with members that are not stored is refused too; what lenient handling or the
    behaviour lets pass of them is left out.
    """
    findings = found_in(write, value, variant)
    return strained(write, Draft(value), findings, variant) if findings else Draft(value)


def found_in(write: Write, value: Any, variant: str) -> Findings:
    """Return what schema, rules and declaration say against a value."""
    offer = write.offer
    unsupported = tuple(
        Finding("CORE-055", pointer_to(*path), "a member that is stored", "", "", UNSUPPORTED)
        for pattern in offer.unsupported
        for path, _ in places.found(value, pattern)
    )
    said = tuple(_clear(offer, finding) for finding in offer.findings(value, variant))
    return write.behaviour.findings((*unsupported, *said), write.call.operation)


def _clear(offer: Offer, finding: Finding) -> Finding:
    """Return a finding; one that calls a known member unknown, beside a fault, is of the schema."""
    if finding.keyword not in UNKNOWN:
        return finding
    known = at(offer.writes, offer.writes, parts_of(finding.pointer)) is not None
    return replace(finding, keyword="schema") if known else finding


def strained(write: Write, draft: Draft, findings: Findings, variant: str | None = None) -> Draft:
    """Return a draft without the stray members that may be left out; refuse all else.

    What is left is looked at again as `variant` says.
    """
    if write.lenient and (dropped := write.behaviour.droppable(findings)):
        gone = [finding.pointer for finding in dropped]
        body = draft.body
        for pointer in gone:
            body = places.without(body, places.path_in(body, pointer))
        left = found_in(write, body, variant) if variant else findings
        # What had to be there is missing now, and its pointer is the one that it had.
        left = tuple(f for f in left if f.pointer not in gone or f.keyword == "required")
        lighter = Draft(body, (*draft.dropped, *dict.fromkeys(gone)))
        return strained(write, lighter, left) if left else lighter
    stray = tuple(finding for finding in findings if finding.keyword in STRAY)
    if refused := write.behaviour.not_stored(stray):
        raise refusal("not-stored", NOT_STORED, refused)
    if invalid := tuple(finding for finding in findings if finding.keyword not in STRAY):
        raise refusal("validation", INVALID, invalid)
    body = draft.body
    for finding in stray:
        body = places.without(body, places.path_in(body, finding.pointer))
    return replace(draft, body=body)


def writable(write: Write, body: Any, record: Body) -> Any:
    """Return the body without read-only members; refuse one that differs from the record's."""
    if not isinstance(body, Mapping):
        return body
    offer = write.offer
    sent = [place for pattern in offer.read_only for place in places.found(body, pattern)]
    if not sent:
        return body
    refused = [
        pointer_to(*path) for path, value in sent if not _as_it_is(offer, record, path, value)
    ]
    named = tuple(pointer_to(*path) for path, _ in sent)
    if pointers := write.behaviour.read_only(tuple(refused), named):
        found = tuple(Fault(place, "read-only", "Only the provider sets it.") for place in pointers)
        raise Refusal(Problem(422, "read-only", "The body sets what is read-only.", found))
    for path, _ in sent:
        body = places.without(body, path)
    return body


def _as_it_is(offer: Offer, record: Body, path: places.Path, sent: Any) -> bool:
    """Return whether what is sent for a place leaves it the Same value."""
    value = places.at(record, path)
    after = merging.merge(value, sent)
    return after == value or offer.equal(_nested(path, value), _nested(path, after))


def _nested(path: places.Path, value: Any) -> Any:
    """Return a body that holds nothing but a value at a place."""
    for part in reversed(path):
        value = [value] if isinstance(part, int) else {part: value}
    return value


def without_nulls(offer: Offer, body: Any) -> Any:
    """Return a body without the nulls that members open to anything may hold."""
    if offer.extended and isinstance(body, Mapping) and EXTENSIONS in body:
        return {**body, EXTENSIONS: places.full(body[EXTENSIONS])}
    return body
