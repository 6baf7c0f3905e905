"""Moves that send a request again under its Idempotency-Key."""

from collections.abc import Iterator, Mapping
from typing import Any

from sbw_conformance.checks import bodies
from sbw_conformance.checks.answer import Answer
from sbw_conformance.checks.model import Life, Step
from sbw_conformance.checks.moves import Card, Source, each, move
from sbw_conformance.checks.records import OtherApp, OtherTenant, Records
from sbw_conformance.checks.reply import Reply
from sbw_conformance.checks.spelling import same_but_different
from sbw_conformance.checks.world import World


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


KINDS = {"create": "create", "update": "update", "upsert": "upsert", "batch": "batch"}
"""Ways to write under a key, by what the resource has to offer for them."""

ALONE = {"create", "batch"}
"""Those whose address is the same whatever is written."""


def _pairs(source: Source) -> Iterator[Card]:
    """Two writes each that are of another method or address."""
    offered = [name for name, needed in KINDS.items() if needed in source.offers]
    for one in offered:
        yield from (("", [one, other]) for other in offered if one != other or one not in ALONE)
        if any(_is_elsewhere(source, kind) for kind in source.standard.resources):
            yield "", [one, "elsewhere"]


def _is_elsewhere(source: Source, kind: str) -> bool:
    resource = source.standard.resources[kind]
    return kind != source.resource.type and "create" in resource.operations


@move("CORE-090", needs=["create"], cards=_pairs)
def key_at_two_addresses(world: World, step: Step) -> None:
    """Write two things at two addresses under one key: each is done."""
    key = _key(world)
    for kind in step.value:
        _written(world, kind, key)


def _written(world: World, kind: str, key: Mapping[str, str]) -> None:
    """Write something new in some way under a key, and see that it was done."""
    records, body = world.records, world.body(world.records.fit.minimal)
    if kind == "elsewhere":
        _elsewhere(world, key)
        return
    if kind == "update":
        life = world.create(records.fit.minimal)
        change = world.record(life).change(1)
        answer = records.patch(life.id, change, if_match=life.version, headers=key)
        _is_first(answer, 200)
        world.changed(life, Reply.alone(answer), bodies.merged(life.content, change))
        return
    if kind == "batch":
        named = {"idempotency_key": key["Idempotency-Key"]}
        [reply] = world.batch([{"operation": "create", "body": body, **named}])
        reply.verify(reply.status == 201, "status 201", under="CORE-090")
    else:
        mark = dict(body["external_ids"][0]) if kind == "upsert" else {}
        sent = records.upsert(mark, body, headers=key) if mark else records.post(body, headers=key)
        _is_first(sent, 201)
        reply = Reply.alone(sent)
    world.begun(reply, body, "CORE-090")


def _elsewhere(world: World, key: Mapping[str, str]) -> None:
    """Create a record of another resource under a key."""
    resources = world.records.trial.run.standard.resources
    others = (world.records.sibling(kind) for kind in resources if kind != _kind(world))
    other = next((one for one in others if "create" in one.operations), None)
    if other is not None:
        _is_first(other.post(other.body(other.fit.minimal), headers=key), 201)


def _kind(world: World) -> str:
    return world.records.resource.type


def _is_first(answer: Answer, status: int) -> None:
    answer.must_have_status(status, under="CORE-090")
    replayed = answer.exchange.header("idempotency-replayed")
    answer.verify(replayed is None, "no Idempotency-Replayed", f"{replayed}", under="CORE-090")


VISIBLE = "".join(map(chr, range(0x21, 0x7F)))
LONGEST_KEY = 255


@move("CORE-145", needs=["create"], cards=each("length", "case", "first", "middle", "last", "mark"))
def keys_that_are_much_alike(world: World, step: Step) -> None:
    """Create under two keys that differ in one character: each makes a record."""
    token = f"k{world.records.trial.run.token_of_its_own()}"
    long = (token + VISIBLE * 3)[:LONGEST_KEY]
    half = LONGEST_KEY // 2
    keys = {
        "length": (long[:-1], long),
        "case": (token, token.replace("k", "K", 1)),
        "first": (f"a{long[1:]}", f"b{long[1:]}"),
        "middle": (f"{long[:half]}a{long[half + 1 :]}", f"{long[:half]}b{long[half + 1 :]}"),
        "last": (f"{long[:-1]}a", f"{long[:-1]}A"),
        "mark": (f"{token}-", f"{token}_"),
    }[step.value]
    for key in keys:
        body = world.body(world.records.fit.minimal)
        answer = world.records.post(body, headers={"Idempotency-Key": key})
        told = f"status 201 under a key of {len(key)} characters"
        answer.verify(answer.status == 201, told, under="CORE-145")
        world.begun(Reply.alone(answer), body, "CORE-145")


def _keyed(source: Source) -> Iterator[Card]:
    yield from (("", n) for n in ("create", "update", "upsert", "delete") if n in source.offers)


@move("BULK-007", needs=["create", "batch"], cards=_keyed)
def batch_again(world: World, step: Step) -> None:
    """Send a batch twice whose operations have keys: the second time nothing is done."""
    operations = [_operation(world, step.value) for _ in range(2)]
    first, second = (world.batch([one for one, _ in operations]) for _ in range(2))
    for (operation, life), one, again in zip(operations, first, second, strict=True):
        wanted = {"update": 200, "delete": 204}.get(step.value, 201)
        one.verify(one.status == wanted, f"status {wanted}", under="BULK-007")
        if life is None:
            life = world.begun(one, operation["body"], "BULK-007")  # noqa: PLW2901  # it is there now
        elif step.value == "delete":
            life.deleted = True
            world.records.trial.run.journal.gone(world.records.resource, life.id)
        else:
            world.changed(life, one, bodies.merged(life.content, operation["body"]))
        if step.value == "delete":
            gone = again.status in {204, 404, 410}
            again.verify(gone, "status 204 again, 404 or 410", under="BULK-007")
        else:
            done = isinstance(again.status, int) and 200 <= again.status < 300
            again.verify(done, f"{one.got} again", under="BULK-007")
            got = again.value.get("id") if isinstance(again.value, dict) else None
            again.verify(got == life.id, f"id {life.id} again", f"id {got}", under="BULK-007")
        world.show(life, under="BULK-007")


def _operation(world: World, kind: str) -> tuple[dict[str, Any], Life | None]:
    """An operation under a key of its own, and the record that it is about where there is one."""
    key = {"operation": kind, "idempotency_key": _key(world)["Idempotency-Key"]}
    if kind in {"create", "upsert"}:
        body = world.body(world.records.fit.minimal)
        named = {"external_id": body["external_ids"][0]} if kind == "upsert" else {}
        return {**key, **named, "body": body}, None
    life = world.create(world.records.fit.minimal)
    change = {"body": world.record(life).change(1)} if kind == "update" else {}
    return {**key, "id": life.id, "if_match": life.version, **change}, life
