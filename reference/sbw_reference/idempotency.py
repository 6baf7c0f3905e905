"""Retries: a request with an Idempotency-Key is carried out once, and answered again."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from sbw_reference.answers import Answer
from sbw_reference.offers import BY_EXTERNAL_ID
from sbw_reference.problems import Problem, Refusal
from sbw_reference.turns import Memory, Scope
from sbw_reference.writes import Write
from sbw_validator.values import same

METHODS = frozenset({"POST", "PATCH"})
REPLAYED = {"Idempotency-Replayed": "true"}
Recall = Callable[[Scope, str], Memory | None]


def key_of(write: Write) -> str | None:
    """Return the key of a write, None where it has none; refuse one that is no key."""
    if write.call.address.partition(" ")[0] not in METHODS:
        return None
    return write.behaviour.idempotency_key(write.call.headers)


def scope_of(write: Write) -> Scope:
    """Return where the key of a write has an effect; an external id is part of an address."""
    call = write.call
    method, _, path = call.address.partition(" ")
    query = f"?{urlencode(sorted(call.query))}" if path.endswith(BY_EXTERNAL_ID) else ""
    return write.behaviour.idempotency_scope(
        Scope(call.grant.tenant, call.grant.app, method, path + query)
    )


def request_of(write: Write, body: Any) -> list[Any]:
    """Return what two requests with one key are compared by."""
    call = write.call
    return [call.operation, call.id, sorted(map(list, call.query)), body]


def answered(write: Write, recall: Recall, body: Any) -> Answer | None:
    """Return the answer that a request was given before, None where it is new.

    Another request under the key is refused, and one that was refused is refused again.
    """
    key = key_of(write)
    memory = recall(scope_of(write), key) if key is not None else None
    if memory is None:
        return None
    *what, sent = request_of(write, body)
    *before, first = memory.request
    equal = what == before and write.behaviour.same_request(first, sent, _equal(write))
    if not equal:
        detail = "This Idempotency-Key came with another request."
        raise Refusal(Problem(422, "idempotency-conflict", detail))
    if memory.status >= 400:
        name, detail = memory.document
        raise Refusal(Problem(memory.status, name, detail, headers=REPLAYED))
    kind = "json" if memory.document is not None else "empty"
    headers = {**memory.headers, **REPLAYED}
    return Answer(write.call.operation, memory.status, memory.document, headers, kind)


def _equal(write: Write) -> Callable[[Any, Any], bool]:
    return lambda one, other: same(one, other, write.offer.writes)


def memory_of(write: Write, body: Any, answer: Answer) -> Memory:
    """Return what is remembered of a write that was answered."""
    document = answer.document if answer.kind != "empty" else None
    record = document["id"] if document is not None else write.call.id
    return Memory(request_of(write, body), answer.status, answer.headers, document, record)


def refused(write: Write, body: Any, refusal: Refusal) -> None:
    """Remember a request that was refused, where the behaviour says so."""
    key, problem, store = key_of(write), refusal.problem, write.provider.store
    if key is None or not write.behaviour.remembers(problem.status):
        return
    if store.recall(scope_of(write), key) is None:
        document = [problem.name, problem.detail]
        memory = Memory(request_of(write, body), problem.status, {}, document)
        store.remember(scope_of(write), key, memory)
