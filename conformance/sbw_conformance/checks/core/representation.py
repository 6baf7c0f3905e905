"""What records look like: observers over every exchange, and the life of their timestamps."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sbw_conformance.checks import check, observer
from sbw_conformance.checks.bodies import instant
from sbw_conformance.checks.observing import Found, View, records_in
from sbw_conformance.checks.pointers import leaves
from sbw_conformance.checks.records import Record, Records, ids, named
from sbw_conformance.exchanges import Exchange

LONGER_THAN_A_CLOCK_TICK = 0.05
"""Seconds: the coarsest clock in use ticks every 16 ms."""

CLOCKS_DIFFER = timedelta(seconds=5)
"""How far the clocks of a provider's machines are allowed to be apart."""


@observer()
def records_are_valid(exchange: Exchange, view: View) -> list[Found] | None:
    """Every record is valid: ours against the whole schema, others as far as they can be read."""
    if not (found := list(records_in(exchange))):
        return None
    kind = exchange.request.resource or ""
    requirement = view.standard.class_of(kind).schema_requirement
    findings = []
    for place, record in found:
        number = record.get("id") if isinstance(record, dict) else None
        ours = isinstance(number, str) and (kind, number) in view.own
        variant = "answer" if ours else "read"
        value = _without_nulls(record)
        findings += [
            Found(requirement, place + finding.pointer, finding.expected, finding.got)
            for finding in view.schemas.validator(kind, variant).findings(value)
        ]
    return findings or [Found.ok(requirement)]


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: _without_nulls(member) for name, member in value.items() if member is not None
        }
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


@observer("CORE-031")
def answers_are_i_json(exchange: Exchange, _: View) -> list[Found] | None:
    """Every answer with a body is I-JSON and says so."""
    silent = exchange.status == 304 or exchange.request.method == "HEAD"
    if not exchange.body or silent or exchange.request.operation == "catalog":
        return None
    wanted = "application/problem+json" if exchange.status >= 400 else "application/json"
    allowed = {"application/json", "application/problem+json"}
    if exchange.media_type not in allowed:
        got = exchange.media_type or "no content type"
        return [Found("CORE-031", "", f"Content-Type {wanted}", f"Content-Type {got}")]
    if exchange.json_error is not None:
        return [Found("CORE-031", "", "I-JSON", exchange.json_error)]
    return []


@observer("CORE-032")
def records_hold_no_null(exchange: Exchange, _: View) -> list[Found] | None:
    """What is not set is absent, never null."""
    found = [(place, record) for place, record in records_in(exchange) if _has_envelope(record)]
    if not found:
        return None
    return [
        Found("CORE-032", place + pointer, "an absent member", "null")
        for place, record in found
        for pointer, leaf in leaves(record)
        if leaf is None
    ]


def _has_envelope(record: Any) -> bool:
    return isinstance(record, dict) and {"id", "type", "meta"} <= record.keys()


def _meta(value: dict[str, Any], name: str) -> datetime:
    return instant(value["meta"][name])


def _states(records: Records) -> Iterator[tuple[Any, Record]]:
    """Answers that show one record over its life, with the state before each."""
    record = records.create()
    for number in (1, 2):
        records.trial.pause(LONGER_THAN_A_CLOCK_TICK)
        answer = records.patch(record, record.change(number))
        yield answer, record
        record = Record(answer.value, record.first, record.second)
        records.confirm(record)
        yield records.read(record), record


@check("CORE-033", needs=["update", "read"])
def created_at_never_changes(records: Records) -> None:
    """Updates leave the instant of creation alone, in lists too."""
    created = None
    for answer, before in _states(records):
        created = created or before.value["meta"]["created_at"]
        got = answer.value["meta"]["created_at"]
        same = instant(got) == instant(created)
        answer.verify(same, created, got, pointer="/meta/created_at")
    if {"list", "create"} <= records.operations and records.marks:
        mark = named(records.mark(before))
        items = records.eventually(lambda items: before.id in ids(items), external_id=mark)
        for item in (one for one in items if one.get("id") == before.id):
            answer.verify(
                instant(item["meta"]["created_at"]) == instant(created),
                str(created),
                f"{item['meta']['created_at']} in a list",
                pointer="/meta/created_at",
            )


@check("CORE-034", needs=["update", "read"])
def updated_at_follows_changes(records: Records) -> None:
    """Changes have instants in their order, no further apart than the changes were."""
    began, first = time.monotonic(), None
    for answer, before in _states(records):
        old, new = _meta(before.value, "updated_at"), _meta(answer.value, "updated_at")
        changing = answer.exchange.request.operation == "update"
        moved = new > old if changing else new == old
        relation = "later than" if changing else "as in the answer to the update,"
        got = answer.value["meta"]["updated_at"]
        wanted = f"{relation} {before.value['meta']['updated_at']}"
        answer.verify(moved, wanted, got, pointer="/meta/updated_at")
        first = first or new
        passed = timedelta(seconds=time.monotonic() - began)
        wanted = f"at most {passed} after {first}"
        close = new - first <= passed + CLOCKS_DIFFER
        answer.verify(close, wanted, got, pointer="/meta/updated_at")
        ordered = _meta(answer.value, "created_at") <= new
        answer.verify(ordered, "updated_at not before created_at", got, pointer="/meta/updated_at")
