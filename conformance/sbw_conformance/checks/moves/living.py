"""Moves that write what the standard allows."""

from collections.abc import Iterable
from typing import Any

from sbw_conformance.checks import bodies, pointers
from sbw_conformance.checks.model import Life, Step
from sbw_conformance.checks.moves import Card, Source, each, move
from sbw_conformance.checks.run import SUITE_APP
from sbw_conformance.checks.spelling import same_but_different
from sbw_conformance.checks.world import BATCH, OTHER, STAR, UPSERT, World
from sbw_conformance.strategies import EMAILS, NUMBERS, TEXTS

LEAST_NAMES = 10
"""External ids that every record can have."""

MORE = (
    "01069",
    "1e5",
    "van der BERG, MacLEOD",
    "ＡＢ①½",
    "ask for Jim, 555 CALL ext. 4",
    "info@example.com",
    "ADA.LOVELACE@EXAMPLE.COM",
)
"""Further texts, which stand wherever they fit."""

MOST_CLEARED = 12
"""Leaves of a record that are cleared, each by a card."""


def _ways(source: Source, *ways: str) -> list[str]:
    """The plain way, and those of some others that the resource offers."""
    offered = {BATCH: "batch", UPSERT: "upsert", OTHER: "a2", STAR: "update"}
    return ["", *(way for way in ways if offered[way] in source.offers)]


def _creates(source: Source) -> Iterable[Card]:
    ways = _ways(source, BATCH, UPSERT, OTHER)
    drawn = source.bodies(4 * len(ways))
    examples = [example.value for example in bodies.valid(source.standard, source.resource)]
    whole = [{n: v for n, v in body.items() if n != "external_ids"} for body in examples]
    return [(ways[n % len(ways)], body) for n, body in enumerate([*drawn, *whole])]


@move("CORE-040", "CORE-043", "CORE-070", "CORE-121", "BULK-002", needs=["create"], cards=_creates)
def create(world: World, step: Step) -> None:
    """Make a record of what was drawn."""
    world.create(step.value, step.way)


@move(
    "CORE-040",
    needs=["create"],
    cards=lambda _: [("", text) for text in (*TEXTS, *MORE, *EMAILS, *NUMBERS)],
)
def write_a_text_everywhere(world: World, step: Step) -> None:
    """Make a record that has one text wherever it fits."""
    records = world.records
    world.create(_with_everywhere(world, records.richest(), step.value))


def _with_everywhere(world: World, body: dict[str, Any], text: str) -> dict[str, Any]:
    """A body with a text in place of each other one, as far as the standard allows."""
    records, apart = world.records, {"external_ids", "extensions", "custom_fields"}
    apart |= {reference.split("/")[1] for reference in records.resource.refs}
    for place, value in pointers.leaves(body):
        top = place.split("/")[1]
        if isinstance(value, str) and top not in apart and not top.startswith("native_"):
            changed = pointers.put(body, place, text)
            body = changed if records.valid(changed) else body
    return body


@move("CORE-086", needs=["create"], cards=each("info@example.com", "Ada", "2024-02-29"))
def create_what_is_much_alike(world: World, step: Step) -> None:
    """Make two records that differ in nothing but their names: each is one of its own."""
    body = _with_everywhere(world, world.records.richest(), step.value)
    one, other = (world.create(body) for _ in range(2))
    if "update" in world.records.operations:
        world.update(one, world.record(one).change(1))
    world.show(other)


def _updates(source: Source) -> Iterable[Card]:
    ways = _ways(source, BATCH, UPSERT, OTHER, STAR)
    return [(ways[n % len(ways)], patch) for n, patch in enumerate(source.patches(4 * len(ways)))]


@move(
    "CORE-033",
    "CORE-034",
    "CORE-044",
    "CORE-045",
    "CORE-047",
    "CORE-052",
    "CORE-076",
    "CORE-122",
    needs=["create", "update"],
    cards=_updates,
)
def update(world: World, step: Step) -> None:
    """Change a record as a drawn patch says."""
    world.update(world.alive(step.target), world.records.fit.patch(step.value), step.way)


@move(
    "CORE-047", needs=["create", "update"], cards=lambda source: [("", b) for b in source.bodies(6)]
)
def replace(world: World, step: Step) -> None:
    """Turn a record into another one, member by member."""
    life = world.alive(step.target)
    _becomes(world, life, world.records.fit(step.value))


def _becomes(world: World, life: Life, wanted: dict[str, object]) -> None:
    world.update(life, bodies.replacing(life.content, {**wanted, **world.kept(life)}))


@move("CORE-044", needs=["create", "update"], cards=each(0, 1))
def restore(world: World, step: Step) -> None:
    """Bring an earlier state back, which is a change as any other."""
    life = world.alive(step.target)
    change = world.record(life).change(1 + step.value)
    world.update(life, change)
    if life.past:
        _becomes(world, life, life.past[-1])


@move("CORE-045", needs=["create", "update"], cards=each(*range(6)))
def respell(world: World, step: Step) -> None:
    """Write what is there in another spelling, which changes nothing."""
    life = world.alive(step.target)
    content = {name: value for name, value in life.content.items() if name != "external_ids"}
    spelled = same_but_different(content, world.records.schema)
    _, value = spelled[step.value % len(spelled)]
    # In another normalization form a text has more characters, which can be too many for the app.
    if world.records.fit.part(value) == value:
        world.update(life, value)


@move("CORE-047", needs=["create", "update"], cards=each(*range(MOST_CLEARED)))
def clear(world: World, step: Step) -> None:
    """Take one member away, wherever in objects it stands."""
    records = world.records
    life = world.create(records.richest())
    places = [place for place in _members(life.content) if not place.startswith("/external_ids")]
    place = places[step.value * max(1, len(places) // MOST_CLEARED) % len(places)]
    world.update(life, records.fit.patch(pointers.nested(place, None)))


def _members(content: dict[str, object]) -> list[str]:
    """The members that no array stands above, the outermost first."""
    found = []
    for place in pointers.objects(content):
        if not any(part.isdecimal() for part in place.split("/")):
            inner = pointers.at(content, place)
            found += [f"{place}/{pointers.escape(name)}" for name in inner]
    return found


@move("CORE-047", needs=["create", "update"], cards=each(*range(4)))
def rearrange(world: World, step: Step) -> None:
    """Make an array shorter, longer or turn it round: the one that is sent is the one there is."""
    records = world.records
    life = world.create(records.richest())
    arrays = {
        name: value
        for name, value in life.content.items()
        if isinstance(value, list) and name != "external_ids"
    }
    for name, value in arrays.items():
        changed = (value[:-1], value[1:], value[::-1], [*value[1:], *value[:1]])[step.value]
        world.update(life, records.fit.patch({name: changed}))


@move("CORE-060", "CORE-063", needs=["create", "update", "external_id"], cards=each(*range(3)))
def name(world: World, step: Step) -> None:
    """Give a record more names, and take them away again, which frees them."""
    records, life = world.records, world.alive(step.target)
    app = f"{world.app}.{step.value}"
    more = [{"app": app, "id": f"{life.id}/{number}+ü"} for number in range(1 + 3 * step.value)]
    apart = {SUITE_APP, world.app}
    given = [dict(entry) for entry in bodies.external_ids(life.content)]
    own = sorted(given, key=lambda entry: entry["app"] not in apart)[: LEAST_NAMES - len(more)]
    world.update(life, {"external_ids": [*own, *more]})
    world.show(life)
    if "upsert" in records.operations:
        records.find(more[-1]).must_have_status(200, under="CORE-120").must_show(
            life.record, under="CORE-120"
        )
    world.update(life, {"external_ids": own})
    other = world.body(records.fit.minimal)
    other["external_ids"] += more
    reply = world.carry({"operation": "create", "body": other})
    reply.verify(reply.status == 201, "status 201 for names that are free", under="CORE-063")
    world.begun(reply, other, "CORE-063")


@move(
    "CORE-072",
    "CORE-049",
    needs=["create", "delete"],
    cards=lambda source: [(way, v) for way in _ways(source, BATCH) for v in (False, True)],
)
def delete(world: World, step: Step) -> None:
    """Remove a record, with its version or without."""
    life = world.alive(step.target)
    world.delete(life, step.way, if_match=life.version if step.value else None)


@move("CORE-063", needs=["create", "delete", "external_id"], cards=each(0, 1))
def recreate(world: World, step: Step) -> None:
    """Make a record under the names of one that is gone."""
    members = dict(world.records.fit.minimal)
    if step.value:
        members = world.records.richest()
        named = [{"app": f"{world.app}.{n}", "id": "1"} for n in range(3)]
        members["external_ids"] = [*members.get("external_ids", ()), *named]
    life = world.create(members)
    world.delete(life)
    reply = world.carry({"operation": "create", "body": life.content})
    reply.verify(reply.status == 201, "status 201 for names that are free", under="CORE-063")
    world.begun(reply, life.content, "CORE-063")
    world.show(life, under="CORE-072")
