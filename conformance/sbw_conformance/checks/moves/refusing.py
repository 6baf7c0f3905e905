"""Moves that send what is to be refused: one thing is wrong with it, and one reason is right."""

import gzip
import json
from collections.abc import Callable, Iterable, Iterator

from sbw_conformance.checks import bodies, pointers
from sbw_conformance.checks.model import Step
from sbw_conformance.checks.moves import Card, Source, each, move, operations
from sbw_conformance.checks.reply import Reply
from sbw_conformance.checks.sent import NOBODY, refused, send, sent_of
from sbw_conformance.checks.world import World

LARGE = 64 * 1024 * 1024

# What is asked


@move(
    "CORE-054",
    needs=["create", "read"],
    cards=lambda source: [
        ("", [name, who])
        for name in operations(source, "read", "update", "delete")
        for who in NOBODY
    ],
)
def ask_for_nobody(world: World, step: Step) -> None:
    """Ask for an id that was never given out."""
    operation, who = step.value
    sent = sent_of(world, operation, world.alive(step.target))
    answer = send(world, sent, url=f"{world.records.url()}/{who}")
    answer.must_have_status(404, under="CORE-054")


@move(
    "CORE-072",
    needs=["create", "delete"],
    cards=lambda source: [("", name) for name in operations(source, "read", "update", "delete")],
)
def ask_for_what_is_gone(world: World, step: Step) -> None:
    """Ask for a record that was deleted."""
    life = world.create(world.records.fit.minimal)
    sent = sent_of(world, step.value, life)
    world.delete(life)
    send(world, sent).must_be_gone(under="CORE-072")


@move(
    "CORE-101",
    needs=["create", "read"],
    cards=each("PUT one", "POST one", "PUT all", "DELETE all", "PATCH all"),
)
def ask_with_an_undefined_method(world: World, step: Step) -> None:
    """Use a method that an address does not have."""
    method, what = step.value.split()
    life = world.alive(step.target)
    url = world.records.url(life.id if what == "one" else None)
    answer = world.records.trial.send(
        "undefined", method, url, resource=world.records.resource, value={}
    )
    answer.must_have_status(405, under="CORE-101")
    told = {name.strip().upper() for name in (answer.exchange.header("allow") or "").split(",")}
    right = "GET" in told and method not in told
    answer.verify(right, f"Allow with GET, without {method}", f"Allow: {told}", under="CORE-101")
    world.show(life, under="CORE-101")


MALFORMED: dict[str, Callable[[bytes], bytes]] = {
    "cut off": lambda good: good[:-1],
    "a comma too many": lambda good: good[:-1] + b",}",
    "a member twice": lambda good: b'{"sbw":1,"sbw":1,' + good[1:],
    "a member of a member twice": lambda good: good[:-1] + b',"sbw":{"a":1,"a":2}}',
    "NaN": lambda good: good[:-1] + b',"sbw":NaN}',
    "Infinity": lambda good: good[:-1] + b',"sbw":-Infinity}',
    "twice": lambda good: good + good,
    "no UTF-8": lambda good: good[:-1] + b',"sbw":"\xff"}',
    "half a surrogate": lambda good: good[:-1] + b',"sbw":"\\ud800"}',
    "nothing": lambda _: b"",
    "blank": lambda _: b"  ",
    "single quotes": lambda good: good.replace(b'"', b"'"),
    "a comment": lambda good: b"/* */" + good,
}
OTHER_KINDS = (
    "text/plain",
    "application/xml",
    "application/x-www-form-urlencoded",
    "application/json; charset=iso-8859-1",
    "application/json; charset=utf-16",
    "multipart/form-data; boundary=x",
)
NO_OBJECTS = ("[]", '"text"', "null", "7", "true")
BODIES = ("create", "update", "upsert", "batch")


def _each_with(values: Iterable[str], *names: str) -> Callable[[Source], Iterator[Card]]:
    """Cards for each value, with the operations in turn, twice over."""
    known = list(values)

    def cards(source: Source) -> Iterator[Card]:
        offered = list(operations(source, *names))
        for start in range(min(2, len(offered))):
            for number, value in enumerate(known, start):
                yield "", [offered[number % len(offered)], value]

    return cards


@move("CORE-051", needs=["create"], cards=_each_with(MALFORMED, *BODIES))
def send_what_is_no_json(world: World, step: Step) -> None:
    """Send a body that is no I-JSON."""
    operation, kind = step.value
    with refused(world, operation, world.alive(step.target), "CORE-051") as sent:
        body = MALFORMED[kind](json.dumps(sent.value).encode())
        send(world, sent, body=body).must_be_problem(400, "malformed", under="CORE-051")


@move("CORE-106", needs=["create"], cards=_each_with(OTHER_KINDS, *BODIES))
def send_another_media_type(world: World, step: Step) -> None:
    """Send a body that says it is something else."""
    operation, kind = step.value
    with refused(world, operation, world.alive(step.target), "CORE-106") as sent:
        answer = send(world, sent, headers={**sent.headers, "Content-Type": kind})
        answer.verify(answer.status == 415, f"status 415 for {kind}", under="CORE-106")


@move("CORE-052", needs=["create"], cards=_each_with(NO_OBJECTS, *BODIES))
def send_no_object(world: World, step: Step) -> None:
    """Send JSON that is no object."""
    operation, text = step.value
    under = "BULK-008" if operation == "batch" else "CORE-052"
    with refused(world, operation, world.alive(step.target), under) as sent:
        answer = send(world, sent, body=text.encode())
        answer.must_be_problem(422, "validation", {""}, under=under)


@move("CORE-105", "CORE-104", needs=["create"], cards=each("most", "more"))
def send_a_large_body(world: World, step: Step) -> None:
    """Send a body as large as is taken, and one byte more."""
    limits = (world.records.trial.run.landing or {}).get("limits") or {}
    declared = limits.get("body_bytes")
    body = world.body(world.records.fit.minimal)
    size = max(65_536, declared if isinstance(declared, int) else 0)
    if step.value == "more":
        if not isinstance(declared, int) or size > LARGE:
            return
        answer = world.records.post(body=json.dumps(body).encode().ljust(declared + 1))
        answer.must_have_status(413, under="CORE-105")
        return
    padded = json.dumps(body).encode().ljust(min(size, LARGE))
    reply = Reply.alone(world.records.post(body, body=padded))
    reply.verify(reply.status == 201, "status 201 for a large body", under="CORE-104")
    world.begun(reply, body, "CORE-070")


@move("CORE-107", "CORE-108", needs=["create"], cards=each("utf-8", "UPPER", "gzip"))
def send_json_by_another_name(world: World, step: Step) -> None:
    """Send JSON in each way in which it may come."""
    kinds = {
        "utf-8": "application/json; charset=utf-8",
        "UPPER": 'Application/JSON;charset="UTF-8"',
    }
    body = world.body(world.records.richest())
    if step.value == "gzip":
        packed, coding = gzip.compress(json.dumps(body).encode()), {"Content-Encoding": "gzip"}
        answer = world.records.post(body, body=packed, headers=coding)
        if answer.status == 415:
            return
        under = "CORE-108"
    else:
        answer = world.records.post(body, headers={"Content-Type": kinds[step.value]})
        under = "CORE-107"
    reply = Reply.alone(answer)
    reply.verify(reply.status == 201, f"status 201 for {step.value}", under=under)
    world.begun(reply, body, "CORE-070")


# On what condition


@move(
    "CORE-041", "CORE-042", needs=["create", "update"], cards=each("", "old", "x{}", "{}x", "other")
)
def update_on_no_good_condition(world: World, step: Step) -> None:
    """Change a record without a version, or with one that it has not."""
    life = world.alive(step.target)
    if step.value == "old":
        world.update(life, world.record(life).change(1))
        if len(set(life.versions)) == 1:
            return
    named = {"": None, "old": life.versions[0], "other": "sbw-no-such-version"}
    tag = named.get(step.value, step.value.format(life.version))
    answer = world.records.patch(life.id, world.record(life).change(1), if_match=tag)
    if tag is None:
        answer.must_be_problem(428, "precondition-required", under="CORE-042")
    else:
        answer.must_be_problem(412, "version-conflict", under="CORE-041")
    world.show(life, under="CORE-041" if tag else "CORE-042")


@move("CORE-049", needs=["create", "update", "delete"], cards=each("old", "other"))
def delete_on_no_good_condition(world: World, step: Step) -> None:
    """Remove a record by a version that it has not."""
    life = world.alive(step.target)
    world.update(life, world.record(life).change(1))
    if len(set(life.versions)) == 1:
        return
    tag = life.versions[0] if step.value == "old" else "sbw-no-such-version"
    answer = world.records.delete(life.id, if_match=tag)
    answer.must_be_problem(412, "version-conflict", under="CORE-049")
    world.show(life, under="CORE-049")


@move(
    "CORE-123",
    "CORE-124",
    needs=["create", "upsert", "external_id"],
    cards=each("only new", "only old", "old version"),
)
def upsert_on_no_good_condition(world: World, step: Step) -> None:
    """Create what is there, or update what is not."""
    records, life = world.records, world.alive(step.target)
    change, under = world.record(life).change(1), "CORE-124"
    if step.value == "only new":
        under = "CORE-123"
        answer = records.upsert(life.mark, change, headers={"If-None-Match": "*"})
    elif step.value == "only old":
        body = records.fit(records.fit.minimal)
        answer = records.upsert(records.external_id(), body, headers={"If-Match": "*"})
    else:
        answer = records.upsert(life.mark, change, headers={"If-Match": '"sbw-no-such"'})
    answer.must_be_problem(412, "version-conflict", under=under)
    world.show(life, under=under)


# Names that others have


@move(
    "CORE-061",
    "CORE-062",
    needs=["create", "update", "external_id"],
    cards=lambda source: [("", name) for name in operations(source, "create", "update", "batch")],
)
def take_a_name(world: World, step: Step) -> None:
    """Use an external id that another record has."""
    records, owner = world.records, world.alive(step.target)
    mark = bodies.external_ids(owner.content)[-1]
    life = world.create(records.fit.minimal)
    if step.value == "update":
        taken = {"external_ids": [*bodies.external_ids(life.content), mark]}
        reply = Reply.alone(records.patch(life.id, taken, if_match=life.version))
    else:
        body = world.body(records.fit.minimal)
        body["external_ids"].append(mark)
        way = "batch" if step.value == "batch" else ""
        reply = world.carry({"operation": "create", "body": body}, way)
    under = "CORE-062" if step.value == "update" else "CORE-061"
    reply.must_be_problem(409, "duplicate-external-id", under=under)
    got = pointers.at(reply.value, "/record/id")
    if step.value == "create":
        reply.verify(got == owner.id, f"record {owner.id}", f"record {got}", under=under)
    world.show(life, under=under)
    world.show(owner, under=under)
