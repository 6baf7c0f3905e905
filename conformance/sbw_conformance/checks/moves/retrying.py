"""Moves that send a request again under its Idempotency-Key."""

from collections.abc import Mapping
from typing import Any

from sbw_conformance.checks import bodies
from sbw_conformance.checks.answer import Answer
from sbw_conformance.checks.model import Life, Step
from sbw_conformance.checks.moves import each, move
from sbw_conformance.checks.records import OtherApp, OtherTenant, Records
from sbw_conformance.checks.spelling import same_but_different
from sbw_conformance.checks.world import Reply, World


def _key(world: World) -> dict[str, str]:
    return {"Idempotency-Key": f"sbw-{world.records.trial.run.token_of_its_own()}-K"}


def _made(world: World, client: Records, body: dict[str, Any], key: Mapping[str, str]) -> Life:
    reply = Reply.alone(client.post(body, headers=key))
    reply.verify(reply.status == 201, "status 201", under="CORE-070")
    return world.begun(reply, body, "CORE-070")


def _replayed(answer: Answer, status: int, life: Life) -> None:
    """See that an answer is the first one again."""
    answer.must_have_status(status, under="CORE-087")
    got = answer.value["id"]
    answer.verify(got == life.id, f"id {life.id} again", f"id {got}", under="CORE-087")
    said = (answer.exchange.header("idempotency-replayed") or "none").strip().lower()
    wanted = "Idempotency-Replayed: true"
    answer.verify(said in {"true", "?1"}, wanted, said, under="CORE-087")
    if status == 201:
        led = answer.exchange.header("location") is not None
        answer.verify(led, "Location", "none", under="CORE-087")


@move("CORE-087", needs=["create"], cards=each(*range(6)))
def create_again(world: World, step: Step) -> None:
    """Send a create twice, the second time in another spelling of the same."""
    records, key = world.records, _key(world)
    body = world.body(records.richest())
    life = _made(world, records, body, key)
    content = {name: value for name, value in body.items() if name != "external_ids"}
    spelled = same_but_different(content, records.schema)
    _, again = spelled[step.value % len(spelled)]
    _replayed(records.post({**body, **again}, headers=key), 201, life)


@move("CORE-087", needs=["create", "update"], cards=each())
def update_again(world: World, step: Step) -> None:
    """Send an update twice; between the two the version has moved on."""
    records, key = world.records, _key(world)
    life = world.alive(step.target)
    record, old = world.record(life), life.version
    answer = records.patch(record, record.change(1), headers=key)
    answer.must_have_status(200, under="CORE-076")
    world.changed(life, Reply.alone(answer), bodies.merged(life.content, record.change(1)))
    again = records.patch(record, record.change(1), if_match=old, headers=key)
    _replayed(again, 200, life)
    world.show(life, under="CORE-087")


@move("CORE-088", needs=["create"], cards=each("other", "more", "less"))
def key_of_another_body(world: World, step: Step) -> None:
    """Send something else under a key that was used."""
    records, key = world.records, _key(world)
    body = world.body(records.richest())
    life = _made(world, records, body, key)
    other = world.body(records.fit.minimal)
    if step.value == "less":
        optional = [n for n in body if n not in other]
        other = {name: value for name, value in body.items() if name != (optional or [""])[-1]}
    elif step.value == "more":
        more = {"app": world.app, "id": f"{life.id}.more"}
        other = {**body, "external_ids": [*body.get("external_ids", ()), more]}
    if other == body or not records.fit.accepts(records.fit(other)):
        return
    records.post(other, headers=key).must_be_problem(422, "idempotency-conflict", under="CORE-088")


@move("CORE-088", needs=["create", "update"], cards=each())
def key_of_another_update(world: World, step: Step) -> None:
    """Send another update under a key that was used."""
    key, life = _key(world), world.alive(step.target)
    record = world.record(life)
    answer = world.records.patch(record, record.change(1), headers=key)
    answer.must_have_status(200, under="CORE-076")
    world.changed(life, Reply.alone(answer), bodies.merged(life.content, record.change(1)))
    again = world.records.patch(life.id, record.change(2), if_match=life.version, headers=key)
    again.must_be_problem(422, "idempotency-conflict", under="CORE-088")
    world.show(life, under="CORE-088")


@move("CORE-089", needs=["create", "update"], cards=each("create", "update"))
def key_of_what_was_refused(world: World, step: Step) -> None:
    """Send what is right under the key of what was refused."""
    records, key = world.records, _key(world)
    if step.value == "update":
        life = world.alive(step.target)
        record = world.record(life)
        stale = records.patch(record, record.change(1), if_match="sbw-old", headers=key)
        stale.must_have_status(412, under="CORE-041")
        answer = records.patch(record, record.change(2), headers=key)
        answer.must_have_status(200, under="CORE-089")
        world.changed(life, Reply.alone(answer), bodies.merged(life.content, record.change(2)))
        return
    body = world.body(records.fit.minimal)
    answer = records.post({**body, bodies.UNKNOWN_MEMBER: 1}, headers=key)
    answer.must_have_status(422, under="CORE-055")
    reply = Reply.alone(records.post(body, headers=key))
    reply.verify(reply.status == 201, "status 201", under="CORE-089")
    world.begun(reply, body, "CORE-089")


@move("CORE-090", needs=["create", "a2", "b1"], cards=each("a2", "b1", "case", "update"))
def key_of_somebody_else(world: World, step: Step) -> None:
    """Use a key again where it is another one: another app, business, address, or other letters."""
    records, key = world.records, _key(world)
    life = _made(world, records, world.body(records.fit.minimal), key)
    if step.value == "update":
        if "update" in records.operations:
            record = world.record(life)
            answer = records.patch(record, record.change(1), headers=key)
            answer.must_have_status(200, under="CORE-090")
            world.changed(life, Reply.alone(answer), bodies.merged(life.content, record.change(1)))
        return
    if step.value == "case":
        key = {name: value[:-1] + "k" for name, value in key.items()}
    clients = {"a2": world.seen_by(OtherApp), "b1": world.seen_by(OtherTenant)}
    client = clients.get(step.value, records)
    answer = client.post(client.body(client.fit.minimal), headers=key)
    answer.must_have_status(201, under="CORE-090")
    got = answer.value["id"]
    answer.verify(got != life.id, "a record of its own", f"{got} again", under="CORE-090")
    replayed = answer.exchange.header("idempotency-replayed")
    answer.verify(replayed is None, "no Idempotency-Replayed", f"{replayed}", under="CORE-090")


@move("BULK-007", needs=["create", "batch"], cards=each())
def batch_again(world: World, _: Step) -> None:
    """Send a batch twice whose operations have keys."""
    operations = [
        {
            "operation": "create",
            "body": world.body(world.records.fit.minimal),
            "idempotency_key": f"sbw-{world.records.trial.run.token_of_its_own()}",
        }
        for _ in range(2)
    ]
    made = []
    for reply, operation in zip(world.batch(operations), operations, strict=True):
        reply.verify(reply.status == 201, "status 201", under="CORE-070")
        made.append(world.begun(reply, operation["body"], "CORE-070"))  # type: ignore[arg-type]
    for reply, life in zip(world.batch(operations), made, strict=True):
        got = reply.value.get("id") if isinstance(reply.value, dict) else None
        reply.verify(got == life.id, f"id {life.id} again", f"id {got}", under="BULK-007")
