"""Moves with what belongs to others: extensions of apps, fields of the business, other records."""

from collections.abc import Iterator
from typing import Any

from sbw_conformance.checks import bodies, pointers
from sbw_conformance.checks.core.members import FIELDS
from sbw_conformance.checks.drafts import CUSTOM_FIELDS
from sbw_conformance.checks.model import Life, Step
from sbw_conformance.checks.moves import Card, Source, each, move
from sbw_conformance.checks.records import OtherApp, OtherTenant
from sbw_conformance.checks.referred import dangling, references_to
from sbw_conformance.checks.reply import Reply
from sbw_conformance.checks.world import World

VALUES: tuple[dict[str, Any], ...] = (
    {"colour": "blue"},
    {"list": [1, {"a": None}], "n": 1.5},
    {"text": "ü" * 4000},
    {},
)


def _stores(world: World, member: str) -> bool:
    known = member in world.records.schema.get("properties", {})
    return known and f"/{member}" not in world.records.fit.limits.unsupported


@move("CORE-038", needs=["create", "update", "a2"], cards=each(*range(len(VALUES))))
def extend(world: World, step: Step) -> None:
    """Write one's own extension; the other app's stays as it is."""
    life, other = world.alive(step.target), world.seen_by(OtherApp)
    if not _stores(world, "extensions"):
        return
    for client, value in ((world.records, VALUES[step.value]), (other, VALUES[0])):
        app = _app(client)
        if app is None:
            return
        patch = {"extensions": {app: value}}
        wanted = bodies.merged(life.content, patch)
        reply = Reply.alone(client.patch(life.id, patch, if_match=life.version))
        reply.verify(reply.status == 200, "status 200 for an own extension", under="CORE-038")
        world.changed(life, reply, wanted)


def _app(client: Any) -> str | None:
    """The app id of a client, as a record that it makes says."""
    if client.app is None:
        client.post(client.body(client.fit.minimal)).must_succeed()
    found: str | None = client.app
    return found


@move("CORE-039", needs=["create", "update"], cards=each("create", "update"))
def extend_for_another_app(world: World, step: Step) -> None:
    """Write the extension of another app."""
    life, records = world.alive(step.target), world.records
    if not _stores(world, "extensions"):
        return
    foreign = {"extensions": {"org.smallbusinessweb.nobody": {"a": 1}}}
    if step.value == "create":
        answer = records.post({**world.body(records.fit.minimal), **foreign})
    else:
        answer = records.patch(life.id, foreign, if_match=life.version)
    answer.must_be_problem(403, "forbidden", under="CORE-039")
    world.show(life, under="CORE-039")


@move("CORE-130", "CORE-131", "CORE-132", needs=["create"], cards=each(*range(len(FIELDS))))
def fill_custom_fields(world: World, step: Step) -> None:
    """Write a field that the business defined: right values are kept, wrong ones refused."""
    records = world.records
    if not _stores(world, "custom_fields") or records.definition() is None:
        return
    schema, right, wrong = FIELDS[step.value]
    definitions = records.sibling(CUSTOM_FIELDS)
    defined = {**definitions.fit.minimal, "applies_to": [records.resource.type], "schema": schema}
    sent = definitions.body(defined)
    definitions.post(sent).must_succeed()
    key = sent["key"]
    body = {**world.body(records.fit.minimal), "custom_fields": {key: right}}
    reply = world.carry({"operation": "create", "body": body})
    reply.verify(reply.status == 201, "status 201 for a field as it is defined", under="CORE-132")
    life = world.begun(reply, body, "CORE-132")
    for value in wrong:
        places = {f"/custom_fields/{key}{place}" for place, _ in pointers.leaves(value)}
        bad = {**world.body(records.fit.minimal), "custom_fields": {key: value}}
        reply = world.carry({"operation": "create", "body": bad})
        places |= {f"/custom_fields/{key}"}
        reply.must_be_problem(422, "validation", places, under="CORE-131")
    unknown = {"custom_fields": {f"{key}_x": right}}
    reply = world.carry({"operation": "create", "body": {**world.body(life.content), **unknown}})
    place = {f"/custom_fields/{key}_x"}
    reply.must_be_problem(422, "not-stored", place, under="CORE-130")
    if "update" in records.operations:
        world.update(life, {"custom_fields": {key: None}})


@move("CORE-047", "CORE-132", needs=["create", "update"], cards=each())
def change_one_custom_field(world: World, _: Step) -> None:
    """Change one of two fields that the business defined; the other one stays."""
    records = world.records
    if not _stores(world, "custom_fields") or records.definition() is None:
        return
    definitions = records.sibling(CUSTOM_FIELDS)
    defined = {**definitions.fit.minimal, "applies_to": [records.resource.type]}
    keys = []
    for _number in range(2):
        sent = definitions.body({**defined, "schema": {"type": "string"}})
        definitions.post(sent).must_succeed()
        keys.append(sent["key"])
    body = {**world.body(records.fit.minimal), "custom_fields": dict.fromkeys(keys, "a")}
    reply = world.carry({"operation": "create", "body": body})
    reply.verify(reply.status == 201, "status 201 for defined fields", under="CORE-132")
    life = world.begun(reply, body, "CORE-132")
    for value in ("b", None):
        world.update(life, {"custom_fields": {keys[0]: value}})


@move("CORE-143", "CORE-144", "CORE-047", needs=["create"], cards=each(*range(4)))
def write_a_native_code(world: World, step: Step) -> None:
    """Write the app's own code: alone it gives the canonical value, beside another it is wrong."""
    records = world.records
    declared = [
        (name, code, meant)
        for name, values in records.fit.limits.native.items()
        for code, meant in values.items()
    ]
    if not declared:
        return
    name, code, meant = declared[step.value % len(declared)]
    native = {f"native_{name}": {"code": code}}
    body = {**world.body(records.fit.minimal), **native}
    reply = world.carry({"operation": "create", "body": body})
    reply.verify(reply.status == 201, f"status 201 for the code {code}", under="CORE-143")
    life = world.begun(reply, body, "CORE-143")
    got = life.record.get(name)
    reply.verify(got == meant, f"{meant}", f"{got}", under="CORE-143", pointer=f"/{name}")
    life.content = {**body, name: meant}
    if "update" in records.operations:
        world.update(life, world.record(life).change(1))
    other = next((v for v in bodies.values_of(records.schema, f"/{name}") if v != meant), None)
    wrong = {**world.body(records.fit.minimal), **native, name: other}
    places = {"", f"/{name}", f"/native_{name}", f"/native_{name}/code"}
    reply = world.carry({"operation": "create", "body": wrong})
    reply.must_be_problem(422, "validation", places, under="CORE-144")


def _references(source: Source) -> Iterator[Card]:
    for pattern in source.resource.refs:
        yield from (("", [pattern, how]) for how in ("id", "name", "nobody", "foreign", "gone"))


@move("CORE-140", "CORE-141", "CORE-142", needs=["create", "read", "b1"], cards=_references)
def refer(world: World, step: Step) -> None:
    """Refer to a record: by id or name, to one that there is not, and to one that goes away."""
    pattern, how = step.value
    records = world.records
    kind = records.resource.refs[pattern].type
    places = pointers.places(records.fit(records.richest()), pattern)
    if not places or records.referent(kind) is None:
        return
    place, targets = places[0], records.sibling(kind)
    target = targets.create()
    to: dict[str, Any] = {"type": kind, "id": target.id}
    if how == "name":
        to = {"type": kind, "external_id": dict(targets.mark(target))}
    elif how == "nobody":
        to = {"type": kind, "id": "sbw-no-such-record"}
    elif how == "foreign":
        to = {"type": kind, "id": OtherTenant(records.trial, targets.resource).create().id}
    body = pointers.put(world.body(records.richest()), place, to)
    reply = world.carry({"operation": "create", "body": body})
    if how in {"nobody", "foreign"}:
        spots = {place, f"{place}/id"}
        reply.must_be_problem(422, "unknown-reference", spots, under="CORE-140")
        return
    under = "CORE-141" if how == "name" else "CORE-070"
    reply.verify(reply.status == 201, "status 201 for a reference", under=under)
    got = pointers.at(reply.value, place)
    led = isinstance(got, dict) and (got.get("type"), got.get("id")) == (kind, target.id)
    reply.verify(led, f"a reference to {target.id}", f"{got}", under="CORE-141", pointer=place)
    life = world.begun(reply, pointers.put(body, place, got), "CORE-070")
    if how == "gone" and "delete" in targets.operations:
        _goes_away(world, life, targets, target.id)


def _goes_away(world: World, life: Life, targets: Any, target: str) -> None:
    """See that a record that is referred to stays, or that nobody refers to it any more."""
    answer = targets.delete(target)
    if answer.status != 204:
        answer.must_be_problem(409, "in-use", under="CORE-142")
        world.show(life, under="CORE-142")
        return
    after = world.records.get(life.id).must_have_status(200, under="CORE-142")
    left = dangling(references_to(target, after.value, world.records.resource))
    after.verify(not left, "no reference to what is gone", f"{left}", under="CORE-142")
    life.record = after.value
    life.content = {name: after.value[name] for name in life.content if name in after.value}
    life.versions.append(life.version)


def _unique(source: Source) -> Iterator[Card]:
    yield from (("", pattern) for pattern in source.resource.unique)


@move("CORE-085", needs=["create"], cards=_unique)
def take_what_is_unique(world: World, step: Step) -> None:
    """Use a value that another record has and that is to be unique."""
    first = world.create(world.records.richest())
    for place in pointers.places(first.content, step.value):
        body = pointers.put(
            world.body(world.records.richest()), place, pointers.at(first.content, place)
        )
        reply = world.carry({"operation": "create", "body": body})
        reply.must_be_problem(409, "duplicate", under="CORE-085")
        got = pointers.at(reply.value, "/record/id")
        reply.verify(got == first.id, f"record {first.id}", f"record {got}", under="CORE-085")


@move("CORE-133", needs=["create", "read", "a2"], cards=each())
def look_at_the_origin(world: World, step: Step) -> None:
    """See that a record names the app that made it, whoever writes and reads it later."""
    life, other = world.alive(step.target), world.seen_by(OtherApp)
    place = "/meta/origin/app"
    mine = pointers.at(life.record, place)
    if mine is None or "update" not in world.records.operations:
        return
    change = world.record(life).change(1)
    answer = other.patch(life.id, change, if_match=life.version)
    answer.must_have_status(200, under="CORE-015")
    world.changed(life, Reply.alone(answer), bodies.merged(life.content, change))
    got = pointers.at(life.record, place)
    answer.verify(got == mine, f"{mine}", f"{got}", under="CORE-133", pointer=place)
    theirs = other.post(other.body(other.fit.minimal))
    app = pointers.at(theirs.value, place)
    theirs.verify(app not in {mine, None}, f"another app than {mine}", f"{app}", under="CORE-133")
