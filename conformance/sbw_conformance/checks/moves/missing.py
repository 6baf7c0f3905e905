"""Moves that ask for what is not there: what an app does not offer, and records elsewhere."""

from collections.abc import Iterator
from typing import Any

from sbw_conformance.checks import bodies
from sbw_conformance.checks.model import Life, Step
from sbw_conformance.checks.moves import Card, Source, each, move
from sbw_conformance.checks.records import Records
from sbw_conformance.checks.world import World

WRITTEN = frozenset({"create", "update", "delete", "upsert"})


def _kinds(source: Source) -> list[Card]:
    return [("", kind) for kind in source.standard.resources]


@move("CORE-004", needs=["create"], cards=_kinds)
def ask_for_what_is_not_offered(world: World, step: Step) -> None:
    """Use each operation that the landing page does not declare: it is not there."""
    records = world.records.sibling(step.value)
    absent = _undeclared(records)
    if not absent:
        return
    mine = records.resource.type == world.records.resource.type
    made = "create" in records.operations
    record = (world.alive(step.target).id if mine else records.create().id) if made else None
    for operation in absent:
        method, url = _address(records, operation, record)
        value: dict[str, Any] | None = {} if method in {"POST", "PATCH"} else None
        headers = {"If-Match": "*"} if operation == "update" else {}
        answer = records.trial.send(
            operation, method, url, resource=records.resource, value=value, headers=headers
        )
        answer.must_have_status(404, 405, under="CORE-004")


def _undeclared(records: Records) -> list[str]:
    """Operations that could be there and are not, in an order that takes nothing away at once."""
    possible = {
        "singleton": ["read", "update"],
        "query": ["list", "create"],
        "append_only": ["list", "read", "create", "update"],
    }.get(records.resource.shape, ["list", "read", "create", "update", "upsert", "delete"])
    declared = records.trial.run.declared(records.resource)
    return [name for name in possible if name not in declared]


def _address(records: Records, operation: str, record: str | None) -> tuple[str, str]:
    one = records.url(record or "sbw-no-such-record")
    return {
        "list": ("GET", records.url()),
        "create": ("POST", records.url()),
        "read": ("GET", one),
        "update": ("PATCH", one),
        "delete": ("DELETE", one),
        "upsert": ("PATCH", f"{records.url()}/by-external-id?app=org.example.app&id=1"),
    }[operation]


@move("BULK-010", needs=["create", "batch"], cards=each(0, 1))
def batch_what_is_not_offered(world: World, step: Step) -> None:
    """Put operations into a batch that the landing page does not declare."""
    records, life = world.records, world.alive(step.target)
    absent = sorted(WRITTEN - records.trial.run.declared(records.resource))
    if not absent:
        return
    body = world.body(records.fit.minimal)
    sent = [{"operation": "create", "body": body}, *(_operation(world, n, life) for n in absent)]
    replies = world.batch(sent if step.value else sent[::-1])
    made, *refused = replies if step.value else replies[::-1]
    made.verify(made.status == 201, "status 201", under="BULK-003")
    world.begun(made, body, "BULK-003")
    for reply in refused:
        reply.verify(reply.status in {404, 405}, "status 404 or 405", under="BULK-010")
    world.show(life, under="BULK-010")


def _operation(world: World, name: str, life: Life) -> dict[str, Any]:
    change = world.record(life).change(1)
    known: dict[str, dict[str, Any]] = {
        "update": {"operation": name, "id": life.id, "if_match": life.version, "body": change},
        "delete": {"operation": name, "id": life.id, "if_match": life.version},
        "upsert": {
            "operation": name,
            "external_id": world.records.external_id(),
            "body": world.records.fit(world.records.fit.minimal),
        },
    }
    return known[name]


def _others(source: Source) -> Iterator[Card]:
    for kind, resource in source.standard.resources.items():
        if kind != source.resource.type and resource.shape == "collection":
            yield "", kind


@move("O1", "CORE-054", needs=["create", "read", "external_id"], cards=_others)
def look_for_it_elsewhere(world: World, step: Step) -> None:
    """Ask for a record at the address of another resource, which does not have it."""
    there, life = world.records.sibling(step.value), world.alive(step.target)
    if "read" not in there.operations:
        return
    answer = there.get(life.id)
    people = {step.value, world.records.resource.type} == {"contact", "organization"}
    under = "O1" if people else "CORE-054"
    found = answer.exchange.record
    if found is None:
        answer.must_be_gone(under=under)
        return
    # Ids are free to be counted type by type: then another record has this one too.
    same = life.mark in bodies.external_ids(found)
    answer.verify(not same, f"no {step.value} that is this record", "the record", under=under)
