"""Moves with what belongs to others: extensions of apps, fields of the business, other records."""

from collections.abc import Iterator
from typing import Any

from sbw_conformance.checks import bodies, pointers
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


def stores(world: World, member: str) -> bool:
    """Whether the app stores a member that not all do."""
    known = member in world.records.schema.get("properties", {})
    return known and f"/{member}" not in world.records.fit.limits.unsupported


@move("CORE-038", needs=["create", "update", "a2"], cards=each(*range(len(VALUES))))
def extend(world: World, step: Step) -> None:
    """Write one's own extension; the other app's stays as it is."""
    life, other = world.alive(step.target), world.seen_by(OtherApp)
    if not stores(world, "extensions"):
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
    if not stores(world, "extensions"):
        return
    foreign = {"extensions": {"org.smallbusinessweb.nobody": {"a": 1}}}
    if step.value == "create":
        answer = records.post({**world.body(records.fit.minimal), **foreign})
    else:
        answer = records.patch(life.id, foreign, if_match=life.version)
    answer.must_be_problem(403, "forbidden", under="CORE-039")
    world.show(life, under="CORE-039")


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


@move("CORE-143", "CORE-144", "CORE-047", needs=["create", "update"], cards=each(*range(3)))
def change_a_native_code(world: World, step: Step) -> None:
    """Update a code and its canonical value, each alone: what the other one says goes with it."""
    records, life = world.records, world.create(world.records.fit.minimal)
    declared = [(n, c, m) for n, of in records.fit.limits.native.items() for c, m in of.items()]
    if not declared:
        return
    name, code, meant = declared[step.value % len(declared)]
    native, coded = f"native_{name}", {f"native_{name}": {"code": code}}
    for patch, wanted in (
        (coded, {**coded, name: meant}),
        ({name: meant}, {**coded, name: meant}),
        ({name: _another(world, name, meant)}, {name: _another(world, name, meant)}),
    ):
        reply = Reply.alone(records.patch(life.id, patch, if_match=life.version))
        under = "CORE-143" if native in patch else "CORE-047"
        reply.verify(reply.status == 200, f"status 200 for {patch}", under=under)
        place = f"/{native}/code"
        told, got = (
            [pointers.at(one, f"/{name}"), pointers.at(one, place)] for one in (wanted, reply.value)
        )
        reply.verify(told == got, f"{told}", f"{got}", under=under, pointer=f"/{name}")
        rest = {one: value for one, value in life.content.items() if one not in {name, native}}
        world.changed(life, reply, {**rest, **wanted})
    wrong = {**coded, name: _another(world, name, meant)}
    reply = Reply.alone(records.patch(life.id, wrong, if_match=life.version))
    places = {"", f"/{name}", f"/{native}", f"/{native}/code"}
    reply.must_be_problem(422, "validation", places, under="CORE-144")
    world.show(life, under="CORE-144")


def _another(world: World, name: str, value: Any) -> Any:
    """Another value of a member with a closed list, one that the app stores."""
    values = bodies.values_of(world.records.schema, f"/{name}")
    fits = world.records.fit.accepts
    found = (
        one for one in values if one != value and fits({**world.records.fit.minimal, name: one})
    )
    return next(found, value)


def _references(source: Source) -> Iterator[Card]:
    for pattern, kind in _targets(source):
        ways = ("id", "name", "nobody", "foreign", "gone")
        yield from (("", [pattern, kind, how]) for how in ways)


def _targets(source: Source) -> Iterator[tuple[str, str]]:
    """Each place of a reference with each type that it leads to."""
    for pattern, reference in source.resource.refs.items():
        yield from ((pattern, kind) for kind in reference.types)


@move("CORE-140", "CORE-141", "CORE-142", needs=["create", "read", "b1"], cards=_references)
def refer(world: World, step: Step) -> None:
    """Refer to a record: by id or name, to one that there is not, and to one that goes away."""
    pattern, kind, how = step.value
    records = world.records
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


def _among(source: Source) -> Iterator[Card]:
    for pattern, kind in _targets(source):
        if "*" in pattern:
            yield from (("", [pattern, kind, how]) for how in ("nobody", "gone"))


@move("CORE-140", "CORE-142", needs=["create", "read"], cards=_among)
def refer_among_others(world: World, step: Step) -> None:
    """Refer to a record behind another one: to nobody, and to one that goes away."""
    (pattern, kind, how), records = step.value, world.records
    if records.referent(kind) is None:
        return
    targets = records.sibling(kind)
    target = "sbw-no-such-record" if how == "nobody" else targets.create().id
    body = _behind(world, pattern)
    if body is None:
        return
    place, to = pointers.places(body, pattern)[-1], {"type": kind, "id": target}
    sent = [pointers.put(world.body(body), place, to) for _ in range(2)]
    replies = [world.carry({"operation": "create", "body": one}) for one in sent]
    if how == "nobody":
        for reply in replies:
            places = {place, f"{place}/id"}
            reply.must_be_problem(422, "unknown-reference", places, under="CORE-140")
        return
    lives = []
    for reply, one in zip(replies, sent, strict=True):
        reply.verify(reply.status == 201, "status 201 for references", under="CORE-070")
        lives.append(world.begun(reply, one, "CORE-070"))
    if "delete" in targets.operations and _goes_away(world, lives[0], targets, target):
        _lets_go(world, lives[1], target)


def _behind(world: World, pattern: str) -> dict[str, Any] | None:
    """The richest body with one reference more, which stands last; None if there can be none."""
    records, array = world.records, pattern.partition("/*")[0]
    body: dict[str, Any] = records.richest()
    held = pointers.at(body, array)
    if not isinstance(held, list) or not held or not pointers.places(body, pattern):
        return None
    plain = {n: v if v is not True else False for n, v in held[0].items() if n != "pref"}
    longer = pointers.put(body, array, [*held, plain])
    return longer if records.fit.accepts(longer) else None


def _goes_away(world: World, life: Life, targets: Any, target: str) -> bool:
    """See that a record that is referred to stays, or that nobody refers to it; whether it went."""
    answer = targets.delete(target)
    if answer.status != 204:
        answer.must_be_problem(409, "in-use", under="CORE-142")
        world.show(life, under="CORE-142")
        return False
    _lets_go(world, life, target)
    return True


def _lets_go(world: World, life: Life, target: str) -> None:
    """See that a record does not refer to what is gone as if it were there."""
    after = world.records.get(life.id).must_have_status(200, under="CORE-142")
    found = list(references_to(target, after.value, world.records.resource))
    left = dangling(found)
    after.verify(not left, "no reference to what is gone", f"{left}", under="CORE-142")
    version = after.value["meta"]["version"]
    new = bool(found) or version not in life.versions
    told, place = "a new version without the reference", "/meta/version"
    after.verify(new, told, f"{version} again", under="CORE-044", pointer=place)
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
