"""Moves that send bodies which break the standard in one place, and are told where."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sbw_conformance.checks import bodies
from sbw_conformance.checks.core.declared import around, body_with, outside
from sbw_conformance.checks.model import Step
from sbw_conformance.checks.moves import Card, Source, each, move
from sbw_conformance.checks.reply import Reply
from sbw_conformance.checks.world import BATCH, UPSERT, World
from sbw_conformance.negatives import Negative, negatives_of
from sbw_validator.findings import Finding

AT_ONCE = 10
"""Wrong bodies in one batch."""

MOST_BYTES = 50_000
"""Of all of them: with their frame less than a provider has to take."""

PAST = "2001-02-03T04:05:06.000Z"
READ_ONLY: tuple[tuple[dict[str, Any], set[str]], ...] = (
    ({"id": "sbw-chosen-id"}, {"/id"}),
    ({"meta": {"created_at": PAST}}, {"/meta/created_at", "/meta"}),
    ({"meta": {"updated_at": PAST}}, {"/meta/updated_at", "/meta"}),
    ({"meta": {"version": "sbw-chosen"}}, {"/meta/version", "/meta"}),
)


def _negatives(world: World) -> tuple[Negative, ...]:
    return negatives_of(world.records.trial.run.standard, world.records.resource)


def _alone(source: Source) -> Iterator[Card]:
    """Each wrong body by a request of its own, in the ways in turn."""
    count = len(negatives_of(source.standard, source.resource))
    ways = ["", *(way for way in ("update", UPSERT) if way in source.offers)]
    for number in range(count):
        yield ways[number % len(ways)], number


def _together(source: Source) -> Iterator[Card]:
    """All wrong bodies, so many at once."""
    count = len(negatives_of(source.standard, source.resource))
    for start in range(0, count, AT_ONCE):
        yield BATCH, list(range(start, min(start + AT_ONCE, count)))


@move("CORE-052", "CORE-055", needs=["create"], cards=_alone)
def break_the_standard(world: World, step: Step) -> None:
    """Send a body with one thing wrong."""
    wrong = Wrong.of(world, _negatives(world)[step.value].body)
    if wrong is None:
        return
    if step.way == "update":
        _update(world, step, wrong)
    elif step.way == UPSERT:
        sent = wrong.named(world)
        given = bodies.external_ids(sent) if wrong.nameable else []
        mark = dict(given[0]) if given else world.records.external_id()
        wrong.must_be_refused(Reply.alone(world.records.upsert(mark, sent)))
        world.records.find(mark).must_be_gone(under="CORE-052")
    else:
        wrong.must_be_refused(Reply.alone(world.records.post(wrong.named(world))))


@move("CORE-052", "CORE-055", "BULK-003", needs=["create", "batch"], cards=_together)
def break_the_standard_in_a_batch(world: World, step: Step) -> None:
    """Send bodies with one thing wrong each, and a right one behind them."""
    negatives = _negatives(world)
    wrong = [Wrong.of(world, negatives[number].body) for number in step.value]
    _batched(world, [one for one in wrong if one is not None and isinstance(one.body, dict)])


def _batched(world: World, wrong: list["Wrong"]) -> None:
    """Send wrong bodies in one batch, and a right one behind them."""
    good = world.body(world.records.fit.minimal)
    sent, size = [good], 0
    for one in wrong:
        body = one.named(world)
        size += len(json.dumps(body))
        if size >= MOST_BYTES:
            break
        sent.insert(-1, body)
    *refused, last = world.batch([{"operation": "create", "body": body} for body in sent])
    for one, reply in zip(wrong, refused, strict=False):
        one.must_be_refused(reply)
    last.verify(last.status == 201, "status 201 after refusals", under="BULK-003")
    world.begun(last, good, "BULK-003")


@dataclass(frozen=True)
class Wrong:
    """A wrong body that breaks no limit of the app, and what is wrong with it."""

    body: Any
    findings: tuple[Finding, ...]

    @classmethod
    def of(cls, world: World, body: Any) -> "Wrong | None":
        """A wrong body as it fits; None where it is wrong no more."""
        records = world.records
        fitted = records.fit.broken(body) if isinstance(body, dict) else body
        found = bodies.findings(records.trial.run.standard, records.resource, fitted)
        return cls(fitted, found) if found else None

    @property
    def nameable(self) -> bool:
        """Whether external ids can be added to it."""
        return isinstance(self.body, dict) and isinstance(self.body.get("external_ids", []), list)

    @property
    def rules(self) -> list[str]:
        """The rules that it breaks, where it breaks nothing else."""
        if any(finding.keyword != "rule" for finding in self.findings):
            return []
        return sorted({finding.requirement for finding in self.findings})

    def named(self, world: World) -> Any:
        """It with the names of a record of this program first; its own ones stay as they are."""
        if not self.nameable or world.app is None:
            return self.body
        mark, given = world.records.external_id(), self.body.get("external_ids", [])
        more = {"app": world.app, "id": mark["id"]}
        return {**self.body, "external_ids": [mark, more, *given]}

    def must_be_refused(self, reply: Reply, *, moved: bool = True) -> None:
        """See it refused, by the right name, with one of the places where it is wrong.

        Its external ids have `moved` where two stand before them.
        """
        for broken in self.rules:
            refused = not (isinstance(reply.status, int) and 200 <= reply.status < 300)
            reply.verify(refused, f"a refusal of what breaks {broken}", under=broken)
        shift = 2 if moved and self.nameable else 0
        unknown = {f.pointer for f in self.findings if bodies.refused_unknown(f)}
        rest = {p for f in self.findings if not bodies.refused_unknown(f) for p in f.pointers}
        if not rest:
            places = {_moved(place, shift) for place in unknown}
            reply.must_be_problem(422, "not-stored", places, under="CORE-055")
        elif not unknown:
            places = {_moved(place, shift) for place in rest}
            reply.must_be_problem(422, "validation", places, under="CORE-052")
        else:
            reply.verify(reply.status == 422, "status 422", under="CORE-052")


def _moved(place: str, shift: int) -> str:
    """A place among external ids before which others were put."""
    head, external, rest = place.partition("/external_ids/")
    index, slash, inner = rest.partition("/")
    if head or not external or not index.isdecimal():
        return place
    return f"{external}{int(index) + shift}{slash}{inner}"


def _update(world: World, step: Step, wrong: Wrong) -> None:
    """Turn a record into a wrong body, its names aside."""
    if not isinstance(wrong.body, dict):
        return
    life = world.alive(step.target)
    apart = {"external_ids", "extensions"}
    wanted = {name: value for name, value in wrong.body.items() if name not in apart}
    standard, resource = world.records.trial.run.standard, world.records.resource
    findings = bodies.findings(standard, resource, wanted)
    if not findings:
        return
    patch = bodies.replacing(life.content, {**wanted, **world.kept(life)})
    reply = Reply.alone(world.records.patch(life.id, patch, if_match=life.version))
    Wrong(wanted, findings).must_be_refused(reply, moved=False)
    world.show(life, under="CORE-052")


@move("CORE-084", "CORE-086", needs=["create"], cards=each(*range(8)))
def break_a_limit(world: World, step: Step) -> None:
    """Take one step outside a limit of the app's own, in a create and in an update."""
    records = world.records
    limits = list(records.fit.limits.constraints.items())
    declared = [(at, *one) for at, given in limits for one in given.items() if one[0] != "unique"]
    if not declared:
        return
    pointer, name, limit = declared[step.value % len(declared)]
    body = body_with(records, pointer)
    life = world.create(body)
    for place, wrong in outside(records, body, pointer, name, limit):
        sent = records.marked(wrong, world.app)
        reply = world.carry({"operation": "create", "body": sent})
        reply.must_be_problem(422, "constraint", around(place, wrong), under="CORE-084")
        if "update" in records.operations:
            top = place.split("/")[1]
            old = {top: life.content[top]} if top in life.content else {}
            new = {top: wrong[top]} if top in wrong else {}
            patch = bodies.replacing(old, new)
            answer = records.patch(life.id, patch, if_match=life.version)
            answer.must_be_problem(422, "constraint", around(place, wrong), under="CORE-084")
            world.show(life, under="CORE-084")


@move("CORE-036", needs=["create", "update"], cards=each(*range(len(READ_ONLY) * 2)))
def set_what_is_read_only(world: World, step: Step) -> None:
    """Send a read-only member with a value of one's own."""
    members, places = READ_ONLY[step.value % len(READ_ONLY)]
    life = world.alive(step.target)
    if step.value < len(READ_ONLY):
        body = {**world.body(world.records.fit.minimal), **members}
        reply = Reply.alone(world.records.post(body))
    else:
        change = {**world.record(life).change(1), **members}
        reply = Reply.alone(world.records.patch(life.id, change, if_match=life.version))
    reply.must_be_problem(422, "read-only", places, under="CORE-036")
    world.show(life, under="CORE-036")


@move("CORE-035", needs=["create", "update"], cards=each("all", "meta", "id"))
def send_back_what_is_read_only(world: World, step: Step) -> None:
    """Send read-only members as they are."""
    life = world.alive(step.target)
    own = {name: life.record[name] for name in ("id", "type", "meta") if name in life.record}
    sent = own if step.value == "all" else {step.value: own[step.value]}
    change = world.record(life).change(1)
    reply = Reply.alone(world.records.patch(life.id, {**sent, **change}, if_match=life.version))
    reply.verify(reply.status == 200, "status 200", under="CORE-035")
    world.changed(life, reply, bodies.merged(life.content, change))
