"""Moves with two things wrong at once: the first in the order of the standard decides."""

from collections.abc import Iterator
from itertools import combinations

from sbw_conformance.checks import bodies
from sbw_conformance.checks.answer import Answer
from sbw_conformance.checks.model import Life, Step
from sbw_conformance.checks.moves import Card, Source, move
from sbw_conformance.checks.records import ReadOnlyToken
from sbw_conformance.checks.trial import ANONYMOUS
from sbw_conformance.checks.world import World

FAULTS = {
    "no token": 0,
    "another method": 1,
    "a narrow token": 2,
    "another record": 3,
    "another media type": 4,
    "no JSON": 5,
    "an unknown parameter": 5,
    "no version": 6,
    "an old version": 7,
    "an unknown member": 8,
    "a name that is taken": 9,
}
"""What can be wrong with an update, by where it stands in the order."""

APART = (
    {"no token", "a narrow token"},
    {"no version", "an old version"},
    {"no JSON", "an unknown member"},
    {"no JSON", "a name that is taken"},
)
"""What cannot be wrong at once."""


FAR = 2
"""Steps in the order from one to the other: who takes two that are far apart in a wrong order does
so with two that are near."""


def _pairs(source: Source) -> Iterator[Card]:
    narrow = ReadOnlyToken.role in source.offers
    known = {name: rank for name, rank in FAULTS.items() if narrow or name != "a narrow token"}
    for one, other in combinations(known, 2):
        if 0 < known[other] - known[one] <= FAR and {one, other} not in APART:
            yield "", [one, other]


@move("CORE-083", needs=["create", "update", "external_id"], cards=_pairs)
def err_twice(world: World, step: Step) -> None:
    """Err in two ways: the answer is that to the first of them alone."""
    first, second = step.value
    narrows = world.records.trial.run.narrows(ReadOnlyToken.role, world.records.resource)
    if "a narrow token" in step.value and not narrows:
        return
    life, owner = world.create(world.records.fit.minimal), world.alive(step.target)
    alone = _erring(world, life, owner, {first})
    if not 400 <= alone.status < 500:
        return
    both = _erring(world, life, owner, {first, second})
    told = f"status {alone.status}: {first} before {second}"
    both.verify(both.status == alone.status, told, under="CORE-083")


def _erring(world: World, life: Life, owner: Life, wrong: set[str]) -> Answer:
    """Send an update of a record with all that is wrong with it."""
    records = world.records
    url = records.url("sbw-no-such-record" if "another record" in wrong else life.id)
    value = dict(world.record(life).change(1))
    if "an unknown member" in wrong:
        value[bodies.UNKNOWN_MEMBER] = 1
    if "a name that is taken" in wrong:
        value["external_ids"] = [*bodies.external_ids(life.content), owner.mark]
    headers = {"If-Match": f'"{life.version}"'}
    if "an old version" in wrong:
        headers["If-Match"] = '"sbw-old"'
    if "no version" in wrong:
        del headers["If-Match"]
    if "another media type" in wrong:
        headers["Content-Type"] = "text/plain"
    client = ANONYMOUS if "no token" in wrong else records.role
    return records.trial.send(
        "update",
        "POST" if "another method" in wrong else "PATCH",
        url,
        client=ReadOnlyToken.role if "a narrow token" in wrong else client,
        resource=records.resource,
        headers=headers,
        value=None if "no JSON" in wrong else value,
        body=b'{"name": ' if "no JSON" in wrong else None,
        query={"sbw_no_such_parameter": "1"} if "an unknown parameter" in wrong else None,
    )
