"""Requests that are sent again: what `Idempotency-Key` does, and how far it reaches."""

from typing import Any

from sbw_conformance.checks import bodies, check
from sbw_conformance.checks.answer import Answer
from sbw_conformance.checks.records import OtherApp, OtherTenant, Record, Records
from sbw_conformance.checks.spelling import same_but_different

LONGEST_KEY = 255
"""Characters that a key has at most."""

BATCHED = frozenset({"collection", "append_only"})
"""Shapes of the resources that have batches."""


def _key(records: Records) -> dict[str, str]:
    return {"Idempotency-Key": f"sbw-{records.trial.run.token_of_its_own()}"}


def _replayed(answer: Answer, first: Answer) -> None:
    wanted = first.status
    answer.verify(answer.status == wanted, f"status {wanted} again")
    answer.verify(
        answer.value["id"] == first.value["id"],
        f"id {first.value['id']} again",
        f"id {answer.value['id']}",
    )
    one, other = first.exchange.header("location"), answer.exchange.header("location")
    answer.verify(one == other, f"Location: {one}", f"Location: {other}")
    said = (answer.exchange.header("idempotency-replayed") or "none").strip().lower()
    answer.verify(said in {"true", "?1"}, "Idempotency-Replayed: true", said)


@check("CORE-087", needs=["create"])
def create_sent_again_makes_one_record(records: Records) -> None:
    """Whoever did not hear the answer asks again, and nothing is there twice."""
    key, app = _key(records), records.own_app()
    body = records.body(records.richest(), app)
    first = records.post(body, headers=key).must_succeed()
    _replayed(records.post(body, headers=key), first)
    content = {name: value for name, value in body.items() if name != "external_ids"}
    for name, spelled in same_but_different(content, records.schema)[1:3]:
        again = records.post({**body, **spelled}, headers=key)
        again.verify(again.status == first.status, f"the same answer to {name}")
        _replayed(again, first)
    if records.marks and "list" in records.operations:
        items = records.eventually(bool, external_id=app)
        made = [item for item in items if any(e["app"] == app for e in bodies.external_ids(item))]
        first.verify(len(made) == 1, "one record", f"{len(made)} records")


@check("CORE-087", needs=["update", "read"])
def update_sent_again_changes_once(records: Records) -> None:
    """An update whose answer was lost is no conflict when it comes again."""
    record, key = records.create(), _key(records)
    first = records.patch(record, record.change(1), headers=key).must_succeed()
    again = records.patch(record, record.change(1), headers=key)
    _replayed(again, first)
    records.get(record).must_show(first.value)


@check("CORE-088", needs=["create"])
def key_with_another_body_is_refused(records: Records) -> None:
    """A key that comes with something else is a mistake of the sender."""
    key, app = _key(records), records.own_app()
    body = records.body()
    first = records.post(body, headers=key).must_succeed()
    other = records.body(app=app)
    records.post(other, headers=key).must_be_problem(422, "idempotency-conflict")
    again = records.post(body, headers=key)
    again.verify(again.status == first.status, "the first answer to the first body")
    records.must_not_exist(app)
    if {"update", "read"} <= records.operations:
        record, key = records.create(), _key(records)
        changed = records.patch(record, record.change(1), headers=key).must_succeed()
        later = Record(changed.value, record.first, record.second)
        answer = records.patch(later, record.change(2), headers=key)
        answer.must_be_problem(422, "idempotency-conflict")
        records.get(record).must_show(changed.value)


@check("CORE-089", needs=["create"])
def refused_request_frees_its_key(records: Records) -> None:
    """Who corrects a request sends it with the key that it had."""
    for example in _invalid(records)[:1]:
        key = _key(records)
        answer = records.post(records.marked(example.value), headers=key)
        refused = 400 <= answer.status < 500
        answer.trial.control(refused, "CORE-052", "a refusal", answer.exchange.got, answer.exchange)
        records.post(records.body(), headers=key).must_be_accepted("the corrected request")
    if "update" in records.operations:
        record, key = records.create(), _key(records)
        stale = records.patch(record, record.change(1), if_match="sbw-old", headers=key)
        refused = stale.status == 412
        stale.trial.control(refused, "CORE-041", "status 412", stale.exchange.got, stale.exchange)
        answer = records.patch(record, record.change(2), headers=key)
        answer.must_be_accepted("the update with the right version")


def _invalid(records: Records) -> list[bodies.Example]:
    """Examples that the schema of a known member forbids."""
    return [
        example
        for example in records.invalid()
        if not any(map(bodies.refused_unknown, example.findings))
        and all(finding.keyword != "rule" for finding in example.findings)
    ]


@check("CORE-090", "CORE-145", needs=["create"])
def key_stays_in_its_scope(records: Records, other: OtherApp, stranger: OtherTenant) -> None:
    """Another app, another business, another address, another last letter: another key."""
    long = _key(records)["Idempotency-Key"].ljust(LONGEST_KEY - 1, "-")
    key, close = ({"Idempotency-Key": f"{long}{last}"} for last in "aA")
    first = records.post(records.body(), headers=key)
    first.must_be_accepted(f"a create with a key of {LONGEST_KEY} characters", under="CORE-145")
    answer = records.post(records.body(), headers=close)
    answer.must_be_accepted("the same key but for its last letter's case", under="CORE-145")
    _is_new(answer, first.value["id"], under="CORE-145")
    for client, what in ((other, "another app"), (stranger, "another business")):
        answer = client.post(client.body(), headers=key)
        answer.must_be_accepted(f"the same key of {what}")
        _is_new(answer, first.value["id"])
    if "update" in records.operations:
        record = records.record(first)
        answer = records.patch(record, record.change(1), headers=key)
        answer.must_be_accepted("the same key with another method and address")
        answer.must_reflect(record.change(1))
    if "upsert" in records.operations and records.marks:
        one, two = (_upserted(records, key) for _ in range(2))
        control, got = records.trial.control, one.exchange.got
        control(one.status == 201, "CORE-121", "status 201", got, one.exchange)
        two.verify(two.status == 201, "a new record for the same key with another external id")
    if {"batch"} & records.trial.run.offers(records.resource) and records.resource.shape in BATCHED:
        answer = records.batch([{"operation": "create", "body": records.body(), **_named(key)}])
        found, got = answer.results, f"{len(answer.results)} results, {answer.exchange.got}"
        answer.trial.control(len(found) == 1, "BULK-001", "1 result", got, answer.exchange)
        new, status = "a new record for the same key in a batch", found[0].get("status")
        answer.verify(status in (200, 201), new, f"status {status}")


def _upserted(records: Records, key: dict[str, str]) -> Answer:
    body = records.fit(records.fit.minimal)
    return records.upsert(records.external_id(), body, headers=key)


def _named(key: dict[str, str]) -> dict[str, str]:
    return {"idempotency_key": key["Idempotency-Key"]}


def _is_new(answer: Answer, old: Any, *, under: str = "CORE-090") -> None:
    found, own = answer.value["id"], "a record of its own"
    answer.verify(found != old, own, f"{found} again", under=under, pointer="/id")
    replayed = answer.exchange.header("idempotency-replayed")
    answer.verify(replayed is None, "no Idempotency-Replayed", f"{replayed}", under=under)
