"""Moves that send bodies in which there is much: packed ones, and arrays of many elements."""

import gzip
import json
from collections.abc import Callable
from typing import Any

from sbw_conformance.checks import pointers
from sbw_conformance.checks.model import Step
from sbw_conformance.checks.moves import each, move
from sbw_conformance.checks.reply import Reply
from sbw_conformance.checks.world import World

PACKED: dict[str, Callable[[bytes], bytes]] = {
    "well": lambda plain: gzip.compress(plain, 9),
    "not at all": lambda plain: gzip.compress(plain, 0),
    "in two members": lambda plain: gzip.compress(plain[:9]) + gzip.compress(plain[9:]),
}
"""Ways to pack a body that all unpack to the same (RFC 1952)."""

SIZES = (3, 6, 10)
"""Elements of arrays."""


@move("CORE-108", needs=["create"], cards=each(*PACKED))
def send_it_packed(world: World, step: Step) -> None:
    """Send a body packed, which is what it unpacks to or is refused for being packed."""
    body = world.body(world.records.richest())
    packed = PACKED[step.value](json.dumps(body).encode())
    answer = world.records.post(body, body=packed, headers={"Content-Encoding": "gzip"})
    if answer.status == 415:
        return
    reply = Reply.alone(answer)
    told = f"status 201 for a body packed {step.value}, or 415"
    reply.verify(reply.status == 201, told, under="CORE-108")
    world.show(world.begun(reply, body, "CORE-108"))


@move(
    "CORE-040",
    needs=["create"],
    cards=each(*([kind, count] for kind in ("alike", "the same") for count in SIZES)),
)
def fill_arrays(world: World, step: Step) -> None:
    """Make a record whose arrays are long, with elements that are alike or the same again."""
    records = world.records
    (kind, count), body = step.value, records.richest()
    apart = {reference.split("/")[1] for reference in records.resource.refs} | {"external_ids"}
    for name in [n for n, value in body.items() if isinstance(value, list) and n not in apart]:
        longer = list(body[name])
        while len(longer) < count:
            more = _more(longer, len(longer), again=kind == "the same")
            changed = {**body, name: [*longer, more]}
            if not (records.valid(changed) and records.fit.accepts(changed)):
                break
            longer, body = changed[name], changed
    world.show(world.create(body))


def _more(held: list[Any], number: int, *, again: bool) -> Any:
    """Another element of an array: the first one again, or one that differs in something."""
    first = pointers.copy(held[0])
    if isinstance(first, str):
        return first.swapcase() if again else f"{first} {number}"
    if not isinstance(first, dict):
        return first
    plain = {n: v if v is not True else False for n, v in first.items() if n != "pref"}
    if not again and "label" in plain:
        plain["label"] = f"{number}"
    return plain
