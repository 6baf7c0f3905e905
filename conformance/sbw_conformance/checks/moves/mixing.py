"""Moves with several writes in one batch."""

from typing import Any

from sbw_conformance.checks import bodies
from sbw_conformance.checks.bulk import MOST_TRIED
from sbw_conformance.checks.model import Step
from sbw_conformance.checks.moves import each, move
from sbw_conformance.checks.reply import Reply
from sbw_conformance.checks.run import LEAST_BATCH
from sbw_conformance.checks.world import BATCH, World


@move("BULK-001", "BULK-003", needs=["create", "update", "batch"], cards=each(*range(4)))
def mix(world: World, step: Step) -> None:
    """Create, change, remove and err in one batch, each as if it were alone."""
    records = world.records
    first, second = world.create(records.richest()), world.create(records.fit.minimal)
    change = world.record(first).change(1)
    new, newer = world.body(records.fit.minimal), world.body(records.richest())
    operations = [
        {"operation": "create", "body": new},
        {"operation": "update", "id": first.id, "body": change, "if_match": "sbw-old"},
        {"operation": "update", "id": first.id, "body": change, "if_match": first.version},
        {"operation": "update", "id": "sbw-no-such-record", "body": change, "if_match": "*"},
        {"operation": "create", "body": {**newer, bodies.UNKNOWN_MEMBER: 1}},
        {"operation": "create", "body": newer},
        {"operation": "update", "id": second.id, "body": world.record(second).change(1)},
    ]
    turned = operations[step.value :] + operations[: step.value]
    replies = dict(zip(map(id, turned), world.batch(turned), strict=True))
    ordered = [replies[id(operation)] for operation in operations]
    made, stale, changed, nobody, unknown, more, bare = ordered
    made.verify(made.status == 201, "status 201", under="CORE-070")
    world.begun(made, new, "CORE-070")
    stale.must_be_problem(412, "version-conflict", under="CORE-041")
    changed.verify(changed.status == 200, "status 200", under="BULK-003")
    world.changed(first, changed, bodies.merged(first.content, change))
    nobody.verify(nobody.status == 404, "status 404", under="CORE-054")
    unknown.must_be_problem(422, "not-stored", {f"/{bodies.UNKNOWN_MEMBER}"}, under="CORE-055")
    more.verify(more.status == 201, "status 201", under="BULK-003")
    world.begun(more, newer, "BULK-003")
    bare.must_be_problem(428, "precondition-required", under="CORE-042")
    for life in (first, second):
        world.show(life)


@move("BULK-004", needs=["create", "upsert", "batch", "external_id"], cards=each("same", "delete"))
def depend(world: World, step: Step) -> None:
    """Write one record several times in one batch: each operation sees those before it."""
    records = world.records
    body = world.body(records.fit.minimal)
    mark, change = body["external_ids"][0], records._record(body).change(1)  # noqa: SLF001
    operations = [
        {"operation": "upsert", "external_id": mark, "body": body},
        {"operation": "upsert", "external_id": mark, "body": change},
        {"operation": "upsert", "external_id": mark, "body": change, "if_none_match": "*"},
    ]
    made, changed, refused = world.batch(operations)
    made.verify(made.status == 201, "status 201", under="BULK-004")
    life = world.begun(made, body, "BULK-004")
    changed.verify(changed.status == 200, "status 200", under="BULK-004")
    world.changed(life, changed, bodies.merged(life.content, change))
    refused.must_be_problem(412, "version-conflict", under="BULK-004")
    if step.value == "delete" and "delete" in records.operations:
        world.delete(life, "batch")


@move("BULK-005", "BULK-006", needs=["create", "batch"], cards=each(0, 1))
def fill(world: World, step: Step) -> None:
    """Send as many operations as a batch takes, and one more."""
    records, limit = world.records, world.records.trial.run.batch_limit
    if limit > MOST_TRIED:
        return
    # They are none of the program's own: to read each of them at its end would tell no more.
    sent = [records.body(records.fit.minimal) for _ in range(limit + step.value)]
    answer = records.batch([{"operation": "create", "body": body} for body in sent])
    if step.value:
        answer.must_have_status(413, under="BULK-006")
        return
    answer.must_have_status(200, under="BULK-005")
    made = [result for result in answer.results if result.get("status") == 201]
    got = f"{len(made)} of them"
    answer.verify(len(made) == limit, f"{limit} records created", got, under="BULK-005")


def _spoilt(world: World) -> list[dict[str, Any]]:
    """Operations with a member too many or too few, each of a kind."""
    life, body = world.alive(0), world.body(world.records.fit.minimal)
    possible: dict[str, Any] = {
        "id": life.id,
        "external_id": life.mark,
        "body": body,
        "if_match": life.version,
        "if_none_match": "*",
        "idempotency_key": "sbw-key",
        "sbw_no_such_member": 1,
    }
    good: dict[str, dict[str, Any]] = {
        "create": {"body": body},
        "update": {"id": life.id, "body": {}, "if_match": life.version},
        "delete": {"id": life.id},
        "upsert": {"external_id": world.records.external_id(), "body": body},
    }
    found = [{"operation": "sbw_no_such_operation", "body": body}]
    for name, members in good.items():
        whole = {"operation": name, **members}
        found += [{n: v for n, v in whole.items() if n != left} for left in whole]
        found += [{**whole, n: v} for n, v in possible.items() if n not in whole]
    return found


@move("BULK-008", needs=["create", "batch"], cards=each(*range(40)))
def spoil_an_operation(world: World, step: Step) -> None:
    """Send an operation with something too many or too few: nothing is carried out."""
    records = world.records
    validator = records.trial.run.schemas.validator("batch-request", "full")
    sent = [{"operations": [one]} for one in _spoilt(world)]
    wrong = [value for value in sent if not validator.is_valid(value)]
    if step.value >= len(wrong):
        return
    value = wrong[step.value]
    places = {place for finding in validator.findings(value) for place in finding.pointers}
    answer = records.batch(value["operations"])
    answer.must_be_problem(422, "validation", places, under="BULK-008")


@move("BULK-008", needs=["create", "batch"], cards=each(*range(30)))
def send_what_is_no_batch(world: World, step: Step) -> None:
    """Send a batch that does not say what it wants."""
    wrong = bodies.refused(world.records.trial.run.standard, "batch-request")
    if step.value >= len(wrong):
        return
    value, places = wrong[step.value]
    answer = world.records.trial.send(
        "batch",
        "POST",
        f"{world.records.url()}/batch",
        resource=world.records.resource,
        value=value,
    )
    answer.must_be_problem(422, "validation", places, under="BULK-008")


@move("BULK-003", needs=["create", "batch"], cards=each())
def err_many_times(world: World, _: Step) -> None:
    """Err in all operations of a batch but the last one, which is carried out."""
    records, spot = world.records, f"/{bodies.UNKNOWN_MEMBER}"
    wrong = {**world.body(records.fit.minimal), spot[1:]: 1}
    good = world.body(records.fit.minimal)
    sent = [*([wrong] * (LEAST_BATCH - 1)), good]
    *refused, last = world.batch([{"operation": "create", "body": body} for body in sent])
    for reply in refused:
        reply.must_be_problem(422, "not-stored", {spot}, under="BULK-002")
    last.verify(last.status == 201, "status 201 after refusals", under="BULK-003")
    world.begun(last, good, "BULK-003")


@move(
    "BULK-002",
    "BULK-004",
    needs=["create", "batch", "external_id"],
    cards=lambda source: [("", n) for n in ("create", "upsert", "delete") if n in source.offers],
)
def batch_the_same_twice(world: World, step: Step) -> None:
    """Put the same operation into a batch twice: the second one sees what the first one did."""
    operation = _asked(world, step.value, {})
    one, other = world.batch([operation, operation])
    if step.value == "delete":
        _remember(world, [(operation, one)])
        one.verify(one.status == 204, "status 204", under="BULK-002")
        gone = other.status in {404, 410}
        other.verify(gone, "status 404 or 410 for what is gone", under="BULK-004")
        return
    one.verify(one.status == 201, "status 201", under="BULK-002")
    life = world.begun(one, operation["body"], "BULK-002")
    if step.value == "create":
        other.must_be_problem(409, "duplicate-external-id", under="BULK-004")
    else:
        other.verify(other.status == 200, "status 200 for what is there", under="BULK-004")
        world.changed(life, other, life.content)
    world.show(life, under="BULK-004")


@move(
    "CORE-121",
    "CORE-122",
    needs=["create", "upsert", "external_id"],
    cards=lambda source: [
        (way, account)
        for way in ("", *([BATCH] if "batch" in source.offers else []))
        for account in ("", "2")
    ],
)
def upsert_by_account(world: World, step: Step) -> None:
    """Upsert by a name that another record has under another account: it makes a record."""
    records = world.records
    names = [{"app": f"{world.app}-accounts", "id": f"u{len(world.lives)}"} for _ in range(2)]
    names[0]["account"] = "1"
    if step.value:
        names[1]["account"] = step.value
    for name in names:
        body = world.body(records.fit.minimal)
        body["external_ids"].append(name)
        operation = {"operation": "upsert", "external_id": name, "body": body}
        reply = world.carry(operation, step.way)
        told = "status 201 for a name of its own account"
        reply.verify(reply.status == 201, told, under="CORE-121")
        world.begun(reply, body, "CORE-121")


HOW: dict[str, tuple[str, dict[str, Any]]] = {
    "create": ("create", {}),
    "create what is unknown": ("create", {bodies.UNKNOWN_MEMBER: 1}),
    "update": ("update", {}),
    "update by an old version": ("update", {"if_match": "sbw-old"}),
    "update by no version": ("update", {"if_match": None}),
    "update nobody": ("update", {"id": "sbw-no-such-record"}),
    "delete": ("delete", {}),
    "delete by an old version": ("delete", {"if_match": "sbw-old"}),
    "delete nobody": ("delete", {"id": "sbw-no-such-record"}),
    "upsert": ("upsert", {}),
}
"""What can be done alone and in a batch: the operation, and what is changed in it."""


@move(
    "BULK-001",
    "BULK-002",
    needs=["create", "batch"],
    cards=lambda source: [("", how) for how, (kind, _) in HOW.items() if kind in source.offers],
)
def batch_as_alone(world: World, step: Step) -> None:
    """Do the same alone and in a batch: it is answered alike."""
    one, operation = (_asked(world, *HOW[step.value]) for _ in range(2))
    alone, among = world.carry(one), world.carry(operation, BATCH)
    answer = among.answer
    for found in world.records.trial.run.schemas.validator("batch-results", "full").findings(
        answer.exchange.json
    ):
        answer.verify(False, found.expected, found.got, under="BULK-001", pointer=found.pointer)  # noqa: FBT003
    same = among.status == alone.status
    among.verify(same, f"status {alone.status} as alone", under="BULK-002")
    wanted, got = _brief(alone), _brief(among)
    told = f"{step.value} in a batch as alone: {wanted}"
    among.verify(wanted == got, told, f"{got}", under="BULK-002")
    _remember(world, [(one, alone), (operation, among)])


def _asked(world: World, kind: str, changed: dict[str, Any]) -> dict[str, Any]:
    """An operation on something of its own."""
    if kind in {"create", "upsert"}:
        body = world.body(world.records.fit.minimal)
        named = {"external_id": body["external_ids"][0]} if kind == "upsert" else {}
        return {"operation": kind, **named, "body": {**body, **changed}}
    life = world.create(world.records.fit.minimal)
    change = {"body": world.record(life).change(1)} if kind == "update" else {}
    whole = {"operation": kind, "id": life.id, "if_match": life.version, **change, **changed}
    return {name: value for name, value in whole.items() if value is not None}


def _brief(reply: Reply) -> dict[str, Any]:
    """What is the same of two replies to the same, whichever records they are about."""
    value = reply.value if isinstance(reply.value, dict) else {}
    errors = value.get("errors")
    rows = errors if isinstance(errors, list) else []
    own = value.get("id") if reply.location else None
    return {
        "problem": value.get("type") if reply.status != 204 and "status" in value else None,
        "places": sorted(str(row.get("pointer")) for row in rows if isinstance(row, dict)),
        "location": str(reply.location).replace(f"{own}", "{id}") if reply.location else None,
        "etag": isinstance(reply.etag, str),
        "members": sorted(value) if "meta" in value else [],
    }


def _remember(world: World, done: list[tuple[dict[str, Any], Reply]]) -> None:
    """Keep in mind what became of the records that were written."""
    for operation, reply in done:
        if reply.status == 201:
            world.begun(reply, operation["body"], "BULK-002")
        life = next((one for one in world.lives if one.id == operation.get("id")), None)
        if life is not None and reply.status == 204:
            life.deleted = True
            world.records.trial.run.journal.gone(world.records.resource, life.id)
        elif life is not None and reply.status == 200:
            world.changed(life, reply, bodies.merged(life.content, operation["body"]))
        if life is not None:
            world.show(life, under="BULK-002")
