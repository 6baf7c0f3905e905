"""Checks of class bulk: many writes in one request, each with its own fate."""

from typing import Any

from sbw_conformance.checks import bodies, check, pointers
from sbw_conformance.checks.answer import Answer
from sbw_conformance.checks.batches import (
    creation,
    is_made,
    keyed,
    must_have_status,
    must_succeed,
    places_of,
    results_of,
    update_of,
)
from sbw_conformance.checks.records import ReadOnlyToken, Records, ids
from sbw_conformance.checks.trial import CouldNotRun, NotClaimed
from sbw_validator.values import differences

MOST_TRIED = 200
NOBODY = "sbw-no-such-record"
LARGEST_LIMIT = 100
HARMLESS = 12
"""Operations that are refused in one batch."""


@check("BULK-001", needs=["batch", "create"], shapes=["collection"])
def batch_has_a_result_for_each_operation(records: Records) -> None:
    """Results come in the order of the operations, in the form that the schema says."""
    operations = [creation(records), {"operation": "delete", "id": "sbw-no-such-record"}]
    answer = records.batch(operations)
    answer.must_have_status(200)
    found = records.trial.run.schemas.validator("batch-results", "full").findings(
        answer.exchange.json
    )
    for finding in found[:1]:
        answer.verify(False, finding.expected, finding.got, pointer=finding.pointer)  # noqa: FBT003
    first, second = results_of(answer, 2)
    must_succeed(answer, first, "/results/0", under="BULK-001")
    must_have_status(answer, second, "/results/1", 404, 405, under="BULK-001")


@check("BULK-002", needs=["batch", "create", "update", "read"], shapes=["collection"])
def results_are_those_of_single_requests(records: Records) -> None:
    """Status, headers, record and problem are as they would be alone."""
    stale, two = records.create(), records.create()
    one = records.update(stale, stale.change(1))
    bad = {bodies.UNKNOWN_MEMBER: 1}
    refused = [
        (update_of(one, one.change(2), stale.version), records.patch(stale, one.change(2))),
        (update_of(two, two.change(1), None), records.patch(two, two.change(1), if_match=None)),
        (update_of(two, bad, "*"), records.patch(two, bad, if_match="*")),
        (update_of(NOBODY, two.change(1), "*"), records.patch(NOBODY, two.change(1), if_match="*")),
    ]
    done = [creation(records), update_of(one, one.change(2), one.version)]
    created = records.post(records.body()).must_succeed()
    made = records.record(created)
    usual = [created, records.patch(made, made.change(1))]
    if "upsert" in records.operations and records.marks:
        upsert = {"operation": "upsert", "external_id": dict(records.mark(one))}
        last = [{**upsert, "body": one.change(2), "if_none_match": "*"}]
    else:
        last = []
    answer = records.batch([*done, *(operation for operation, _ in refused), *last])
    results = results_of(answer, len(done) + len(refused) + len(last))
    for number in range(len(done) + len(refused), len(results)):  # as CORE-123 says
        must_have_status(answer, results[number], f"/results/{number}", 412, under="BULK-002")
    for number, (result, alone) in enumerate(zip(results, usual, strict=False)):
        place = f"/results/{number}"
        must_have_status(answer, result, place, alone.status, under="BULK-002")
        _is_record(records, answer, result, place, alone)
    for number, (_, alone) in enumerate(refused, len(done)):
        place = f"/results/{number}"
        must_have_status(answer, results[number], place, alone.status, under="BULK-002")
        value = alone.exchange.json
        wanted = str(value.get("type")) if isinstance(value, dict) and alone.status >= 400 else ""
        got = pointers.at(results[number], "/problem/type") or ""
        spot = f"{place}/problem/type"
        answer.verify(got == wanted, wanted, got, under="BULK-002", pointer=spot)
        told, usually = places_of(results[number].get("problem")), places_of(value)
        spot = f"{place}/problem/errors"
        answer.verify(told == usually, f"{usually}", f"{told}", under="BULK-002", pointer=spot)
    _leads_to_the_record(answer, results[0], created)
    if "delete" in records.operations:
        status, again = (records.delete(one).status for _ in range(2))
        gone = {"operation": "delete", "id": two.id}
        answer = records.batch([{**gone, "if_match": NOBODY}, gone, gone])
        results = results_of(answer, 3)
        must_have_status(answer, results[0], "/results/0", 412, under="BULK-002")
        must_have_status(answer, results[1], "/results/1", status, under="BULK-002")
        must_have_status(answer, results[2], "/results/2", again, under="BULK-002")
        alone, left = records.get(one), records.get(two)
        wanted = f"status {alone.status}, as after a single deletion"
        left.verify(left.status == alone.status, wanted, under="BULK-002")


def _leads_to_the_record(answer: Answer, result: dict[str, Any], single: Answer) -> None:
    """The result has the Location that a single create has, with an id of its own."""
    usual, made = single.exchange.header("location") or "", str(single.value["id"])
    location = pointers.at(result, "/headers/location") or ""
    # The last one: an id that is a number can be found in the host and the port too.
    before, found, behind = usual.rpartition(made)
    wanted = before + (str(pointers.at(result, "/body/id")) if found else "") + behind
    spot = "/results/0/headers/location"
    answer.verify(location == wanted, wanted, f"{location}", under="BULK-002", pointer=spot)


def _is_record(
    records: Records, answer: Answer, result: dict[str, Any], place: str, alone: Answer
) -> None:
    """The result holds the record as it is read, with the etag that a single answer has."""
    value = result.get("body")
    sound = isinstance(value, dict) and bodies.unsound(value) is None
    answer.verify(sound, "the record", f"{value}"[:80], under="BULK-002", pointer=f"{place}/body")
    body: dict[str, Any] = value if isinstance(value, dict) else {}
    read = records.get(body["id"]).must_succeed()
    current = pointers.at(read.value, "/meta/version") == pointers.at(body, "/meta/version")
    tag, wanted = pointers.at(result, "/headers/etag"), read.exchange.header("etag")
    spot = f"{place}/headers/etag"
    if current and alone.exchange.header("etag") is not None:
        answer.verify(tag == wanted, f"{wanted}", f"{tag}", under="BULK-002", pointer=spot)
    different = [
        difference
        for difference in differences(body, read.value, records.schema)
        if not difference.pointer.startswith("/meta")
    ]
    read.verify(not different, "the record of the result", f"{different[:1]}", under="BULK-002")


@check("BULK-003", needs=["batch", "create"], shapes=["collection"])
def one_refusal_harms_no_other(records: Records) -> None:
    """What is wrong with one operation is that operation's own matter."""
    invalid = [e for e in records.invalid() if not any(map(bodies.refused_unknown, e.findings))]
    for example in invalid[:2]:
        alone = records.post(records.marked(example.value))
        refused, why = alone.status == 422, example.requirement or "BULK-003"
        records.trial.control(refused, why, "a refusal", alone.exchange.got, alone.exchange)
    examples = invalid[:2] * (HARMLESS // 2)
    wrong = [{"operation": "create", "body": records.marked(e.value)} for e in examples]
    operations = [creation(records), *wrong, creation(records)]
    answer = records.batch(operations)
    results = results_of(answer, len(operations))
    for number in (0, len(operations) - 1):
        must_succeed(answer, results[number], f"/results/{number}", under="BULK-003")
        if "read" in records.operations:
            made = records.get(str(pointers.at(results[number], "/body/id")))
            made.must_be_accepted("the record that was created", under="BULK-003")
    for number in range(1, len(operations) - 1):
        must_have_status(answer, results[number], f"/results/{number}", 422, under="BULK-003")


@check("BULK-004", "BULK-002", needs=["batch", "upsert", "external_id"], shapes=["collection"])
def operations_are_carried_out_in_order(records: Records) -> None:
    """Each operation sees what those before it wrote."""
    mark = {**records.external_id(), "account": "sbw/ü 1"}
    first = records.fit(records.fit.minimal)
    change = records._record(first).change(1)  # noqa: SLF001  # no record is there yet
    operations = [
        {"operation": "upsert", "external_id": mark, "body": first},
        {"operation": "upsert", "external_id": mark, "body": change},
        {"operation": "upsert", "external_id": mark, "body": change, "if_none_match": "*"},
    ]
    answer = records.batch(operations)
    results = results_of(answer, 3)
    for number, status in enumerate((201, 200, 412)):
        must_have_status(answer, results[number], f"/results/{number}", status, under="BULK-004")
    held = bodies.external_ids(results[0].get("body"))
    answer.verify(mark in held, f"external id {mark}", f"{held}", under="BULK-002")
    records.find(mark).must_reflect(change, under="BULK-004")


@check("BULK-005", needs=["batch", "create"], shapes=["collection"])
def full_batch_is_taken(records: Records) -> None:
    """As many operations as the limit allows are carried out, and what they made is listed."""
    count = min(records.trial.run.batch_limit, MOST_TRIED)
    app = records.own_app() if count <= LARGEST_LIMIT else None  # a body has its limit too
    answer = records.batch([creation(records, app) for _ in range(count)])
    answer.verify(answer.status == 200, f"a batch of {count} operations")
    created = [str(result["body"].get("id")) for result in answer.results if is_made(result)]
    got = f"{len(created)} of them"
    answer.verify(len(created) == count, f"{count} records created", got)
    offers = records.trial.run.offers(records.resource)
    if app and records.marks and {"list", "external_id"} <= offers:
        created.append(records.post(records.body(app=app)).value["id"])
        _are_listed(records, set(created), external_id=app, limit=LARGEST_LIMIT)


def _are_listed(records: Records, wanted: set[str], **query: Any) -> None:
    items = records.eventually(lambda items: wanted <= set(ids(items)), **query)
    missing, last = wanted.difference(ids(items)), records.trial.exchanges[-1]
    what = f"each of {len(wanted)} records in pages of {LARGEST_LIMIT}"
    got = f"{len(missing)} missing"
    records.trial.control(not missing, "CORE-075", what, got, last)


@check("BULK-006", needs=["batch", "create"], shapes=["collection"])
def larger_batch_is_refused(records: Records) -> None:
    """One operation more than the limit allows, and none is carried out."""
    limit = records.trial.run.batch_limit
    if limit > MOST_TRIED:
        raise NotClaimed(f"a batch takes {limit} operations, more than are tried")
    records.batch([creation(records)]).must_have_status(200)
    app = records.own_app()
    operations = [creation(records, app) for _ in range(limit + 1)]
    records.batch(operations).must_have_status(413)
    records.must_not_exist(app)


@check("BULK-007", needs=["batch", "create"], shapes=["collection"])
def keyed_operation_is_carried_out_once(records: Records) -> None:
    """A batch whose answer was lost is sent again."""
    operations = [keyed(records, creation(records)) for _ in range(2)]
    if deletes := "delete" in records.operations:
        gone = {"operation": "delete", "id": records.create().id}
        operations.append(keyed(records, gone))
    first, again = records.batch(operations), records.batch(operations)
    pairs = [results_of(answer, len(operations)) for answer in (first, again)]
    for number, (one, two) in enumerate(zip(*(results[:2] for results in pairs), strict=True)):
        place = f"/results/{number}"
        must_succeed(first, one, place, under="BULK-007")
        must_succeed(again, two, place, under="BULK-007")
        was, now = pointers.at(one, "/body/id"), pointers.at(two, "/body/id")
        again.verify(was == now, f"id {was} again", f"id {now}", pointer=f"{place}/body/id")
    if deletes:
        must_have_status(first, pairs[0][2], "/results/2", 200, 204, under="BULK-007")
        must_have_status(again, pairs[1][2], "/results/2", 200, 204, 404, 410, under="BULK-007")


@check("BULK-008", needs=["batch", "create"], shapes=["collection"])
def malformed_batch_is_refused(records: Records) -> None:
    """A batch that does not say what it wants does nothing."""
    records.batch([creation(records)]).must_have_status(200)
    app = records.own_app()
    url = f"{records.url()}/batch"
    good = creation(records, app)
    unfit = {"operations": [{**good, "id": NOBODY}]}, frozenset[str]()
    for value, places in (*bodies.refused(records.trial.run.standard, "batch-request"), unfit):
        if isinstance(value, dict) and value.get("operations"):
            sent = {"operations": [good, *value["operations"]]}
            found = records.trial.run.schemas.validator("batch-request", "full").findings(sent)
            places = frozenset(p for one in found for p in one.pointers)  # noqa: PLW2901
        else:
            sent = value
        answer = records.trial.send("batch", "POST", url, resource=records.resource, value=sent)
        answer.must_be_problem(422, "validation", places)
    records.must_not_exist(app)


@check("BULK-009", needs=["batch", "create"], shapes=["collection"])
def batch_needs_the_scope_to_write(records: Records, reader: ReadOnlyToken) -> None:
    """A token that only reads writes no batch."""
    if "read" in records.operations and reader.get(records.create()).status != 200:
        raise CouldNotRun(f"the read-only token cannot read {records.resource.type}")
    records.batch([creation(records)]).must_have_status(200)
    alone = reader.post(records.body()).exchange
    control = records.trial.control
    control(alone.status == 403, "CORE-017", "status 403 for a create", alone.got, alone)
    app = records.own_app()
    reader.batch([creation(records, app)]).must_be_problem(403, "insufficient-scope")
    records.must_not_exist(app)


@check("CORE-101", needs=["batch", "create"], shapes=["collection"])
def batch_address_has_one_method(records: Records) -> None:
    """What is sent there in another way is no batch."""
    records.batch([creation(records)]).must_have_status(200)
    url = f"{records.url()}/batch"
    answer = records.trial.send("undefined", "PUT", url, resource=records.resource, value={})
    answer.must_refuse_its_method({"POST"})


@check("BULK-010", needs=["batch", "create", "read"], shapes=["collection"])
def undeclared_operation_is_refused_in_batches(records: Records) -> None:
    """A batch is no way round what the landing page says."""
    record = records.create()
    possible = {
        "update": update_of(record, record.change(1), "*"),
        "delete": {"operation": "delete", "id": record.id},
        "upsert": {
            "operation": "upsert",
            "external_id": records.external_id(),
            "body": records.fit(records.fit.minimal),
        },
    }
    absent = [value for name, value in possible.items() if name not in records.operations]
    if not absent:
        raise NotClaimed(f"{records.resource.type} declares every operation")
    answer = records.batch([creation(records), *absent])
    results = results_of(answer, 1 + len(absent))
    must_succeed(answer, results[0], "/results/0", under="BULK-002")
    for number, result in enumerate(results[1:], 1):
        must_have_status(answer, result, f"/results/{number}", 404, 405, under="BULK-010")
    records.get(record).must_show(record.value, under="BULK-010")
