"""Moves with the fields that a business has defined for itself."""

from typing import Any

from sbw_conformance.checks import pointers
from sbw_conformance.checks.core.members import FIELDS
from sbw_conformance.checks.drafts import CUSTOM_FIELDS
from sbw_conformance.checks.model import Step
from sbw_conformance.checks.moves import each, move
from sbw_conformance.checks.moves.belonging import stores
from sbw_conformance.checks.world import World

KINDS: dict[str, tuple[Any, ...]] = {
    "string": ("", "0", " a ", "null", "Zoë & <b>", "é" * 250),
    "number": (0, -12.375, 0.000001, 1234567890.125, 7),
    "integer": (0, -1, 2147483648, 9007199254740991),
    "boolean": (False, True),
    "array": (["a"], ["b", "a", "0"], [f"{number}" for number in range(10)]),
}
"""Values that each type of a field has, and that careless code makes something else of."""


def _define(world: World, schema: dict[str, Any], kind: str | None = None) -> str:
    """Define a field for the records of this program, or for those of another type; its key."""
    definitions = world.records.sibling(CUSTOM_FIELDS)
    applies = [kind or world.records.resource.type]
    sent = definitions.body({**definitions.fit.minimal, "applies_to": applies, "schema": schema})
    definitions.post(sent).must_succeed()
    return str(sent["key"])


@move("CORE-132", "CORE-130", needs=["create", "update"], cards=each(*KINDS))
def keep_a_custom_field(world: World, step: Step) -> None:
    """Write one value after the other to a field; each is kept, but for records of another type."""
    records = world.records
    if not stores(world, "custom_fields") or records.definition() is None:
        return
    if any(place.startswith("/custom_fields") for place in records.fit.limits.constraints):
        return
    items = {"items": {"type": "string"}} if step.value == "array" else {}
    schema = {"type": step.value, **items}
    key = _define(world, schema)
    life = world.create(records.fit.minimal)
    for value in KINDS[step.value]:
        world.update(life, {"custom_fields": {key: value}})
    elsewhere = _define(world, schema, "sbw_other_type")
    wrong = {**world.body(records.fit.minimal), "custom_fields": {elsewhere: KINDS[step.value][0]}}
    reply = world.carry({"operation": "create", "body": wrong})
    place = {f"/custom_fields/{elsewhere}"}
    reply.must_be_problem(422, "not-stored", place, under="CORE-130")


@move("CORE-130", "CORE-131", "CORE-132", needs=["create"], cards=each(*range(len(FIELDS))))
def fill_custom_fields(world: World, step: Step) -> None:
    """Write a field that the business defined: right values are kept, wrong ones refused."""
    records = world.records
    if not stores(world, "custom_fields") or records.definition() is None:
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
    if not stores(world, "custom_fields") or records.definition() is None:
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
