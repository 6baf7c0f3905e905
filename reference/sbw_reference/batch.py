"""Batches: several writes to one collection in one request, each with its own commit."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sbw_reference import content, landing, outgoing, reading
from sbw_reference.answers import PRIVATE, Answer, Call, encode
from sbw_reference.offers import Offer, Provider
from sbw_reference.problems import Problem, Refusal
from sbw_reference.writes import refusal
from sbw_validator.validation import validate

PATH = "/batch"
WRITES = frozenset({"create", "update", "delete", "upsert"})
SHAPES = frozenset({"collection", "append_only"})
TAGS = {"if_match": "if-match", "if_none_match": "if-none-match"}
PASSED_ON = frozenset({"prefer"})
TOLD = frozenset({"etag", "location"})
APPLIED = "Preference-Applied"
JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"

Item = Mapping[str, Any]
Operation = Callable[[Provider, Offer, Call], Answer]


def offered(offer: Offer) -> bool:
    """Return whether a resource is a collection that can be written."""
    return offer.resource.shape in SHAPES and not WRITES.isdisjoint(offer.operations)


def answer(
    provider: Provider, offer: Offer, call: Call, operations: Mapping[str, Operation]
) -> Answer:
    """Carry out the operations of a batch in their order and answer what became of each."""
    items = items_of(provider, call)
    preferences: list[str] = []

    def one(item: Item) -> dict[str, Any]:
        given = single(provider, offer, call, item, operations)
        preferences.extend(filter(None, [given.headers.get(APPLIED)]))
        return provider.behaviour.batch_result(result(given), item)

    results = provider.behaviour.batch(items, one)
    headers = {**PRIVATE, **({APPLIED: preferences[0]} if preferences else {})}
    return Answer("batch", 200, {"results": list(results)}, headers)


def items_of(provider: Provider, call: Call) -> Sequence[Item]:
    """Return the operations of a batch; refuse too many, and a body that is no batch."""
    content.readable(provider, call)
    reading.parameters(provider, call, frozenset())
    value = content.value(provider, call)
    sent = value.get("operations") if isinstance(value, dict) else None
    limit = provider.behaviour.batch_limit(landing.BATCH)
    if isinstance(sent, list) and len(sent) > limit:
        raise Refusal(Problem(413, detail=f"A batch takes at most {limit} operations."))
    found = tuple(validate(value, type="batch-request", standard=provider.standard))
    if findings := provider.behaviour.findings(found, call.operation):
        raise refusal("validation", "The body is no batch.", findings)
    items: Sequence[Item] = value["operations"]
    return items


def single(
    provider: Provider, offer: Offer, call: Call, item: Item, operations: Mapping[str, Operation]
) -> Answer:
    """Return what the single request would have been answered."""

    def carried_out() -> Answer:
        name = item["operation"]
        if not provider.behaviour.batch_offers(name, offer.operations):
            raise Refusal(Problem(405, detail=f"There is no {name} here."))
        return operations[name](provider, offer, provider.behaviour.batch_call(part(call, item)))

    return outgoing.answered(provider, carried_out)


def part(call: Call, item: Item) -> Call:
    """Return the call that an operation of a batch makes.

    Its key has the batch's address as its scope, and what holds for the batch holds for it.
    """
    headers = {name: value for name, value in call.headers.items() if name in PASSED_ON}
    headers["content-type"] = JSON if item["operation"] == "create" else MERGE_PATCH
    for name, header in TAGS.items():
        if name in item:
            headers[header] = item[name] if item[name] == "*" else f'"{item[name]}"'
    if "idempotency_key" in item:
        headers["idempotency-key"] = item["idempotency_key"]
    return replace(
        call,
        operation=item["operation"],
        id=item.get("id"),
        query=tuple(item.get("external_id", {}).items()),
        headers=headers,
        body=encode(item["body"]) if "body" in item else b"",
    )


def result(given: Answer) -> dict[str, Any]:
    """Return an answer as the result of an operation."""
    told = {name.lower(): value for name, value in given.headers.items()}
    headers = {name: value for name, value in told.items() if name in TOLD}
    found: dict[str, Any] = {"status": given.status, **({"headers": headers} if headers else {})}
    if given.kind != "empty":
        found["problem" if given.kind == "problem" else "body"] = given.document
    return found
