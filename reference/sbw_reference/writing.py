"""The operations that write: create, update, delete."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sbw_reference import members, merging, records
from sbw_reference.answers import Answer, Call
from sbw_reference.offers import Offer, Provider
from sbw_reference.problems import Fault, Problem, Refusal, faults
from sbw_reference.reading import absent, current, parameters, record_headers
from sbw_reference.records import ExternalKey, Row, external_keys, record_of
from sbw_reference.store import CHANGED, DELETED, Change, Turn
from sbw_validator.errors import MalformedJSON
from sbw_validator.findings import Finding, parts_of, pointer_to

UNKNOWN = frozenset({"unevaluatedProperties", "additionalProperties"})


def body_of(provider: Provider, call: Call) -> Any:
    """Return the value of a request's body; refuse 413, 415 and 400 in this order."""
    behaviour = provider.behaviour
    if call.too_large:
        raise Refusal(Problem(413, detail="The body is larger than this provider reads."))
    if not behaviour.media_type(call.headers.get("content-type"), call.operation):
        raise Refusal(Problem(415, detail="Send application/json in UTF-8."))
    parameters(provider, call, frozenset())
    try:
        return behaviour.parse(call.body)
    except MalformedJSON as error:
        place = f"line {error.line}, column {error.column}"
        raise Refusal(Problem(400, "malformed", f"The body {error.reason} ({place}).")) from error


def check(provider: Provider, offer: Offer, call: Call, value: Any, variant: str) -> Any:
    """Return a value that can be stored; refuse one that breaks the schema or a rule.

    A value with members that are not stored is refused too; what the behaviour lets pass of them
    is left out.
    """
    behaviour = provider.behaviour
    findings = behaviour.findings(offer.findings(value, variant), call.operation)
    unknown = tuple(finding for finding in findings if finding.keyword in UNKNOWN)
    if findings != unknown:
        raise refusal("validation", "The body breaks the schema or a rule.", findings)
    if refused := behaviour.not_stored(unknown):
        raise refusal("not-stored", "The body holds what is not stored here.", refused)
    for finding in unknown:
        value = members.without(value, tuple(parts_of(finding.pointer)))
    return value


def refusal(name: str, detail: str, findings: tuple[Finding, ...]) -> Refusal:
    """Return a 422 of the named type with a fault for each finding."""
    return Refusal(Problem(422, name, detail, faults(findings)))


def writable(provider: Provider, offer: Offer, body: Any, record: Mapping[str, Any] | None) -> Any:
    """Return the body without read-only members; refuse one that differs from the record's."""
    if not isinstance(body, Mapping):
        return body
    sent = [path for path in offer.read_only if members.at(body, path) is not members.MISSING]
    refused = []
    for path in sent:
        value = members.at(record or {}, path)
        if value is members.MISSING or merging.merge(value, members.at(body, path)) != value:
            refused.append(pointer_to(*path))
    if pointers := provider.behaviour.read_only(tuple(refused)):
        found = tuple(Fault(place, "read-only", "Only the provider sets it.") for place in pointers)
        raise Refusal(Problem(422, "read-only", "The body sets what is read-only.", found))
    for path in sent:
        body = members.without(body, path)
    return body


def stored(
    provider: Provider, offer: Offer, call: Call, body: Mapping[str, Any], before: Row | None
) -> dict[str, Any]:
    """Return a valid body as it is stored."""
    kept = merging.with_defaults(body, offer.defaults)
    kept.pop("type", None)
    if offer.before_write is not None:
        kept = offer.before_write(kept, before.body if before else None)
    return provider.behaviour.keep(kept, call.operation)


def claim(
    provider: Provider, offer: Offer, call: Call, turn: Turn, keys: Sequence[ExternalKey]
) -> None:
    """Refuse external ids that another record of the type has."""
    own = turn.row.id if turn.row else None
    behaviour = provider.behaviour
    within = behaviour.reach(call.grant, "unique", None)
    holders = behaviour.taken(turn.owners(keys, within) if keys else {}, own, call.operation)
    if holders:
        detail = "Another record has one of these external ids."
        problem = Problem(409, "duplicate-external-id", detail, record=(offer.type, holders[0]))
        raise Refusal(problem)


def create(provider: Provider, offer: Offer, call: Call) -> Answer:
    """Store a new record and answer it with its address."""
    behaviour = provider.behaviour
    sent = writable(provider, offer, body_of(provider, call), None)
    sent = check(provider, offer, call, sent, "create")
    body = stored(provider, offer, call, sent, None)
    keys = external_keys(body)

    def decide(turn: Turn) -> Sequence[Change]:
        claim(provider, offer, call, turn, keys)
        number = turn.sequence()
        made, changed = behaviour.times(None, turn.now)
        version = behaviour.version(None, body, number)
        id_ = behaviour.new_id(body, call.grant.tenant)
        grant = call.grant
        row = Row(grant.tenant, offer.type, id_, version, made, changed, body, grant.app)
        return [Change(CHANGED, number, row, keys)]

    [done] = behaviour.commit(
        provider.store, call.grant.tenant, offer.type, None, decide, call.grant.app
    )
    record = committed(offer, done.row)
    record = behaviour.serialise(record, call.operation, call.grant)
    address = behaviour.location(f"{call.base}/{offer.resource.path}", done.row.id)
    headers = {**record_headers(provider, call, record), "Location": address}
    return Answer(call.operation, 201, record, headers)


def committed(offer: Offer, row: Row) -> dict[str, Any]:
    """Return the record of a row that was just written, after the hook that follows a write."""
    record = record_of(row)
    if offer.after_commit is not None:
        offer.after_commit(record)
    return record


def update(provider: Provider, offer: Offer, call: Call) -> Answer:
    """Merge a patch into a record and answer the whole record."""
    behaviour = provider.behaviour
    found = current(provider, offer, call)
    patch = body_of(provider, call)
    seen: list[Row] = []

    def decide(turn: Turn) -> Sequence[Change]:
        row = turn.row
        if row is None:
            raise Refusal(absent(provider, call))
        precondition(provider, call, row)
        body = merged(provider, offer, call, row, patch)
        seen.append(row)
        if behaviour.unchanged(row.body, body, offer.equal):
            return []
        keys, held = external_keys(body), set(external_keys(row.body))
        claim(provider, offer, call, turn, [key for key in keys if key not in held])
        number = turn.sequence()
        made, changed = behaviour.times(row, turn.now)
        version = behaviour.version(row, body, number)
        after = replace(row, version=version, created_at=made, updated_at=changed, body=body)
        return [Change(CHANGED, number, after, keys)]

    done = behaviour.commit(
        provider.store, found.tenant, offer.type, found.id, decide, call.grant.app
    )
    record = committed(offer, done[0].row) if done else record_of(seen[-1])
    record = behaviour.serialise(record, call.operation, call.grant)
    return Answer(call.operation, 200, record, record_headers(provider, call, record))


def merged(provider: Provider, offer: Offer, call: Call, row: Row, patch: Any) -> dict[str, Any]:
    """Return the body of a record after a patch; refuse what the schema or a rule forbids.

    A finding in the merged body points where the patch would have put it.
    """
    part = writable(provider, offer, patch, record_of(row))
    part = check(provider, offer, call, part, "patch")
    whole = provider.behaviour.merge(row.body, part)
    whole.pop("type", None)
    whole = check(provider, offer, call, whole, "create")
    return stored(provider, offer, call, whole, row)


def precondition(provider: Provider, call: Call, row: Row) -> None:
    """Refuse a write whose If-Match is not the version of the record, or that lacks one."""
    held = call.headers.get("if-match")
    if held is None:
        if provider.behaviour.needs_if_match(call.operation):
            detail = "Send If-Match with the version that you have read, or * to overwrite."
            raise Refusal(Problem(428, "precondition-required", detail))
    elif not provider.behaviour.if_match(held, row.version, call.operation):
        detail = "The record has changed since the version in If-Match; read it again."
        raise Refusal(Problem(412, "version-conflict", detail))


def delete(provider: Provider, offer: Offer, call: Call) -> Answer:
    """Delete a record and free its external ids."""
    behaviour = provider.behaviour
    found = current(provider, offer, call)
    parameters(provider, call, frozenset())

    def decide(turn: Turn) -> Sequence[Change]:
        row = turn.row
        if row is None:
            raise Refusal(absent(provider, call))
        precondition(provider, call, row)
        stays = behaviour.removal(row)
        keys = external_keys(row.body) if stays.external_ids else ()
        left = records.marked(row, readable=stays.readable, listed=stays.listed)
        keep = stays.kept or stays.readable or stays.listed or stays.external_ids
        return [Change(DELETED, turn.sequence(), left, keys, keep=keep)]

    behaviour.commit(provider.store, found.tenant, offer.type, found.id, decide, call.grant.app)
    return Answer(call.operation, 204, None, {}, "empty")
