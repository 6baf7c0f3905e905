"""The operations that write: create, update, upsert, delete."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sbw_reference import (
    content,
    custom_fields,
    drafting,
    idempotency,
    merging,
    preferences,
    records,
    references,
)
from sbw_reference.answers import Answer, Call
from sbw_reference.entries import Entry, Held
from sbw_reference.offers import EXTERNAL_IDS, Offer, Provider
from sbw_reference.problems import Problem, Refusal
from sbw_reference.reading import absent, current, external_key, parameters, record_headers
from sbw_reference.records import ExternalKey, Row, external_ids, record_of
from sbw_reference.store import CHANGED, DELETED, Change, Which
from sbw_reference.turns import Turn
from sbw_reference.writes import Draft, Write, mapping, write_of

Work = Callable[[Turn], tuple[Sequence[Change], Answer]]
CONFLICT = "The record has changed since the version in If-Match; read it again."


def body_of(write: Write, known: frozenset[str] = frozenset()) -> Any:
    """Return the value of a request's body; refuse 413, 415 and 400 in this order."""
    content.readable(write.provider, write.call)
    parameters(write.provider, write.call, known)
    idempotency.key_of(write)
    return content.value(write.provider, write.call)


def create(provider: Provider, offer: Offer, call: Call) -> Answer:
    """Store a new record and answer it with its address."""
    write = write_of(provider, offer, call)
    body = body_of(write)
    if again := idempotency.answered(write, provider.store.recall, body):
        return again

    draft = judged(write, body, lambda: drafting.fresh(write, body))

    def work(turn: Turn) -> tuple[Sequence[Change], Answer]:
        if row := meant(write, turn, body):
            return changed(write, turn, row, body)
        return made(write, turn, body, draft)

    return carried_out(write, None, body, work)


def update(provider: Provider, offer: Offer, call: Call) -> Answer:
    """Merge a patch into a record and answer the whole record."""
    write = write_of(provider, offer, call)
    if repeated(write):
        body = body_of(write)
        if again := idempotency.answered(write, provider.store.recall, body):
            return again
    found = current(provider, offer, call)
    body = body_of(write)

    def work(turn: Turn) -> tuple[Sequence[Change], Answer]:
        if turn.row is None:
            raise Refusal(absent(provider, call))
        precondition(write, turn.row)
        return changed(write, turn, turn.row, body)

    return carried_out(write, found.id, body, work, found.tenant)


def upsert(provider: Provider, offer: Offer, call: Call) -> Answer:
    """Create or update the record with an external id, whichever it takes."""
    write = write_of(provider, offer, call)
    key = external_key(provider, offer, call)
    body = body_of(write, frozenset(dict(call.query)))
    if again := idempotency.answered(write, provider.store.recall, body):
        return again

    def work(turn: Turn) -> tuple[Sequence[Change], Answer]:
        row = provider.behaviour.located(turn.row)
        upserting(write, row)
        if row is not None:
            return changed(write, turn, row, body, key)
        whole = named(merging.merge({}, body), key) if isinstance(body, Mapping) else body
        return made(write, turn, whole, drafting.fresh(write, whole))

    return carried_out(write, key, body, work)


def delete(provider: Provider, offer: Offer, call: Call) -> Answer:
    """Delete a record and free its external ids."""
    write = write_of(provider, offer, call)
    behaviour = provider.behaviour
    if again := idempotency.answered(write, provider.store.recall, None):
        return again
    found = current(provider, offer, call)
    parameters(provider, call, frozenset())

    def work(turn: Turn) -> tuple[Sequence[Change], Answer]:
        row = turn.row
        if row is None:
            raise Refusal(absent(provider, call))
        precondition(write, row)
        custom_fields.guard(provider, offer, turn, row, None)
        freed = references.released(provider, offer, turn, row)
        stays = behaviour.removal(row)
        held = offer.held(row.body)
        left = records.marked(row, readable=stays.readable, listed=stays.listed)
        keep = stays.kept or stays.readable or stays.listed or stays.external_ids
        kept = Held(held.keys if stays.external_ids else ())
        gone = Change(DELETED, turn.sequence(), left, kept, row, held, keep=keep)
        return [gone, *freed], Answer(call.operation, 204, None, {}, "empty")

    return carried_out(write, found.id, None, work, found.tenant)


def repeated(write: Write) -> bool:
    """Return whether a request with its key came before, whatever its body was."""
    try:
        key = idempotency.key_of(write)
    except Refusal:
        return False
    scope = idempotency.scope_of(write)
    return key is not None and write.provider.store.recall(scope, key) is not None


def judged(write: Write, body: Any, judge: Callable[[], Draft]) -> Draft:
    """Return what a body becomes; a refusal is remembered where the behaviour says so."""
    try:
        return judge()
    except Refusal as refusal:
        idempotency.refused(write, body, refusal)
        raise


def carried_out(
    write: Write, which: Which, body: Any, work: Work, tenant: str | None = None
) -> Answer:
    """Do the work of a write in one turn, once for its key, and answer."""
    answers: list[Answer] = []
    key = idempotency.key_of(write)

    def decide(turn: Turn) -> Sequence[Change]:
        if again := idempotency.answered(write, turn.recall, body):
            answers.append(again)
            return []
        changes, answer = work(turn)
        answers.append(answer)
        if key is not None and write.behaviour.remembers(answer.status):
            memory = idempotency.memory_of(write, body, answer)
            turn.remember(idempotency.scope_of(write), key, memory)
        return changes

    provider, app = write.provider, write.call.grant.app
    business = tenant or write.call.grant.tenant
    try:
        done = write.behaviour.commit(
            provider.store, business, write.offer.type, which, decide, app
        )
    except Refusal as refusal:
        idempotency.refused(write, body, refusal)
        raise
    if done and done[0].keep and write.offer.after_commit is not None:
        write.offer.after_commit(record_of(done[0].row))
    return answers[-1]


def made(write: Write, turn: Turn, body: Any, draft: Draft) -> tuple[Sequence[Change], Answer]:
    """Return the change that makes a record, and the answer to it."""
    behaviour, call, grant = write.behaviour, write.call, write.call.grant
    whole, lost = references.resolved(write, turn, draft.body)
    draft = replace(draft, body=whole, lost=lost)
    draft = drafting.settled(write, turn, {}, mapping(body), draft)
    held = write.offer.held(draft.body)
    claim(write, turn, None, held, Held())
    number = turn.sequence()
    first, last = behaviour.times(None, turn.now)
    version = behaviour.version(None, draft.body, number)
    id_ = behaviour.new_id(draft.body, grant.tenant)
    row = Row(grant.tenant, write.offer.type, id_, version, first, last, draft.body, grant.app)
    address = behaviour.location(f"{call.base}/{write.offer.resource.path}", id_)
    answer = answer_of(write, row, draft, 201)
    answer = replace(answer, headers={**answer.headers, "Location": address})
    return [Change(CHANGED, number, row, held)], answer


def changed(
    write: Write, turn: Turn, row: Row, patch: Any, key: ExternalKey | None = None
) -> tuple[Sequence[Change], Answer]:
    """Return the change that a patch makes, none where it changes nothing, and the answer.

    The record keeps the external id `key`.
    """
    behaviour, offer = write.behaviour, write.offer
    draft = drafting.patched(write, turn, row, patch)
    if key is not None:
        draft = replace(draft, body=named(draft.body, key))
    draft = drafting.settled(write, turn, row.body, mapping(patch), draft)
    if behaviour.unchanged(row.body, draft.body, offer.equal):
        return [], answer_of(write, row, draft, 200)
    held, had = offer.held(draft.body), offer.held(row.body)
    custom_fields.guard(write.provider, offer, turn, row, draft.body)
    claim(write, turn, row.id, held, had)
    number = turn.sequence()
    first, last = behaviour.times(row, turn.now)
    version = behaviour.version(row, draft.body, number)
    after = replace(row, version=version, created_at=first, updated_at=last, body=draft.body)
    change = Change(CHANGED, number, after, held, row, had)
    return [change], answer_of(write, after, draft, 200)


def answer_of(write: Write, row: Row, draft: Draft, status: int) -> Answer:
    """Return the answer to a write that holds the record."""
    call = write.call
    record = write.behaviour.serialise(record_of(row), call.operation, call.grant)
    headers = record_headers(write.provider, call, record)
    if write.lenient:
        headers |= preferences.APPLIED
    if draft.dropped:
        record = {**record, "not_stored": list(draft.dropped)}
    return Answer(call.operation, status, record, headers)


def named(body: Mapping[str, Any], key: ExternalKey) -> dict[str, Any]:
    """Return a body that has an external id, beside those that it has."""
    entries, own = body.get(EXTERNAL_IDS, []), external_ids([key])
    if not isinstance(entries, list) or own[0] in entries:
        return dict(body)
    return {**body, EXTERNAL_IDS: [*entries, *own]}


def meant(write: Write, turn: Turn, body: Any) -> Row | None:
    """Return the record that a create is taken to mean, which is none."""

    def having(pointer: str, text: str) -> list[Row]:
        return [row for _, row in turn.having(turn.type, pointer, [text])]

    return write.behaviour.taken_for(mapping(body), having)


def claim(write: Write, turn: Turn, own: str | None, held: Held, had: Held) -> None:
    """Refuse external ids and unique values that another record of the type has."""
    behaviour, offer, call = write.behaviour, write.offer, write.call
    within = behaviour.reach(call.grant, "unique", None)
    keys = set(held.keys) - set(had.keys)
    owners = turn.owners(keys, within) if keys else {}
    if holders := behaviour.taken(owners, own, call.operation):
        detail = "Another record has one of these external ids."
        problem = Problem(409, "duplicate-external-id", detail, record=(offer.type, holders[0]))
        raise Refusal(problem)
    sharing: dict[Entry, str] = {}
    for entry in held.entries if offer.unique else ():
        if entry.pointer in offer.unique and entry not in had.entries:
            for _, row in turn.having(offer.type, entry.pointer, [entry.text]):
                sharing[entry] = row.id
    if holders := behaviour.duplicates(sharing, own, call.operation):
        detail = "Another record has a value that no two may have."
        raise Refusal(Problem(409, "duplicate", detail, record=(offer.type, holders[0])))


def precondition(write: Write, row: Row) -> None:
    """Refuse a write whose If-Match is not the version of the record, or that lacks one."""
    held, behaviour, operation = (
        write.call.headers.get("if-match"),
        write.behaviour,
        write.call.operation,
    )
    if held is None:
        if behaviour.needs_if_match(operation):
            detail = "Send If-Match with the version that you have read, or * to overwrite."
            raise Refusal(Problem(428, "precondition-required", detail))
    elif not behaviour.if_match(held, row.version, operation):
        raise Refusal(Problem(412, "version-conflict", CONFLICT))


def upserting(write: Write, row: Row | None) -> None:
    """Refuse an upsert whose preconditions do not hold for the record that there is, or not."""
    headers, behaviour = write.call.headers, write.behaviour
    unless = headers.get("if-none-match")
    version = row.version if row is not None else None
    if unless is not None and not behaviour.if_none_match(unless, version, write.call.operation):
        detail = "A record has this external id."
        raise Refusal(Problem(412, "version-conflict", detail))
    if row is not None:
        precondition(write, row)
    elif "if-match" in headers and not behaviour.matches_nothing(headers["if-match"]):
        raise Refusal(Problem(412, "version-conflict", "No record has this external id."))
